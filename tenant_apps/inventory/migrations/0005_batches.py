import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("inventory", "0004_transfers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, max_length=40, verbose_name="batch number")),
                ("produced_on", models.DateField(blank=True, null=True, verbose_name="produced on")),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="expires on")),
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
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "ordering": ["expires_on", "id"],
            },
        ),
        migrations.CreateModel(
            name="BatchMovement",
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
                            ("transfer", "Transfer"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("quantity", models.IntegerField(verbose_name="quantity")),
                ("balance_after", models.IntegerField(verbose_name="on hand after")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.batch",
                        verbose_name="batch",
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
                "verbose_name": "batch movement",
                "verbose_name_plural": "batch movements",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BatchStock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on_hand", models.IntegerField(db_default=0, default=0, verbose_name="on hand")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stock",
                        to="inventory.batch",
                        verbose_name="batch",
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
                "verbose_name": "batch in a warehouse",
                "verbose_name_plural": "batches in warehouses",
            },
        ),
        migrations.CreateModel(
            name="SkuSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keeps_batches", models.BooleanField(db_default=False, default=False, verbose_name="keeps batches")),
                (
                    "warn_days",
                    models.SmallIntegerField(db_default=90, default=90, verbose_name="days of warning before expiry"),
                ),
                (
                    "variant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock setting",
                "verbose_name_plural": "stock settings",
            },
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["expires_on"], name="inventory_batch_expiry"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.UniqueConstraint(fields=("variant", "code"), name="inventory_batch_code_once"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("produced_on__isnull", True),
                    ("expires_on__isnull", True),
                    ("expires_on__gte", models.F("produced_on")),
                    _connector="OR",
                ),
                name="inventory_batch_dates_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="batchmovement",
            index=models.Index(fields=["batch", "-id"], name="inventory_batch_movements"),
        ),
        migrations.AddIndex(
            model_name="batchmovement",
            index=models.Index(fields=["source"], name="inventory_batch_source"),
        ),
        migrations.AddConstraint(
            model_name="batchmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 0), _negated=True), name="inventory_batch_movement_moves"
            ),
        ),
        migrations.AddConstraint(
            model_name="batchmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_after__gte", 0)), name="inventory_batch_balance_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="batchstock",
            constraint=models.UniqueConstraint(fields=("batch", "warehouse"), name="inventory_batch_place_unique"),
        ),
        migrations.AddConstraint(
            model_name="batchstock",
            constraint=models.CheckConstraint(
                condition=models.Q(("on_hand__gte", 0)), name="inventory_batch_never_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="skusetting",
            constraint=models.CheckConstraint(
                condition=models.Q(("warn_days__gte", 0), ("warn_days__lte", 3650)), name="inventory_warn_days"
            ),
        ),
    ]
