from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone

import kernel.core.money

BASIC = ["order_import", "invoicing"]


STANDARD = ["order_import", "invoicing", "multi_warehouse", "tiered_commission", "api", "anti_counterfeit", "campaigns"]


PREMIUM = [*STANDARD, "webhooks", "custom_domain", "forecasts", "priority_support"]


# code, English, Chinese, rank, month, year, features, limits (a name left out has none)
PLANS = (
    ("basic", "Basic", "基础版", 1, "360.00", "3600.00", BASIC,
     {"staff": 3, "agents": 50, "skus": 500, "warehouses": 1, "orders": 1_000, "api_calls": 60}),
    ("standard", "Standard", "标准版", 2, "880.00", "8800.00", STANDARD,
     {"staff": 15, "agents": 500, "skus": 5_000, "warehouses": 5, "orders": 20_000, "api_calls": 300}),
    ("premium", "Premium", "高级版", 3, "1980.00", "19800.00", PREMIUM,
     {"staff": 100, "warehouses": 50, "api_calls": 1_200}),
)  # fmt: skip


def offer_first_plans(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The first version of each of the three plans. Their later versions are made in the platform's console."""
    plans, versions = apps.get_model("billing", "Plan"), apps.get_model("billing", "PlanVersion")
    for code, english, chinese, rank, month, year, features, limits in PLANS:
        plan = plans.objects.create(code=code, name_en=english, name_zh=chinese, rank=rank)
        versions.objects.create(
            plan=plan,
            version=1,
            price_month=Decimal(month),
            price_year=Decimal(year),
            features=features,
            limits=limits,
            published_at=timezone.now(),
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
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
        migrations.CreateModel(
            name="OfflinePayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="plan runs from")),
                ("ends_on", models.DateField(verbose_name="plan runs until (not included)")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
                ("payer", models.CharField(max_length=120, verbose_name="payer")),
                ("bank_reference", models.CharField(max_length=80, verbose_name="bank's reference")),
                ("received_on", models.DateField(verbose_name="received on")),
                ("proof_path", models.CharField(max_length=300)),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaiting", "Waiting for a second person"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("reversed", "Reversed"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("recorded_by_id", models.BigIntegerField()),
                ("recorded_by", models.CharField(max_length=200, verbose_name="recorded by")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("decided_by_id", models.BigIntegerField(blank=True, null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=200, verbose_name="decided by")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                (
                    "decision_reason",
                    models.CharField(blank=True, default="", max_length=500, verbose_name="reason of the decision"),
                ),
                ("needs_second_person", models.BooleanField(verbose_name="needs a second person")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "bank transfer",
                "verbose_name_plural": "bank transfers",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=20, verbose_name="code")),
                ("name_en", models.CharField(max_length=40, verbose_name="English name")),
                ("name_zh", models.CharField(max_length=40, verbose_name="Chinese name")),
                ("rank", models.SmallIntegerField(verbose_name="rank")),
                ("is_offered", models.BooleanField(default=True, verbose_name="offered")),
            ],
            options={
                "verbose_name": "plan",
                "verbose_name_plural": "plans",
                "ordering": ["rank"],
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="billing_plan_code_unique"),
                    models.UniqueConstraint(fields=("rank",), name="billing_plan_rank_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.SmallIntegerField(verbose_name="version")),
                ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
                (
                    "price_month",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="price per month"),
                ),
                (
                    "price_year",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="price per year"),
                ),
                ("features", models.JSONField(verbose_name="features")),
                ("limits", models.JSONField(verbose_name="limits")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="no longer offered since")),
                ("stripe_product_id", models.CharField(blank=True, default="", editable=False, max_length=80)),
                ("stripe_price_month_id", models.CharField(blank=True, default="", editable=False, max_length=80)),
                ("stripe_price_year_id", models.CharField(blank=True, default="", editable=False, max_length=80)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="billing.plan",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan version",
                "verbose_name_plural": "plan versions",
                "ordering": ["plan__rank", "-version"],
            },
        ),
        migrations.CreateModel(
            name="PlanPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("offline", "Bank transfer"), ("comp", "Given")], max_length=10, verbose_name="kind"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("reason", models.CharField(blank=True, default="", max_length=500, verbose_name="reason")),
                ("given_by", models.CharField(max_length=200, verbose_name="given by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                (
                    "revoked_because",
                    models.CharField(blank=True, default="", max_length=500, verbose_name="revoked because"),
                ),
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
                    "payment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="period",
                        to="billing.offlinepayment",
                        verbose_name="transfer",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan period",
                "verbose_name_plural": "plan periods",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="offlinepayment",
            name="plan_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.planversion",
                verbose_name="plan",
            ),
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(max_length=80, verbose_name="about")),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ["-id"],
            },
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
                (
                    "closing_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="for closing at"),
                ),
                (
                    "for_suspension",
                    models.BooleanField(
                        db_default=False, default=False, editable=False, verbose_name="for a suspension"
                    ),
                ),
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
            },
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(max_length=80, verbose_name="event")),
                ("type", models.CharField(max_length=80, verbose_name="type")),
                ("object_id", models.CharField(blank=True, default="", max_length=80, verbose_name="object")),
                (
                    "customer_id",
                    models.CharField(blank=True, default="", max_length=80, verbose_name="Stripe customer"),
                ),
                ("payload", models.JSONField(verbose_name="payload")),
                ("stripe_created_at", models.DateTimeField(verbose_name="happened at")),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                ("message_id", models.BigIntegerField(editable=False, null=True)),
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="handled at")),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="note")),
            ],
            options={
                "verbose_name": "Stripe event",
                "verbose_name_plural": "Stripe events",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at__isnull", True)),
                        fields=["id"],
                        name="billing_stripeevent_waiting",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("event_id",), name="billing_stripeevent_once")],
            },
        ),
        migrations.CreateModel(
            name="StripeInvoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_invoice_id", models.CharField(max_length=80)),
                ("number", models.CharField(blank=True, default="", max_length=40, verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("open", "Open"),
                            ("paid", "Paid"),
                            ("uncollectible", "Uncollectible"),
                            ("void", "Void"),
                        ],
                        max_length=15,
                        verbose_name="status",
                    ),
                ),
                ("total", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="total")),
                ("amount_paid", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="paid")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid at")),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt at")),
                ("page_url", models.TextField(blank=True, default="", verbose_name="page")),
                ("pdf_url", models.TextField(blank=True, default="", verbose_name="PDF")),
                ("fetched_at", models.DateTimeField(verbose_name="compared with Stripe at")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "subscription invoice",
                "verbose_name_plural": "subscription invoices",
                "ordering": ["-issued_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_subscription_id", models.CharField(max_length=80, verbose_name="Stripe subscription")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("incomplete", "First payment open"),
                            ("incomplete_expired", "First payment never came"),
                            ("trialing", "On trial"),
                            ("active", "Active"),
                            ("past_due", "Payment overdue"),
                            ("unpaid", "Unpaid"),
                            ("paused", "Paused"),
                            ("canceled", "Ended"),
                        ],
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "interval",
                    models.CharField(
                        choices=[("month", "Monthly"), ("year", "Yearly")], max_length=5, verbose_name="paid"
                    ),
                ),
                ("current_period_start", models.DateTimeField(verbose_name="period from")),
                ("current_period_end", models.DateTimeField(verbose_name="period until")),
                ("cancel_at_period_end", models.BooleanField(default=False, verbose_name="ends with the period")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("past_due_since", models.DateTimeField(blank=True, null=True, verbose_name="payment overdue since")),
                ("stripe_schedule_id", models.CharField(blank=True, default="", max_length=80)),
                (
                    "pending_interval",
                    models.CharField(
                        blank=True,
                        choices=[("month", "Monthly"), ("year", "Yearly")],
                        default="",
                        max_length=5,
                        verbose_name="then paid",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("fetched_at", models.DateTimeField(verbose_name="compared with Stripe at")),
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
                    "pending_plan_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                        verbose_name="next plan",
                    ),
                ),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "subscription",
                "verbose_name_plural": "subscriptions",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occurred_at", models.DateTimeField(verbose_name="time")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("started", "Started"),
                            ("renewed", "Renewed"),
                            ("upgraded", "Upgraded"),
                            ("downgraded", "Downgraded"),
                            ("fell_due", "Payment overdue"),
                            ("recovered", "Paid again"),
                            ("cancel_scheduled", "Cancelled for the period's end"),
                            ("cancel_undone", "Cancellation undone"),
                            ("ended", "Ended"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("source", models.CharField(max_length=160)),
                (
                    "mrr_before",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="MRR before"),
                ),
                ("mrr_after", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="MRR after")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.planversion",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of subscription",
                "verbose_name_plural": "changes of subscriptions",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BillingAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stripe_customer_id",
                    models.CharField(blank=True, max_length=80, null=True, verbose_name="Stripe customer"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "brand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "billing account",
                "verbose_name_plural": "billing accounts",
                "constraints": [
                    models.UniqueConstraint(fields=("stripe_customer_id",), name="billing_account_customer_unique")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(fields=("plan", "version"), name="billing_planversion_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("published_at__isnull", False), ("retired_at__isnull", True)),
                fields=("plan",),
                name="billing_planversion_one_offered",
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_month__gt", 0), ("price_year__gt", 0)),
                name="billing_planversion_costs_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="planperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="billing_plan_period_runs"
            ),
        ),
        migrations.AddConstraint(
            model_name="planperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["offline", "comp"])), name="billing_plan_period_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="planperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "offline"), ("payment__isnull", False)),
                    models.Q(("kind", "comp"), ("payment__isnull", True), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="billing_plan_period_is_paid_or_explained",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["awaiting", "approved"])),
                fields=("bank_reference",),
                name="billing_offline_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="billing_offline_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gt", models.F("starts_on"))), name="billing_offline_period_runs"
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["awaiting", "approved", "rejected", "reversed"])),
                name="billing_offline_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("needs_second_person", True), ("state", "approved"), _negated=True),
                    models.Q(
                        ("decided_by_id__isnull", False),
                        models.Q(("decided_by_id", models.F("recorded_by_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="billing_offline_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(fields=("brand", "about"), name="billing_reminder_sent_once"),
        ),
        migrations.AddIndex(
            model_name="stripeattempt",
            index=models.Index(fields=["stripe_id"], name="billing_attempt_stripe_id"),
        ),
        migrations.AddConstraint(
            model_name="stripeattempt",
            constraint=models.UniqueConstraint(fields=("brand", "number"), name="billing_attempt_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="stripeattempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "checkout"), ("state", "open")),
                fields=("brand",),
                name="billing_attempt_one_open_checkout",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["checkout", "portal", "upgrade", "downgrade", "undo", "cancel", "undo_cancel"])
                ),
                name="billing_attempt_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "done", "expired", "refused"])),
                name="billing_attempt_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeinvoice",
            constraint=models.UniqueConstraint(fields=("stripe_invoice_id",), name="billing_invoice_stripe_unique"),
        ),
        migrations.AddConstraint(
            model_name="stripeinvoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "open", "paid", "uncollectible", "void"])),
                name="billing_invoice_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                fields=("stripe_subscription_id",), name="billing_subscription_stripe_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status__in", ["active", "incomplete", "past_due", "paused", "trialing", "unpaid"])
                ),
                fields=("brand",),
                name="billing_subscription_one_alive",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "incomplete",
                            "incomplete_expired",
                            "trialing",
                            "active",
                            "past_due",
                            "unpaid",
                            "paused",
                            "canceled",
                        ],
                    )
                ),
                name="billing_subscription_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("current_period_end__gt", models.F("current_period_start"))),
                name="billing_subscription_period_runs",
            ),
        ),
        migrations.AddIndex(
            model_name="subscriptionchange",
            index=models.Index(fields=["occurred_at"], name="billing_change_occurred_at"),
        ),
        migrations.AddConstraint(
            model_name="subscriptionchange",
            constraint=models.UniqueConstraint(fields=("source",), name="billing_change_noted_once"),
        ),
        migrations.AddConstraint(
            model_name="subscriptionchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "started",
                            "renewed",
                            "upgraded",
                            "downgraded",
                            "fell_due",
                            "recovered",
                            "cancel_scheduled",
                            "cancel_undone",
                            "ended",
                        ],
                    )
                ),
                name="billing_change_kind_known",
            ),
        ),
        migrations.RunPython(offer_first_plans, migrations.RunPython.noop),
    ]
