from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import kernel.core.money


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "position",
                    models.IntegerField(default=0, help_text="Smaller numbers come first.", verbose_name="position"),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="catalog.category",
                        verbose_name="parent",
                    ),
                ),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "brand_name",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="brand"),
                ),
                (
                    "unit",
                    models.CharField(blank=True, db_default="件", default="件", max_length=20, verbose_name="unit"),
                ),
                (
                    "video_url",
                    models.URLField(blank=True, db_default="", default="", max_length=500, verbose_name="video"),
                ),
                ("shelf_life_days", models.IntegerField(blank=True, null=True, verbose_name="shelf life (days)")),
                ("options", models.JSONField(blank=True, db_default=[], default=list, verbose_name="options")),
                (
                    "search_text",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=1000),
                ),
                ("on_shelf_at", models.DateTimeField(blank=True, null=True, verbose_name="on the shelf from")),
                ("off_shelf_at", models.DateTimeField(blank=True, null=True, verbose_name="on the shelf until")),
                ("early_access_at", models.DateTimeField(blank=True, null=True, verbose_name="early access from")),
                (
                    "early_access_rank",
                    models.SmallIntegerField(blank=True, null=True, verbose_name="early access down to rank"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("goods", "Goods"), ("service", "Service"), ("bundle", "Bundle")],
                        default="goods",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("tax_code", models.CharField(blank=True, max_length=19, verbose_name="tax code")),
                (
                    "tax_rate",
                    kernel.core.money.RateField(
                        decimal_places=6, default=Decimal("0.13"), max_digits=9, verbose_name="tax rate"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("off_shelf", "Off shelf"), ("on_shelf", "On shelf")],
                        default="off_shelf",
                        max_length=16,
                        verbose_name="shelf",
                    ),
                ),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="catalog.category",
                        verbose_name="category",
                    ),
                ),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ProductTaxRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(verbose_name="from")),
                ("rate", kernel.core.money.RateField(decimal_places=6, max_digits=9, verbose_name="rate")),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tax_rates",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "tax rate",
                "verbose_name_plural": "tax rates",
                "ordering": ["-valid_from"],
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("barcode", models.CharField(blank=True, max_length=32, verbose_name="barcode")),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="Such as a colour or a size.", max_length=100, verbose_name="name"
                    ),
                ),
                (
                    "option_values",
                    models.JSONField(blank=True, db_default={}, default=dict, verbose_name="option values"),
                ),
                ("option_key", models.CharField(blank=True, db_default="", default="", editable=False, max_length=300)),
                ("weight_grams", models.IntegerField(blank=True, null=True, verbose_name="weight (g)")),
                (
                    "cost_price",
                    kernel.core.money.UnitPriceField(
                        blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="cost"
                    ),
                ),
                (
                    "retail_price",
                    kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="retail price"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="for sale")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "variant",
                "verbose_name_plural": "variants",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ProductImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField(default=0, verbose_name="position")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("description", models.CharField(blank=True, default="", max_length=200, verbose_name="description")),
                ("path", models.CharField(max_length=300)),
                ("thumbnail_path", models.CharField(max_length=300)),
                ("width", models.IntegerField(verbose_name="width")),
                ("height", models.IntegerField(verbose_name="height")),
                ("size_bytes", models.IntegerField(verbose_name="size")),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="BundlePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                (
                    "bundle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="catalog.variant",
                        verbose_name="bundle",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="part",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a bundle",
                "verbose_name_plural": "parts of bundles",
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.UniqueConstraint(
                fields=("parent", "name"), name="catalog_category_name_unique_in_parent", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"
                ),
                name="catalog_category_not_its_own_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["goods", "service", "bundle"])), name="catalog_product_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["off_shelf", "on_shelf"])), name="catalog_product_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
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
                name="catalog_product_tax_rate_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="catalog_product_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shelf_life_days__isnull", True),
                    models.Q(("shelf_life_days__gte", 1), ("shelf_life_days__lte", 36500)),
                    _connector="OR",
                ),
                name="catalog_product_shelf_life",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on_shelf_at__isnull", True),
                    ("off_shelf_at__isnull", True),
                    ("off_shelf_at__gt", models.F("on_shelf_at")),
                    _connector="OR",
                ),
                name="catalog_product_shelf_runs_forward",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("early_access_at__isnull", True), ("early_access_rank__isnull", True)),
                    models.Q(
                        ("early_access_at__isnull", False),
                        ("early_access_rank__gte", 1),
                        ("on_shelf_at__isnull", False),
                        ("early_access_at__lt", models.F("on_shelf_at")),
                    ),
                    _connector="OR",
                ),
                name="catalog_product_early_access_is_early",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttaxrate",
            constraint=models.UniqueConstraint(fields=("product", "valid_from"), name="catalog_taxrate_one_per_day"),
        ),
        migrations.AddConstraint(
            model_name="producttaxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rate__in",
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
                name="catalog_taxrate_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(fields=("sku",), name="catalog_variant_sku_unique"),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("barcode", ""), _negated=True),
                fields=("barcode",),
                name="catalog_variant_barcode_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sku", ""), _negated=True),
                    ("sku", django.db.models.functions.text.Upper(django.db.models.functions.text.Trim("sku"))),
                ),
                name="catalog_variant_sku_upper_and_trimmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("option_key", ""), _negated=True),
                fields=("product", "option_key"),
                name="catalog_variant_options_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight_grams__isnull", True), ("weight_grams__gte", 0), _connector="OR"),
                name="catalog_variant_weight",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost_price__isnull", True), ("cost_price__gte", 0), _connector="OR"),
                name="catalog_variant_cost_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("retail_price__gte", 0)), name="catalog_variant_price_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="productimage",
            constraint=models.UniqueConstraint(
                fields=("product", "variant", "digest"), name="catalog_image_once_per_product", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="bundlepart",
            constraint=models.UniqueConstraint(fields=("bundle", "part"), name="catalog_bundle_part_once"),
        ),
        migrations.AddConstraint(
            model_name="bundlepart",
            constraint=models.CheckConstraint(
                condition=models.Q(("bundle", models.F("part")), _negated=True), name="catalog_bundle_not_in_itself"
            ),
        ),
        migrations.AddConstraint(
            model_name="bundlepart",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("quantity__lte", 1000)), name="catalog_bundle_quantity"
            ),
        ),
    ]
