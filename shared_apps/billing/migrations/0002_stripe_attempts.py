import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_plans_and_subscriptions"),
    ]

    operations = [
        migrations.CreateModel(
            name="StripeComparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("subscriptions", models.IntegerField(default=0, verbose_name="subscriptions compared")),
                ("customers", models.IntegerField(default=0, verbose_name="customers compared")),
                ("invoices", models.IntegerField(default=0, verbose_name="invoices compared")),
                ("repaired", models.IntegerField(default=0, verbose_name="repaired")),
                ("differences", models.JSONField(default=list, verbose_name="differences")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="last error")),
            ],
            options={
                "verbose_name": "comparison with Stripe",
                "verbose_name_plural": "comparisons with Stripe",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="stripeevent",
            name="note",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="note"),
        ),
        migrations.CreateModel(
            name="StripeAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField(verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("checkout", "Pay page"),
                            ("portal", "Customer portal"),
                            ("upgrade", "Upgrade"),
                            ("downgrade", "Downgrade at the period's end"),
                            ("undo", "Undo a downgrade"),
                            ("cancel", "Cancel at the period's end"),
                            ("undo_cancel", "Undo a cancellation"),
                        ],
                        max_length=12,
                        verbose_name="what",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("expired", "Expired"), ("refused", "Refused")],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "interval",
                    models.CharField(
                        blank=True,
                        choices=[("month", "Monthly"), ("year", "Yearly")],
                        default="",
                        max_length=5,
                        verbose_name="paid",
                    ),
                ),
                ("stripe_id", models.CharField(blank=True, default="", max_length=80, verbose_name="Stripe object")),
                ("refusal", models.CharField(blank=True, default="", max_length=80, verbose_name="refused because")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt at Stripe",
                "verbose_name_plural": "attempts at Stripe",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["stripe_id"], name="billing_attempt_stripe_id")],
                "constraints": [
                    models.UniqueConstraint(fields=("brand", "number"), name="billing_attempt_number_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "checkout"), ("state", "open")),
                        fields=("brand",),
                        name="billing_attempt_one_open_checkout",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["checkout", "portal", "upgrade", "downgrade", "undo", "cancel", "undo_cancel"],
                            )
                        ),
                        name="billing_attempt_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "done", "expired", "refused"])),
                        name="billing_attempt_state_known",
                    ),
                ],
            },
        ),
    ]
