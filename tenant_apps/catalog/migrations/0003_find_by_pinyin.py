"""Fill in what the search of products looks through, for products that were there before it was kept."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenant_apps.catalog.rules import product_search_text

BATCH = 1_000


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    products = apps.get_model("catalog", "Product").objects.filter(search_text="").order_by("id")
    while batch := list(products.only("id", "name", "brand_name")[:BATCH]):
        for product in batch:
            # A text of its own even where the name has no letter: an empty one would be met again for ever.
            product.search_text = product_search_text(product.name, product.brand_name) or product.name
        products.model.objects.bulk_update(batch, ["search_text"])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_details_and_schedules")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
