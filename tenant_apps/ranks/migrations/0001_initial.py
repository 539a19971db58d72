from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import kernel.core.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agents", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LevelRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "direction",
                    models.CharField(
                        choices=[("promote", "Promotion"), ("demote", "Demotion")],
                        max_length=10,
                        verbose_name="direction",
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("own", "Own net sales"), ("team", "Net sales of the agent and the team")],
                        max_length=10,
                        verbose_name="measured by",
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("month", "Calendar month"),
                            ("quarter", "Calendar quarter"),
                            ("rolling", "The last days"),
                        ],
                        max_length=10,
                        verbose_name="over",
                    ),
                ),
                ("rolling_days", models.SmallIntegerField(blank=True, null=True, verbose_name="days of the window")),
                ("threshold", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="net sales")),
                ("grace_days", models.SmallIntegerField(default=0, verbose_name="grace (days)")),
                (
                    "mode",
                    models.CharField(
                        choices=[("propose", "Propose it to the staff"), ("apply", "Apply it by itself")],
                        default="propose",
                        max_length=10,
                        verbose_name="then",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in force")),
                ("created_by", models.CharField(max_length=200, verbose_name="created by")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "from_level",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="from level",
                    ),
                ),
                (
                    "to_level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="to level",
                    ),
                ),
            ],
            options={
                "verbose_name": "level rule",
                "verbose_name_plural": "level rules",
                "ordering": ["from_level__rank", "id"],
            },
        ),
        migrations.CreateModel(
            name="LevelProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("applied", "Applied"),
                            ("declined", "Declined"),
                            ("lapsed", "No longer due"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("period_from", models.DateField(verbose_name="period from")),
                ("period_to", models.DateField(verbose_name="period until (not included)")),
                ("net_sales", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="net sales")),
                ("threshold", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="threshold")),
                ("effective_on", models.DateField(verbose_name="takes effect on")),
                ("proposed_at", models.DateTimeField(verbose_name="proposed at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decided_by", models.CharField(blank=True, default="", max_length=200, verbose_name="decided by")),
                ("reason", models.CharField(blank=True, default="", max_length=500, verbose_name="reason")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "from_level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="from",
                    ),
                ),
                (
                    "to_level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="to",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ranks.levelrule",
                        verbose_name="rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "proposed change of level",
                "verbose_name_plural": "proposed changes of level",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SalesPosting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14)),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agents.agent"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AgentSales",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "paid",
                    kernel.core.money.MoneyField(
                        decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="paid"
                    ),
                ),
                (
                    "refunded",
                    kernel.core.money.MoneyField(
                        decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="refunded"
                    ),
                ),
                ("order_count", models.IntegerField(default=0, verbose_name="orders")),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "sales of a day",
                "verbose_name_plural": "sales by day",
                "ordering": ["-day", "agent_id"],
                "indexes": [
                    models.Index(
                        fields=["day"], include=("agent", "paid", "refunded", "order_count"), name="ranks_sales_by_day"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("agent", "day"), name="ranks_sales_one_row_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("order_count__gte", 0), ("paid__gte", 0), ("refunded__gte", 0)),
                        name="ranks_sales_not_negative",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="levelrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_level", models.F("to_level")), _negated=True),
                name="ranks_rule_leads_elsewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="levelrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gt", 0)), name="ranks_rule_threshold_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("period", "rolling"), ("rolling_days__gte", 7), ("rolling_days__lte", 366)),
                    models.Q(models.Q(("period", "rolling"), _negated=True), ("rolling_days__isnull", True)),
                    _connector="OR",
                ),
                name="ranks_rule_window",
            ),
        ),
        migrations.AddConstraint(
            model_name="levelrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("grace_days__gte", 0), ("grace_days__lte", 180)), name="ranks_rule_grace_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("measure__in", ["own", "team"])), name="ranks_rule_measures_sales"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)),
                fields=("from_level", "direction"),
                name="ranks_rule_one_each_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="levelproposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("agent",), name="ranks_proposal_one_open_per_agent"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "applied", "declined", "lapsed"])),
                name="ranks_proposal_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="salesposting",
            constraint=models.UniqueConstraint(fields=("source",), name="ranks_salesposting_once"),
        ),
    ]
