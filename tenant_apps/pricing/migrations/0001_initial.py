import datetime

import django.db.models.deletion
from django.db import migrations, models

import kernel.core.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agents", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("scheduled", "Scheduled"), ("cancelled", "Cancelled")],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("effective_at", models.DateTimeField(verbose_name="in force from")),
                ("created_by", models.CharField(max_length=200, verbose_name="created by")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("scheduled_at", models.DateTimeField(blank=True, null=True, verbose_name="scheduled at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="cancelled at")),
            ],
            options={
                "verbose_name": "price change",
                "verbose_name_plural": "price changes",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "scheduled", "cancelled"])),
                        name="pricing_change_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="pricing_change_has_a_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgentPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("min_quantity", models.IntegerField(default=1, verbose_name="from pieces")),
                (
                    "valid_from",
                    models.DateTimeField(
                        default=datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC), verbose_name="from"
                    ),
                ),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("price", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="price")),
                ("note", models.CharField(blank=True, default="", max_length=200, verbose_name="note")),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "agreed price",
                "verbose_name_plural": "agreed prices",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agent", "variant", "min_quantity", "valid_from"),
                        name="pricing_agent_price_one_per_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("min_quantity__gte", 1), ("min_quantity__lte", 1000000), ("price__gte", 0)),
                        name="pricing_agent_price_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CategoryDiscount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "valid_from",
                    models.DateTimeField(
                        default=datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC), verbose_name="from"
                    ),
                ),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "rate",
                    kernel.core.money.RateField(
                        decimal_places=6, max_digits=9, verbose_name="fraction of the retail price"
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
            ],
            options={
                "verbose_name": "discount by category",
                "verbose_name_plural": "discounts by category",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "category", "valid_from"),
                        name="pricing_discount_one_per_moment",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0), ("rate__lte", 1)), name="pricing_discount_rate"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MinimumLot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minimum", models.IntegerField(verbose_name="at least")),
                ("step", models.IntegerField(default=1, verbose_name="in steps of")),
                (
                    "level",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "minimum lot",
                "verbose_name_plural": "minimum lots",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "variant"), name="pricing_lot_one_per_variant", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("minimum__gte", 1), ("minimum__lte", 1000000), ("step__gte", 1), ("step__lte", 1000000)
                        ),
                        name="pricing_lot_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlannedPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("min_quantity", models.IntegerField(default=1, verbose_name="from pieces")),
                ("price", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="price")),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="agents.level"
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="pricing.pricechange",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("change", "level", "variant", "min_quantity"), name="pricing_planned_price_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("min_quantity__gte", 1), ("price__gte", 0)),
                        name="pricing_planned_price_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LevelPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("min_quantity", models.IntegerField(db_default=1, default=1, verbose_name="from pieces")),
                (
                    "valid_from",
                    models.DateTimeField(
                        db_default=datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                        default=datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                        verbose_name="from",
                    ),
                ),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("price", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="price")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="level_prices",
                        to="pricing.pricechange",
                        verbose_name="price change",
                    ),
                ),
            ],
            options={
                "verbose_name": "level price",
                "verbose_name_plural": "level prices",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "variant", "min_quantity", "valid_from"),
                        name="pricing_level_price_one_per_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="pricing_level_price_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("min_quantity__gte", 1), ("min_quantity__lte", 1000000)),
                        name="pricing_level_price_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SuggestedRetailRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lowest", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="from")),
                ("highest", kernel.core.money.MoneyField(decimal_places=2, max_digits=14, verbose_name="to")),
                (
                    "valid_from",
                    models.DateTimeField(
                        default=datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC), verbose_name="since"
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.level",
                        verbose_name="level",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggested retail price",
                "verbose_name_plural": "suggested retail prices",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "variant", "valid_from"),
                        name="pricing_range_one_per_moment",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("highest__gte", models.F("lowest")), ("lowest__gte", 0)),
                        name="pricing_range_from_low_to_high",
                    ),
                ],
            },
        ),
    ]
