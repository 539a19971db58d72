import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("inventory", "0005_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Stocktake",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, verbose_name="number")),
                ("category_id", models.BigIntegerField(blank=True, editable=False, null=True, verbose_name="category")),
                (
                    "category_name",
                    models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="category"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Being counted"),
                            ("counted", "Counted"),
                            ("approved", "Approved"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="note")),
                ("created_at", models.DateTimeField(verbose_name="opened at")),
                ("counted_at", models.DateTimeField(blank=True, null=True, verbose_name="counted at")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
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
                "verbose_name": "stocktake",
                "verbose_name_plural": "stocktakes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="StocktakeLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_open", models.BooleanField(db_default=True, default=True, editable=False)),
                ("snapshot", models.IntegerField(verbose_name="on hand at opening")),
                ("snapshot_mark", models.BigIntegerField(db_default=0, default=0, editable=False)),
                ("counted", models.IntegerField(blank=True, null=True, verbose_name="counted")),
                ("counted_mark", models.BigIntegerField(blank=True, editable=False, null=True)),
                ("counted_at", models.DateTimeField(blank=True, null=True, verbose_name="counted at")),
                (
                    "counted_by",
                    models.CharField(blank=True, db_default="", default="", max_length=150, verbose_name="counted by"),
                ),
                ("difference", models.IntegerField(blank=True, null=True, verbose_name="difference")),
                (
                    "reason",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="reason"),
                ),
                (
                    "stocktake",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="inventory.stocktake",
                        verbose_name="stocktake",
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
                "verbose_name": "stocktake line",
                "verbose_name_plural": "stocktake lines",
                "ordering": ["stocktake_id", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="stocktake",
            constraint=models.UniqueConstraint(fields=("number",), name="inventory_stocktake_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="stocktakeline",
            constraint=models.UniqueConstraint(fields=("stocktake", "variant"), name="inventory_stocktake_line_once"),
        ),
        migrations.AddConstraint(
            model_name="stocktakeline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_open", True)),
                fields=("variant", "warehouse"),
                name="inventory_stocktake_no_overlap",
            ),
        ),
        migrations.AddConstraint(
            model_name="stocktakeline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("counted__isnull", True), models.Q(("counted__gte", 0), ("counted__lte", 1000000)), _connector="OR"
                ),
                name="inventory_stocktake_counted_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="stocktakeline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counted__isnull", True), ("counted_mark__isnull", True)),
                    models.Q(("counted__isnull", False), ("counted_mark__gte", models.F("snapshot_mark"))),
                    _connector="OR",
                ),
                name="inventory_stocktake_counted_after",
            ),
        ),
    ]
