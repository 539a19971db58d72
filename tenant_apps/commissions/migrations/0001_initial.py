from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import kernel.core.money
import kernel.privacy.encryption


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agents", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CommissionHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tier", models.PositiveSmallIntegerField(verbose_name="tier")),
                ("holding_days", models.PositiveSmallIntegerField(verbose_name="holding days")),
                ("available_at", models.DateTimeField(null=True, verbose_name="available from")),
                (
                    "beneficiary",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
            ],
            options={
                "verbose_name": "commission of an order",
                "verbose_name_plural": "commissions of orders",
            },
        ),
        migrations.CreateModel(
            name="CommissionEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source_type",
                    models.CharField(
                        choices=[("order", "Order"), ("refund", "Refund")], max_length=6, verbose_name="source"
                    ),
                ),
                ("source_id", models.BigIntegerField(verbose_name="source's id")),
                ("tier", models.PositiveSmallIntegerField(verbose_name="tier")),
                (
                    "kind",
                    models.CharField(
                        choices=[("accrual", "Accrual"), ("reversal", "Reversal")], max_length=8, verbose_name="kind"
                    ),
                ),
                ("seq", models.PositiveSmallIntegerField(default=1, verbose_name="sequence")),
                ("base_amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="base")),
                ("rate", kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="rate")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "beneficiary",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderline",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="commissions.commissionhold",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission entry",
                "verbose_name_plural": "commission entries",
            },
        ),
        migrations.CreateModel(
            name="CommissionPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tier1_rate",
                    kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="rate of tier 1"),
                ),
                (
                    "tier2_rate",
                    kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="rate of tier 2"),
                ),
                ("holding_days", models.PositiveSmallIntegerField(default=7, verbose_name="holding days")),
                ("valid_from", models.DateTimeField(verbose_name="valid from")),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission plan",
                "verbose_name_plural": "commission plans",
            },
        ),
        migrations.CreateModel(
            name="CommissionPlanVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tier1_rate",
                    kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="rate of tier 1"),
                ),
                (
                    "tier2_rate",
                    kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="rate of tier 2"),
                ),
                ("holding_days", models.PositiveSmallIntegerField(verbose_name="holding days")),
                ("valid_from", models.DateTimeField(verbose_name="valid from")),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agents.level"
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a commission plan",
                "verbose_name_plural": "versions of commission plans",
            },
        ),
        migrations.CreateModel(
            name="CommissionWallet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                "verbose_name": "commission wallet",
                "verbose_name_plural": "commission wallets",
            },
        ),
        migrations.CreateModel(
            name="OpeningBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("source", models.CharField(max_length=60, verbose_name="source")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening balance",
                "verbose_name_plural": "opening balances",
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("approved", "Approved"),
                            ("paid", "Paid"),
                            ("rejected", "Rejected"),
                            ("failed", "Failed"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("bank", "Bank transfer"), ("alipay", "Alipay"), ("wechat", "WeChat")],
                        max_length=8,
                        verbose_name="method",
                    ),
                ),
                ("payee_name", models.CharField(max_length=100, verbose_name="payee")),
                ("payee_account", kernel.privacy.encryption.EncryptedTextField(verbose_name="payee's account")),
                ("requested_by", models.CharField(max_length=40, verbose_name="requested by")),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                ("approved_by", models.CharField(blank=True, max_length=40, verbose_name="approved by")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                (
                    "is_sole_approval",
                    models.BooleanField(default=False, verbose_name="approved without a second person"),
                ),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid at")),
                ("reference", models.CharField(blank=True, max_length=100, verbose_name="transfer reference")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
            },
        ),
        migrations.AddConstraint(
            model_name="commissionhold",
            constraint=models.UniqueConstraint(fields=("order", "tier"), name="commissions_hold_one_per_tier"),
        ),
        migrations.AddConstraint(
            model_name="commissionhold",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", (1, 2))), name="commissions_hold_two_tiers_at_most"
            ),
        ),
        migrations.AddIndex(
            model_name="commissionentry",
            index=models.Index(fields=["beneficiary", "-id"], name="commissions_entry_by_agent"),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.UniqueConstraint(
                fields=("source_type", "source_id", "order_line", "beneficiary", "tier", "kind", "seq"),
                name="commissions_entry_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", (1, 2))), name="commissions_entry_two_tiers_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gte", 0), ("base_amount__gte", 0), ("kind", "accrual")),
                    models.Q(("amount__lte", 0), ("base_amount__lte", 0), ("kind", "reversal")),
                    _connector="OR",
                ),
                name="commissions_entry_sign_follows_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gte", 0), ("rate__lte", Decimal("0.30"))),
                name="commissions_entry_rate_within_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionplan",
            constraint=models.UniqueConstraint(fields=("level",), name="commissions_plan_one_per_level"),
        ),
        migrations.AddConstraint(
            model_name="commissionplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier1_rate__gte", 0), ("tier1_rate__lte", Decimal("0.30"))),
                name="commissions_plan_tier1_within_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier2_rate__gte", 0), ("tier2_rate__lte", Decimal("0.20"))),
                name="commissions_plan_tier2_within_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("holding_days__gte", 0), ("holding_days__lte", 365)),
                name="commissions_plan_holding_within_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionplanversion",
            constraint=models.UniqueConstraint(fields=("level", "valid_from"), name="commissions_plan_version_unique"),
        ),
        migrations.AddConstraint(
            model_name="commissionwallet",
            constraint=models.UniqueConstraint(fields=("agent",), name="commissions_wallet_one_per_agent"),
        ),
        migrations.AddConstraint(
            model_name="openingbalance",
            constraint=models.UniqueConstraint(fields=("source", "agent"), name="commissions_opening_once_per_source"),
        ),
        migrations.AddConstraint(
            model_name="openingbalance",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="commissions_opening_not_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(fields=("number",), name="commissions_payout_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="commissions_payout_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", ""),
                    ("is_sole_approval", True),
                    models.Q(("approved_by", models.F("requested_by")), _negated=True),
                    _connector="OR",
                ),
                name="commissions_payout_takes_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paid_at__isnull", False), ("state", "paid")),
                    models.Q(models.Q(("state", "paid"), _negated=True), ("paid_at__isnull", True)),
                    _connector="OR",
                ),
                name="commissions_payout_paid_has_a_time",
            ),
        ),
    ]
