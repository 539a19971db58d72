"""Mirror pauses, refunds, disputes and free time; keep every price; forget addresses that expire."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import kernel.core.money


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_sell_only_what_is_there"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "interval",
                    models.CharField(
                        choices=[("month", "Monthly"), ("year", "Yearly")], max_length=5, verbose_name="paid"
                    ),
                ),
                ("stripe_price_id", models.CharField(max_length=80, verbose_name="Stripe price")),
            ],
            options={
                "verbose_name": "price at Stripe",
                "verbose_name_plural": "prices at Stripe",
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="stripeattempt",
            name="billing_attempt_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="stripeevent",
            name="billing_stripeevent_once",
        ),
        # Old code writes the column and new code leaves it out; a later migration drops it.
        migrations.AlterField(
            model_name="stripeinvoice",
            name="page_url",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="page"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="stripeinvoice", name="page_url")],
        ),
        # Old code writes the column and new code leaves it out; a later migration drops it.
        migrations.AlterField(
            model_name="stripeinvoice",
            name="pdf_url",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="PDF"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="stripeinvoice", name="pdf_url")],
        ),
        migrations.AddField(
            model_name="billingaccount",
            name="customers_lost",
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name="customers deleted at Stripe"),
        ),
        migrations.AddField(
            model_name="stripeevent",
            name="source",
            field=models.CharField(db_default="stripe", default="stripe", max_length=20, verbose_name="source"),
        ),
        migrations.AddField(
            model_name="stripeinvoice",
            name="amount_returned",
            field=kernel.core.money.MoneyField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=14,
                verbose_name="paid back",
            ),
        ),
        migrations.AddField(
            model_name="stripeinvoice",
            name="dispute_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("warning_needs_response", "Inquiry: answer needed"),
                    ("warning_under_review", "Inquiry: under review"),
                    ("warning_closed", "Inquiry closed"),
                    ("needs_response", "Disputed: answer needed"),
                    ("under_review", "Disputed: under review"),
                    ("won", "Dispute won"),
                    ("lost", "Dispute lost"),
                    ("prevented", "Dispute prevented"),
                ],
                db_default="",
                default="",
                max_length=30,
                verbose_name="dispute",
            ),
        ),
        migrations.AddField(
            model_name="stripeinvoice",
            name="returned_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="wholly paid back at"),
        ),
        migrations.AddField(
            model_name="subscription",
            name="collection_pause",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="collecting paused"
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="pause_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("pause_requested", "On request"),
                    ("first_payment_failure", "After a failed payment"),
                    ("final_payment_failure", "After the last failed payment"),
                    ("system", "By Stripe"),
                    ("trial_end_without_payment_method", "Without a card at the trial's end"),
                ],
                db_default="",
                default="",
                max_length=40,
                verbose_name="paused because",
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="trial_ends_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="free until"),
        ),
        migrations.AlterField(
            model_name="stripeattempt",
            name="kind",
            field=models.CharField(
                choices=[
                    ("checkout", "Pay page"),
                    ("portal", "Customer portal"),
                    ("upgrade", "Upgrade"),
                    ("downgrade", "Downgrade at the period's end"),
                    ("undo", "Undo a downgrade"),
                    ("cancel", "Cancel at the period's end"),
                    ("undo_cancel", "Undo a cancellation"),
                    ("resume", "Resume after a pause"),
                    ("replace", "Replace what is dead"),
                ],
                max_length=12,
                verbose_name="what",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "checkout",
                            "portal",
                            "upgrade",
                            "downgrade",
                            "undo",
                            "cancel",
                            "undo_cancel",
                            "resume",
                            "replace",
                        ],
                    )
                ),
                name="billing_attempt_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeevent",
            constraint=models.UniqueConstraint(fields=("source", "event_id"), name="billing_stripeevent_once_a_source"),
        ),
        migrations.AddField(
            model_name="planprice",
            name="plan_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="billing.planversion",
                verbose_name="plan",
            ),
        ),
        migrations.AddConstraint(
            model_name="planprice",
            constraint=models.UniqueConstraint(fields=("stripe_price_id",), name="billing_plan_price_unique"),
        ),
        migrations.AddConstraint(
            model_name="planprice",
            constraint=models.CheckConstraint(
                condition=models.Q(("interval__in", ["month", "year"])), name="billing_plan_price_interval_known"
            ),
        ),
    ]
