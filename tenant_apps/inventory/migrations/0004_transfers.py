from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import kernel.core.money


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("inventory", "0003_warehouses_and_parts"),
    ]

    operations = [
        migrations.AddField(
            model_name="stock",
            name="low_since",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="low since"),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "Receipt"),
                    ("adjustment", "Adjustment"),
                    ("shipment", "Shipment"),
                    ("return", "Return"),
                    ("opening", "Opening stock"),
                    ("transfer", "Transfer"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("shipped", "On the way"),
                            ("received", "Received"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="note")),
                (
                    "receipts",
                    models.SmallIntegerField(db_default=0, default=0, editable=False, verbose_name="receipts"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("shipped_at", models.DateTimeField(blank=True, null=True, verbose_name="shipped at")),
                ("received_at", models.DateTimeField(blank=True, null=True, verbose_name="received at")),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="from",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                        verbose_name="to",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="TransferLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                ("received", models.IntegerField(db_default=0, default=0, verbose_name="received")),
                ("lost", models.IntegerField(db_default=0, default=0, verbose_name="lost")),
                (
                    "cost",
                    kernel.core.money.MoneyField(
                        db_default=0, decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name="cost"
                    ),
                ),
                (
                    "settled_cost",
                    kernel.core.money.MoneyField(
                        db_default=0,
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=14,
                        verbose_name="settled cost",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="inventory.transfer",
                        verbose_name="transfer",
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
                "verbose_name": "transfer line",
                "verbose_name_plural": "transfer lines",
                "ordering": ["transfer_id", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(fields=("number",), name="inventory_transfer_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin", models.F("target")), _negated=True),
                name="inventory_transfer_goes_somewhere",
            ),
        ),
        migrations.AddIndex(
            model_name="transferline",
            index=models.Index(fields=["variant"], name="inventory_transfer_variant"),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.UniqueConstraint(fields=("transfer", "variant"), name="inventory_transfer_line_once"),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="inventory_transfer_line_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lost__gte", 0),
                    ("received__gte", 0),
                    (
                        "received__lte",
                        django.db.models.expressions.CombinedExpression(models.F("quantity"), "-", models.F("lost")),
                    ),
                ),
                name="inventory_transfer_received_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("settled_cost__gte", 0), ("settled_cost__lte", models.F("cost"))),
                name="inventory_transfer_cost_within",
            ),
        ),
    ]
