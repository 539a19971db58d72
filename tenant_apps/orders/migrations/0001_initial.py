from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import kernel.core.money


def seed_channels(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The channels the program itself places orders through."""
    Channel = apps.get_model("orders", "Channel")
    Channel.objects.bulk_create(
        [
            Channel(code="manual", name="手工录单", kind="manual"),
            Channel(code="api", name="开放接口", kind="api"),
        ]
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agents", "0001_initial"),
        ("catalog", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("manual", "Entered by hand"), ("api", "API"), ("import", "File import")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
                "ordering": ["code"],
                "constraints": [models.UniqueConstraint(fields=("code",), name="orders_channel_code_unique")],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("retail", "Retail order"),
                            ("restock", "Agent restock"),
                            ("return", "Imported return"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "external_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64, verbose_name="number in the channel"
                    ),
                ),
                ("upline", models.JSONField(db_default=[], default=list, verbose_name="upline")),
                ("receiver", models.JSONField(db_default={}, default=dict, verbose_name="receiver")),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("completed", "Completed"), ("cancelled", "Cancelled")],
                        default="open",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "payment_state",
                    models.CharField(
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("paid", "Paid"),
                            ("partly_refunded", "Partly refunded"),
                            ("refunded", "Refunded"),
                        ],
                        default="unpaid",
                        max_length=16,
                        verbose_name="payment",
                    ),
                ),
                (
                    "fulfilment_state",
                    models.CharField(
                        choices=[
                            ("unfulfilled", "Not shipped"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("returned", "Returned"),
                        ],
                        default="unfulfilled",
                        max_length=16,
                        verbose_name="fulfilment",
                    ),
                ),
                ("goods_amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="goods")),
                (
                    "discount",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="discount"
                    ),
                ),
                (
                    "freight",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="freight"
                    ),
                ),
                ("total", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="total")),
                (
                    "refunded_amount",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="refunded"
                    ),
                ),
                (
                    "refunded_freight",
                    kernel.core.money.MoneyField(
                        db_default=0,
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=14,
                        verbose_name="freight refunded",
                    ),
                ),
                (
                    "carrier",
                    models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="carrier"),
                ),
                (
                    "tracking_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=64, verbose_name="tracking number"
                    ),
                ),
                ("placed_at", models.DateTimeField(verbose_name="placed at")),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid at")),
                ("shipped_at", models.DateTimeField(blank=True, null=True, verbose_name="shipped at")),
                ("delivered_at", models.DateTimeField(blank=True, null=True, verbose_name="delivered at")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="completed at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="cancelled at")),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.channel",
                        to_field="code",
                        verbose_name="channel",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ["-placed_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_no", models.SmallIntegerField(verbose_name="line")),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("name", models.CharField(max_length=310, verbose_name="name")),
                ("is_stocked", models.BooleanField(db_default=False, default=False, verbose_name="kept in stock")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                (
                    "unit_price",
                    kernel.core.money.UnitPriceField(decimal_places=4, max_digits=14, verbose_name="unit price"),
                ),
                (
                    "discount",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="discount"
                    ),
                ),
                ("goods_amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="goods")),
                ("tax_rate", kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="tax rate")),
                ("parts", models.JSONField(blank=True, db_default=[], default=list, verbose_name="parts")),
                (
                    "cost",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="cost"
                    ),
                ),
                ("shipped_quantity", models.IntegerField(db_default=0, default=0, verbose_name="shipped")),
                ("refunded_quantity", models.IntegerField(db_default=0, default=0, verbose_name="refunded quantity")),
                (
                    "refunded_amount",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="refunded"
                    ),
                ),
                ("returned_quantity", models.IntegerField(db_default=0, default=0, verbose_name="returned")),
                (
                    "returned_cost",
                    kernel.core.money.MoneyField(
                        db_default=0,
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=14,
                        verbose_name="returned cost",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "ordering": ["order_id", "line_no"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("wechat", "WeChat Pay"),
                            ("alipay", "Alipay"),
                            ("bank", "Bank transfer"),
                            ("cash", "Cash"),
                            ("channel", "Collected by the channel"),
                        ],
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                ("reference", models.CharField(max_length=64, verbose_name="reference")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("paid_at", models.DateTimeField(verbose_name="paid at")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.SmallIntegerField(verbose_name="sequence")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                ("reference", models.CharField(blank=True, default="", max_length=64, verbose_name="reference")),
                ("reason", models.CharField(blank=True, default="", max_length=200, verbose_name="reason")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                (
                    "freight",
                    kernel.core.money.MoneyField(
                        decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="freight"
                    ),
                ),
                ("restocked", models.BooleanField(default=False, verbose_name="goods put back")),
                ("refunded_at", models.DateTimeField(verbose_name="refunded at")),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "refund",
                "verbose_name_plural": "refunds",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                ("amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount")),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderline",
                        verbose_name="order line",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="orders.refund",
                        verbose_name="refund",
                    ),
                ),
            ],
            options={
                "verbose_name": "refund line",
                "verbose_name_plural": "refund lines",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["-placed_at", "-id"], name="orders_order_newest"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["-placed_at", "-id"], name="orders_order_open"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("agent__isnull", False)), fields=["agent", "-placed_at"], name="orders_order_agent"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("customer__isnull", False)),
                fields=["customer", "-placed_at"],
                name="orders_order_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(fields=("number",), name="orders_order_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_number", ""), _negated=True),
                fields=("channel", "external_number"),
                name="orders_external_number_once_per_channel",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            models.F("goods_amount"), "+", models.F("freight")
                        ),
                    )
                ),
                name="orders_total_is_goods_and_freight",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "return"), ("goods_amount__gte", 0), _connector="OR"),
                name="orders_goods_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount__gte", 0), ("freight__gte", 0)), name="orders_extras_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_amount", 0),
                    models.Q(("refunded_amount__gt", 0), ("refunded_amount__lte", models.F("total"))),
                    _connector="OR",
                ),
                name="orders_refunded_within_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_freight__gte", 0), ("refunded_freight__lte", models.F("freight"))),
                name="orders_refunded_within_freight",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "restock"), _negated=True), ("agent__isnull", False), _connector="OR"
                ),
                name="orders_restock_has_agent",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(fields=("order", "line_no"), name="orders_line_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 0), _negated=True), name="orders_line_quantity_not_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_quantity__gte", 0),
                    ("refunded_quantity__lte", django.db.models.functions.comparison.Greatest(models.F("quantity"), 0)),
                ),
                name="orders_line_refunded_quantity_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_amount__gte", 0),
                    (
                        "refunded_amount__lte",
                        django.db.models.functions.comparison.Greatest(models.F("goods_amount"), 0),
                    ),
                ),
                name="orders_line_refunded_within_goods",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shipped_quantity__gte", 0),
                    ("shipped_quantity__lte", django.db.models.functions.comparison.Greatest(models.F("quantity"), 0)),
                ),
                name="orders_line_shipped_within_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("returned_quantity__gte", 0), ("returned_quantity__lte", models.F("shipped_quantity"))
                ),
                name="orders_line_returned_within_shipped",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("returned_cost__gte", 0), ("returned_cost__lte", models.F("cost"))),
                name="orders_line_returned_cost_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("order",), name="orders_payment_once_per_order"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("method", "reference"), name="orders_payment_reference_once"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="orders_payment_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("order", "seq"), name="orders_refund_sequence_unique"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("number",), name="orders_refund_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("order", "reference"),
                name="orders_refund_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("freight__gte", 0)), name="orders_refund_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.UniqueConstraint(fields=("refund", "line"), name="orders_refund_line_once"),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gte", 0), ("quantity__gte", 0), models.Q(("amount", 0), ("quantity", 0), _negated=True)
                ),
                name="orders_refund_line_not_empty",
            ),
        ),
        migrations.RunPython(seed_channels, migrations.RunPython.noop, elidable=False),
    ]
