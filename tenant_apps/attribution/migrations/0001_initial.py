import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def lay_down_policy(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the first agent keep a customer for a year; the brand changes it as it likes."""
    apps.get_model("attribution", "Policy").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agents", "0001_initial"),
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Purchaser",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("first_come", "The first agent, until the binding ends"),
                            ("new_only", "Only customers who never bought"),
                            ("last_touch", "The last agent, outside the protection"),
                        ],
                        default="first_come",
                        max_length=12,
                        verbose_name="binding",
                    ),
                ),
                ("protection_days", models.SmallIntegerField(default=30, verbose_name="protected (days)")),
                ("expiry_days", models.SmallIntegerField(default=365, verbose_name="binding ends after (days)")),
                ("cookie_days", models.SmallIntegerField(default=30, verbose_name="a visit counts for (days)")),
                (
                    "own_purchases_earn",
                    models.BooleanField(default=False, verbose_name="agents earn on their own purchases"),
                ),
                (
                    "shop_url",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=300, verbose_name="address of the shop"
                    ),
                ),
                (
                    "product_url",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="“{product}” stands for the product's number.",
                        max_length=300,
                        verbose_name="address of a product",
                    ),
                ),
                (
                    "poster_title",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60, verbose_name="title of the poster"
                    ),
                ),
                (
                    "poster_text",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="text of the poster"
                    ),
                ),
                (
                    "poster_picture",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="picture of the poster"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "attribution",
                "verbose_name_plural": "attribution",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="attribution_policy_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expiry_days__gte", models.F("protection_days")),
                            ("expiry_days__lte", 3650),
                            ("protection_days__gte", 0),
                        ),
                        name="attribution_policy_dates",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cookie_days__gte", 1), ("cookie_days__lte", 400)),
                        name="attribution_policy_cookie",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["first_come", "new_only", "last_touch"])),
                        name="attribution_policy_mode_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=16, verbose_name="code")),
                ("visit_count", models.BigIntegerField(default=0, verbose_name="visits")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "referral link",
                "verbose_name_plural": "referral links",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Touchpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("link", "Link"),
                            ("qr", "QR code"),
                            ("code", "Code typed by hand"),
                            ("manual", "By the staff"),
                        ],
                        max_length=12,
                        verbose_name="by",
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="time")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("bound", "Bound"),
                            ("confirmed", "Bound to the same agent already"),
                            ("protected", "Refused: protected for another agent"),
                            ("held", "Refused: bound to another agent"),
                            ("not_new", "Refused: not a new customer"),
                            ("taken_over", "Taken over from another agent"),
                            ("self", "Refused: the agent's own purchase"),
                            ("handed_over", "Handed over from another agent"),
                            ("released", "Released by the staff"),
                        ],
                        max_length=15,
                        verbose_name="outcome",
                    ),
                ),
                ("policy", models.JSONField(verbose_name="policy")),
                ("order_number", models.CharField(blank=True, default="", max_length=64, verbose_name="order")),
                (
                    "reason",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="reason"),
                ),
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
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "held_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="already bound to",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attribution.referrallink",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "touchpoint",
                "verbose_name_plural": "touchpoints",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("opened", models.IntegerField(default=0, verbose_name="opened")),
                ("visitors", models.IntegerField(default=0, verbose_name="visitors")),
                (
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visits",
                        to="attribution.referrallink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Binding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("link", "Link"),
                            ("qr", "QR code"),
                            ("code", "Code typed by hand"),
                            ("manual", "By the staff"),
                        ],
                        max_length=12,
                        verbose_name="by",
                    ),
                ),
                ("bound_at", models.DateTimeField(verbose_name="since")),
                ("protected_until", models.DateTimeField(verbose_name="protected until")),
                ("expires_at", models.DateTimeField(verbose_name="ends at the latest")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("expired", "Expired"),
                            ("taken_over", "Taken over"),
                            ("handed_over", "Handed over with the team"),
                            ("manual", "By the staff"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="ended because",
                    ),
                ),
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
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "binding",
                "verbose_name_plural": "bindings",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["customer", "bound_at"], name="attribution_binding_customer"),
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["expires_at"],
                        name="attribution_binding_ends",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("customer",),
                        name="attribution_binding_one_per_customer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__gte", models.F("protected_until")),
                            ("protected_until__gte", models.F("bound_at")),
                        ),
                        name="attribution_binding_dates",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_because", "")),
                            models.Q(("ended_at__isnull", False), models.Q(("ended_because", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="attribution_binding_end_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="referrallink",
            constraint=models.UniqueConstraint(fields=("code",), name="attribution_link_code_unique"),
        ),
        migrations.AddConstraint(
            model_name="referrallink",
            constraint=models.UniqueConstraint(
                fields=("agent", "product"), name="attribution_link_one_per_product", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="touchpoint",
            index=models.Index(fields=["customer", "id"], name="attribution_touch_customer"),
        ),
        migrations.AddIndex(
            model_name="touchpoint",
            index=models.Index(
                condition=models.Q(("link__isnull", False)), fields=["link", "id"], name="attribution_touch_link"
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.UniqueConstraint(fields=("link", "day"), name="attribution_visit_one_row_a_day"),
        ),
        migrations.RunPython(lay_down_policy, migrations.RunPython.noop, elidable=False),
    ]
