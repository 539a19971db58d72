from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import kernel.core.money
import kernel.privacy.encryption


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("phone", models.CharField(max_length=16, verbose_name="phone")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("suspended", "Suspended"), ("ended", "Ended")],
                        default="active",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("referral_code", models.CharField(max_length=16, verbose_name="referral code")),
                ("joined_at", models.DateTimeField(verbose_name="joined")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="The last day of the contract; empty: no end.",
                        null=True,
                        verbose_name="valid until",
                    ),
                ),
                (
                    "wechat_id",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="WeChat id"),
                ),
                (
                    "region_code",
                    models.CharField(blank=True, db_default="", default="", max_length=6, verbose_name="region code"),
                ),
                (
                    "region",
                    models.CharField(blank=True, db_default="", default="", max_length=120, verbose_name="region"),
                ),
                (
                    "channel",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60, verbose_name="sells through"
                    ),
                ),
                (
                    "personal_discount",
                    kernel.core.money.RateField(
                        db_default=Decimal("0"),
                        decimal_places=6,
                        default=Decimal("0"),
                        help_text="A fraction of the price: 0.05 is five per cent off.",
                        max_digits=9,
                        verbose_name="personal discount",
                    ),
                ),
                ("adviser_id", models.BigIntegerField(blank=True, null=True, verbose_name="adviser")),
                ("user_id", models.BigIntegerField(blank=True, null=True)),
                ("level_locked_until", models.DateField(blank=True, null=True, verbose_name="level fixed until")),
                ("level_since", models.DateTimeField(blank=True, null=True, verbose_name="on this level since")),
                (
                    "bank_name",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="bank"),
                ),
                (
                    "sensitive_consent_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="consent to sensitive data at"),
                ),
                ("noticed_until", models.DateField(blank=True, editable=False, null=True)),
                ("noticed_days", models.SmallIntegerField(blank=True, editable=False, null=True)),
                ("anonymised_at", models.DateTimeField(blank=True, null=True, verbose_name="anonymised at")),
                (
                    "identity_digest",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
                ),
                (
                    "id_number",
                    kernel.privacy.encryption.EncryptedTextField(blank=True, default="", verbose_name="ID number"),
                ),
                (
                    "bank_card",
                    kernel.privacy.encryption.EncryptedTextField(blank=True, default="", verbose_name="bank card"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "sponsor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="team",
                        to="agents.agent",
                        verbose_name="sponsor",
                    ),
                ),
            ],
            options={
                "verbose_name": "agent",
                "verbose_name_plural": "agents",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AgentDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("id_card", "ID card"),
                            ("contract", "Contract"),
                            ("licence", "Business licence"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("path", models.CharField(max_length=300)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                ("added_by", models.CharField(max_length=200, verbose_name="added by")),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="documents",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AgentGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("manual", "Chosen by hand"), ("channel", "Channel"), ("performance", "Performance")],
                        default="manual",
                        max_length=12,
                        verbose_name="by",
                    ),
                ),
                ("channel", models.CharField(blank=True, default="", max_length=60, verbose_name="channel")),
                ("days", models.SmallIntegerField(blank=True, null=True, verbose_name="days")),
                (
                    "sales_from",
                    kernel.core.money.MoneyField(
                        blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="net sales from"
                    ),
                ),
                (
                    "sales_below",
                    kernel.core.money.MoneyField(
                        blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="net sales below"
                    ),
                ),
            ],
            options={
                "verbose_name": "group of agents",
                "verbose_name_plural": "groups of agents",
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="agents_group_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "performance"), _negated=True),
                            models.Q(("days__gte", 1), ("days__lte", 366)),
                            _connector="OR",
                        ),
                        name="agents_group_performance_has_days",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Level",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32, verbose_name="code")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("rank", models.PositiveSmallIntegerField(help_text="1 is the highest level.", verbose_name="rank")),
                ("may_recruit", models.BooleanField(db_default=True, default=True, verbose_name="may recruit")),
                ("has_early_access", models.BooleanField(db_default=False, default=False, verbose_name="early access")),
                ("sees_team", models.BooleanField(db_default=True, default=True, verbose_name="sees the team")),
                (
                    "deposit",
                    kernel.core.money.MoneyField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=14,
                        verbose_name="deposit",
                    ),
                ),
                (
                    "contract_months",
                    models.SmallIntegerField(
                        blank=True, help_text="Empty: without an end.", null=True, verbose_name="contract (months)"
                    ),
                ),
                (
                    "first_order_minimum",
                    kernel.core.money.MoneyField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=14,
                        verbose_name="minimum of the first order",
                    ),
                ),
                (
                    "is_exclusive_in_region",
                    models.BooleanField(db_default=False, default=False, verbose_name="one agent per region"),
                ),
            ],
            options={
                "verbose_name": "level",
                "verbose_name_plural": "levels",
                "ordering": ["rank", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="agents_level_code_unique"),
                    models.UniqueConstraint(fields=("name",), name="agents_level_name_unique"),
                    models.UniqueConstraint(fields=("rank",), name="agents_level_rank_unique"),
                    models.CheckConstraint(condition=models.Q(("rank__gte", 1)), name="agents_level_rank_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(("deposit__gte", 0), ("first_order_minimum__gte", 0)),
                        name="agents_level_amounts_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("contract_months__isnull", True),
                            models.Q(("contract_months__gte", 1), ("contract_months__lte", 120)),
                            _connector="OR",
                        ),
                        name="agents_level_contract_months",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            (
                                "code",
                                django.db.models.functions.text.Upper(django.db.models.functions.text.Trim("code")),
                            ),
                        ),
                        name="agents_level_code_upper_and_trimmed",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="agent",
            name="level",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="agents",
                to="agents.level",
                verbose_name="level",
            ),
        ),
        migrations.CreateModel(
            name="LevelChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("joined", "Joined"),
                            ("rule", "By rule"),
                            ("manual", "By hand"),
                            ("imported", "Imported"),
                        ],
                        max_length=10,
                        verbose_name="cause",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=500, verbose_name="reason")),
                ("figures", models.JSONField(default=dict, verbose_name="figures")),
                ("changed_by", models.CharField(max_length=200, verbose_name="changed by")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "from_level",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
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
            ],
            options={
                "verbose_name": "change of level",
                "verbose_name_plural": "changes of level",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SensitiveLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "field",
                    models.CharField(
                        choices=[("id_number", "ID number"), ("bank_card", "Bank account")],
                        max_length=15,
                        verbose_name="what",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("looked_by_id", models.BigIntegerField(null=True)),
                ("looked_by", models.CharField(max_length=200, verbose_name="who")),
                ("looked_at", models.DateTimeField(verbose_name="when")),
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
                "verbose_name": "look at sensitive data",
                "verbose_name_plural": "looks at sensitive data",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SponsorHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(verbose_name="from")),
                ("valid_to", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sponsor_history",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "sponsor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="sponsor",
                    ),
                ),
            ],
            options={
                "verbose_name": "sponsor history",
                "verbose_name_plural": "sponsor history",
                "ordering": ["-valid_from", "-id"],
            },
        ),
        migrations.CreateModel(
            name="AgentNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(verbose_name="text")),
                ("author", models.CharField(max_length=200, verbose_name="author")),
                ("created_at", models.DateTimeField(verbose_name="time")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="agents_note_says_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                ("level_name", models.CharField(max_length=60, verbose_name="level")),
                ("region", models.CharField(blank=True, default="", max_length=120, verbose_name="region")),
                ("valid_from", models.DateField(verbose_name="from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("issued_by", models.CharField(max_length=200, verbose_name="issued by")),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                (
                    "revoked_because",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="revoked because"),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="agents_certificate_number_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("agent",),
                        name="agents_certificate_one_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "agent",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="agents.agent"),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="agents.agentgroup",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("group", "agent"), name="agents_group_member_once")],
            },
        ),
        migrations.CreateModel(
            name="AgentTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "deposit",
                    kernel.core.money.MoneyField(
                        decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="deposit"
                    ),
                ),
                ("deposit_paid_at", models.DateTimeField(blank=True, null=True, verbose_name="deposit paid at")),
                (
                    "deposit_returned_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="deposit returned at"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terms",
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
            ],
            options={
                "verbose_name": "contract term",
                "verbose_name_plural": "contract terms",
                "ordering": ["-starts_on", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                        ),
                        name="agents_term_runs_forward",
                    ),
                    models.UniqueConstraint(fields=("agent", "starts_on"), name="agents_term_one_start"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="agent",
            index=models.Index(fields=["sponsor"], include=("id",), name="agents_agent_below"),
        ),
        migrations.AddIndex(
            model_name="agent",
            index=models.Index(
                condition=models.Q(("wechat_id", ""), _negated=True),
                fields=["wechat_id"],
                name="agents_agent_wechat_id",
            ),
        ),
        migrations.AddIndex(
            model_name="agent",
            index=models.Index(
                condition=models.Q(("identity_digest", ""), _negated=True),
                fields=["identity_digest"],
                name="agents_agent_identity_digest",
            ),
        ),
        migrations.AddIndex(
            model_name="agent",
            index=models.Index(
                condition=models.Q(("state", "active"), ("valid_until__isnull", False)),
                fields=["valid_until"],
                name="agents_agent_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.UniqueConstraint(fields=("code",), name="agents_agent_code_unique"),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.UniqueConstraint(fields=("phone",), name="agents_agent_phone_unique"),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.UniqueConstraint(fields=("referral_code",), name="agents_agent_referral_code_unique"),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "suspended", "ended"])), name="agents_agent_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sponsor__isnull", True), models.Q(("sponsor", models.F("id")), _negated=True), _connector="OR"
                ),
                name="agents_agent_not_own_sponsor",
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("code", ""), _negated=True),
                    ("code", django.db.models.functions.text.Upper(django.db.models.functions.text.Trim("code"))),
                ),
                name="agents_agent_code_upper_and_trimmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(("personal_discount__gte", 0), ("personal_discount__lt", 1)),
                name="agents_agent_personal_discount",
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user_id__isnull", False)), fields=("user_id",), name="agents_agent_user_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(("phone__regex", "^\\+[1-9][0-9]{6,14}$")), name="agents_agent_phone_e164"
            ),
        ),
        migrations.AddConstraint(
            model_name="sensitivelook",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="agents_look_has_a_reason"
            ),
        ),
        migrations.AddIndex(
            model_name="sponsorhistory",
            index=models.Index(fields=["sponsor", "valid_from"], name="agents_sponsor_history_below"),
        ),
        migrations.AddConstraint(
            model_name="sponsorhistory",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("agent",),
                name="agents_sponsor_history_one_open_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="sponsorhistory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="agents_sponsor_history_runs_forward",
            ),
        ),
    ]
