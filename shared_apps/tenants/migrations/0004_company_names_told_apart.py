from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from shared_apps.tenants.rules import name_key


def fill_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The keys of the companies that are here already."""
    brands = apps.get_model("tenants", "Brand").objects
    for pk, name in brands.exclude(company_name="").values_list("pk", "company_name"):
        brands.filter(pk=pk).update(company_name_key=name_key(name))


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_exports_tried_and_domains_watched"),
    ]

    operations = [
        migrations.AddField(
            model_name="brand",
            name="company_name_key",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=120),
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
