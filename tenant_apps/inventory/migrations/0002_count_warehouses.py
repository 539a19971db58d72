from django.db import migrations

# A brand begins with one warehouse, made by the first migration: it counts.
COUNT = "UPDATE entitlements_quota SET used = (SELECT count(*) FROM inventory_warehouse) WHERE name = 'warehouses'"


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0001_initial"),
        ("entitlements", "0001_initial"),
    ]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
