from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_lifecycle_and_archives"),
    ]

    operations = [
        migrations.AddField(
            model_name="brandexport",
            name="attempts",
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name="attempts"),
        ),
        migrations.AddField(
            model_name="domainclaim",
            name="failing_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="without proof since"),
        ),
    ]
