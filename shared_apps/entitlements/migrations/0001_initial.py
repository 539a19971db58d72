from django.db import migrations, models

# The counts of a brand that is there already are set by the first recount, which runs when its plan sets limits and
# every night; until then nothing is limited. In public the rows stand idle: the platform has no plan.
ROWS = """
INSERT INTO entitlements_quota (name, "limit", used, period)
VALUES ('agents', NULL, 0, ''), ('orders', NULL, 0, ''), ('skus', NULL, 0, ''), ('staff', NULL, 0, ''),
       ('warehouses', NULL, 0, '')
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20, verbose_name="name")),
                ("limit", models.BigIntegerField(blank=True, null=True, verbose_name="limit")),
                ("used", models.BigIntegerField(default=0, verbose_name="used")),
                ("period", models.CharField(blank=True, default="", max_length=7, verbose_name="month")),
            ],
            options={
                "verbose_name": "quota",
                "verbose_name_plural": "quotas",
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="entitlements_quota_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("used__gte", 0)), name="entitlements_quota_used_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("limit__isnull", True), ("limit__gte", 0), _connector="OR"),
                        name="entitlements_quota_limit_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period__regex", "^([0-9]{4}-[0-9]{2})?$")),
                        name="entitlements_quota_period_form",
                    ),
                ],
            },
        ),
        migrations.RunSQL(ROWS, "DELETE FROM entitlements_quota"),
    ]
