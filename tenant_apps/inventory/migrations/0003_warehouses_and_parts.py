import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

MAIN = "UPDATE inventory_warehouse SET kind = 'main' WHERE is_default"
SHIPPED = "UPDATE inventory_reservation SET shipped = quantity - released WHERE state = 'consumed'"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("inventory", "0002_documents_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="expires at"),
        ),
        migrations.AddField(
            model_name="reservation",
            name="shipped",
            field=models.IntegerField(db_default=0, default=0, verbose_name="shipped"),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="is_open",
            field=models.BooleanField(db_default=True, default=True, verbose_name="open"),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="kind",
            field=models.CharField(
                choices=[
                    ("main", "Main warehouse"),
                    ("branch", "Branch warehouse"),
                    ("store", "Store"),
                    ("transit", "In transit"),
                    ("damaged", "Damaged goods"),
                ],
                db_default="branch",
                default="branch",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.warehouse",
                verbose_name="belongs to",
            ),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="priority",
            field=models.SmallIntegerField(db_default=100, default=100, verbose_name="priority"),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="regions",
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name="regions served first"),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "Reserved"),
                    ("consumed", "Shipped"),
                    ("released", "Released"),
                    ("expired", "Expired"),
                ],
                default="active",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RunSQL(MAIN, migrations.RunSQL.noop),
        migrations.RunSQL(SHIPPED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False), ("state", "active")),
                fields=["variant", "warehouse", "expires_at"],
                name="inventory_reservation_expiring",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shipped__gte", 0),
                    (
                        "shipped__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("quantity"), "-", models.F("released")
                        ),
                    ),
                ),
                name="inventory_shipped_within_reserved",
            ),
        ),
        migrations.AddConstraint(
            model_name="warehouse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "transit")), fields=("kind",), name="inventory_warehouse_one_transit"
            ),
        ),
        migrations.AddConstraint(
            model_name="warehouse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_default", False),
                    models.Q(("is_open", True), ("kind__in", ["branch", "main", "store"])),
                    _connector="OR",
                ),
                name="inventory_default_warehouse_sells",
            ),
        ),
        migrations.AddConstraint(
            model_name="warehouse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"
                ),
                name="inventory_warehouse_not_its_own_parent",
            ),
        ),
    ]
