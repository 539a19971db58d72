"""The one row of the policy."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def lay_down_policy(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the first agent keep a customer for a year; the brand changes it as it likes."""
    apps.get_model("attribution", "Policy").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [
        ("attribution", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(lay_down_policy, migrations.RunPython.noop, elidable=False),
    ]
