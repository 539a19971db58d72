from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import kernel.core.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[("blue", "Invoice"), ("red", "Red letter")], max_length=4, verbose_name="kind"
                    ),
                ),
                ("order_number", models.CharField(max_length=64, verbose_name="order number")),
                (
                    "buyer_kind",
                    models.CharField(
                        choices=[("individual", "Individual"), ("organisation", "Organisation")],
                        max_length=12,
                        verbose_name="buyer's kind",
                    ),
                ),
                ("buyer_name", models.CharField(max_length=100, verbose_name="buyer")),
                ("buyer_tax_id", models.CharField(blank=True, max_length=18, verbose_name="buyer's tax number")),
                ("seller_name", models.CharField(max_length=100, verbose_name="seller")),
                ("seller_tax_id", models.CharField(max_length=18, verbose_name="seller's tax number")),
                ("seller_address", models.CharField(blank=True, max_length=200, verbose_name="seller's address")),
                ("seller_phone", models.CharField(blank=True, max_length=32, verbose_name="seller's phone")),
                ("seller_bank", models.CharField(blank=True, max_length=140, verbose_name="seller's bank and account")),
                (
                    "gross_amount",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="total with tax"),
                ),
                (
                    "net_amount",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="total without tax"),
                ),
                ("tax_amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="tax")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("issued_by", models.CharField(max_length=200, verbose_name="issued by")),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
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
                    "original",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="red_letters",
                        to="invoicing.invoice",
                        verbose_name="takes back",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoicing.invoice",
                        verbose_name="follows",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_no", models.PositiveIntegerField(verbose_name="line")),
                ("name", models.CharField(max_length=300, verbose_name="name")),
                ("sku", models.CharField(blank=True, max_length=64, verbose_name="SKU")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                (
                    "unit_price",
                    models.DecimalField(decimal_places=8, max_digits=20, verbose_name="unit price without tax"),
                ),
                ("tax_rate", kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="tax rate")),
                (
                    "gross_amount",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount with tax"),
                ),
                (
                    "net_amount",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="amount without tax"),
                ),
                ("tax_amount", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="tax")),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.orderline",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice line",
                "verbose_name_plural": "invoice lines",
                "ordering": ["invoice_id", "line_no"],
            },
        ),
        migrations.CreateModel(
            name="SellerProfile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("legal_name", models.CharField(max_length=100, verbose_name="legal name")),
                ("tax_id", models.CharField(max_length=18, verbose_name="tax number")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                ("phone", models.CharField(blank=True, max_length=32, verbose_name="phone")),
                ("bank_name", models.CharField(blank=True, max_length=100, verbose_name="bank")),
                ("bank_account", models.CharField(blank=True, max_length=40, verbose_name="bank account")),
            ],
            options={
                "verbose_name": "seller profile",
                "verbose_name_plural": "seller profile",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="invoicing_seller_only_one")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["order"], name="invoicing_invoice_by_order"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("number",), name="invoicing_invoice_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("original",), name="invoicing_invoice_one_red_letter"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("replaces",), name="invoicing_invoice_replaced_once"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "blue"), ("replaces__isnull", True)),
                fields=("order",),
                name="invoicing_invoice_one_live_per_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "red"), ("original__isnull", False), ("replaces__isnull", True)),
                    models.Q(("kind", "blue"), ("original__isnull", True)),
                    _connector="OR",
                ),
                name="invoicing_invoice_red_takes_one_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gross_amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_amount"), "+", models.F("tax_amount")
                        ),
                    )
                ),
                name="invoicing_invoice_gross_is_net_plus_tax",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "blue"), ("gross_amount__gte", 0), ("net_amount__gte", 0), ("tax_amount__gte", 0)
                    ),
                    models.Q(("kind", "red"), ("gross_amount__lte", 0), ("net_amount__lte", 0), ("tax_amount__lte", 0)),
                    _connector="OR",
                ),
                name="invoicing_invoice_sign_follows_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buyer_kind", "individual"), models.Q(("buyer_tax_id", ""), _negated=True), _connector="OR"
                ),
                name="invoicing_invoice_buyer_has_tax_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(fields=("invoice", "line_no"), name="invoicing_line_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gross_amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_amount"), "+", models.F("tax_amount")
                        ),
                    )
                ),
                name="invoicing_line_gross_is_net_plus_tax",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("quantity__gt", 0), ("gross_amount__gte", 0), ("net_amount__gte", 0), ("tax_amount__gte", 0)
                    ),
                    models.Q(
                        ("quantity__lt", 0), ("gross_amount__lte", 0), ("net_amount__lte", 0), ("tax_amount__lte", 0)
                    ),
                    _connector="OR",
                ),
                name="invoicing_line_signs_agree",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "tax_rate__in",
                        (
                            Decimal("0.13"),
                            Decimal("0.09"),
                            Decimal("0.06"),
                            Decimal("0.03"),
                            Decimal("0.01"),
                            Decimal("0"),
                        ),
                    )
                ),
                name="invoicing_line_tax_rate_exists",
            ),
        ),
    ]
