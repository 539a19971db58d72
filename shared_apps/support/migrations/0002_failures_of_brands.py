import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0001_visits_tickets_figures"),
        ("tenants", "0002_lifecycle_and_archives"),
    ]

    operations = [
        migrations.AddField(
            model_name="brandfigures",
            name="failures",
            field=models.JSONField(db_default=[], default=list, verbose_name="what failed"),
        ),
        migrations.AlterField(
            model_name="brandfigures",
            name="brand",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="+",
                serialize=False,
                to="tenants.brand",
                verbose_name="brand",
            ),
        ),
    ]
