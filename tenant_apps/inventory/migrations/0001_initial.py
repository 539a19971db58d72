from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import kernel.core.money


def seed_warehouse(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every brand starts with one warehouse, so that the first order needs no setting up."""
    apps.get_model("inventory", "Warehouse").objects.create(code="MAIN", name="主仓", is_default=True)


# A brand begins with one warehouse, made by the first migration: it counts.
COUNT = "UPDATE entitlements_quota SET used = (SELECT count(*) FROM inventory_warehouse) WHERE name = 'warehouses'"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("entitlements", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Warehouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("is_default", models.BooleanField(default=False, verbose_name="default")),
            ],
            options={
                "verbose_name": "warehouse",
                "verbose_name_plural": "warehouses",
                "ordering": ["code"],
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="inventory_warehouse_code_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="inventory_warehouse_one_default",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=80, verbose_name="source")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receipt", "Receipt"),
                            ("adjustment", "Adjustment"),
                            ("shipment", "Shipment"),
                            ("return", "Return"),
                            ("opening", "Opening stock"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("seq", models.SmallIntegerField(default=0, verbose_name="sequence")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                ("balance_after", models.IntegerField(verbose_name="on hand after")),
                ("value", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="value")),
                (
                    "value_after",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="value after"),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
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
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock movement",
                "verbose_name_plural": "stock movements",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["variant", "-id"], name="inventory_movement_variant")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "variant", "warehouse", "kind", "seq"), name="inventory_movement_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity", 0), _negated=True), name="inventory_movement_moves"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("balance_after__gte", 0)), name="inventory_balance_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on_hand", models.IntegerField(db_default=0, default=0, verbose_name="on hand")),
                ("reserved", models.IntegerField(db_default=0, default=0, verbose_name="reserved")),
                (
                    "value",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="value"
                    ),
                ),
                (
                    "low_stock_threshold",
                    models.IntegerField(db_default=0, default=0, verbose_name="low-stock threshold"),
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
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock",
                "verbose_name_plural": "stock",
                "ordering": ["variant_id", "warehouse_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("variant", "warehouse"), name="inventory_stock_place_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__lte", models.F("on_hand"))),
                        name="inventory_stock_never_oversold",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("on_hand__gte", 0)), name="inventory_stock_never_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__gte", 0)), name="inventory_reserved_never_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value__gte", 0), models.Q(("on_hand__gt", 0), ("value", 0), _connector="OR")
                        ),
                        name="inventory_stock_value_of_goods",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("low_stock_threshold__gte", 0)), name="inventory_threshold_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=80, verbose_name="source")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                ("released", models.IntegerField(db_default=0, default=0, verbose_name="released")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Reserved"), ("consumed", "Shipped"), ("released", "Released")],
                        default="active",
                        max_length=10,
                        verbose_name="state",
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
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "variant", "warehouse"), name="inventory_reservation_once_per_source"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="inventory_reservation_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("released__gte", 0), ("released__lte", models.F("quantity"))),
                        name="inventory_released_within_reserved",
                    ),
                ],
            },
        ),
        migrations.RunPython(seed_warehouse, migrations.RunPython.noop, elidable=False),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
