import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Made by another key, before keys could no longer make keys: bound by the rights of the oldest owner from now on.
KEYS_WITHOUT_A_MAKER = """
UPDATE accounts_apikey SET created_by_id = (SELECT min(id) FROM accounts_user WHERE role = 'owner' AND is_active)
WHERE created_by_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(KEYS_WITHOUT_A_MAKER, reverse_sql=migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="onetimetoken",
            name="accounts_token_purpose_known",
        ),
        migrations.AddField(
            model_name="user",
            name="sessions_ended_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="onetimetoken",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("invitation", "Invitation"),
                    ("password_reset", "Password reset"),
                    ("entry_link", "Entry link"),
                    ("recovery_code", "Recovery code"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="onetimetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["invitation", "password_reset", "entry_link", "recovery_code"])),
                name="accounts_token_purpose_known",
            ),
        ),
    ]
