from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedViews",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.BigIntegerField(verbose_name="person")),
                ("views", models.JSONField(default=list, verbose_name="saved views")),
            ],
            options={
                "verbose_name": "saved views",
                "verbose_name_plural": "saved views",
                "constraints": [models.UniqueConstraint(fields=("person",), name="kernel_savedviews_once_per_person")],
            },
        ),
    ]
