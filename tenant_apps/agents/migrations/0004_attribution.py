"""Where links lead, what posters show, which link brought whom; and the one row of the policy."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def lay_down_policy(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The first agent keeps a customer for a year; the brand changes it as it likes."""
    apps.get_model("agents", "AttributionPolicy").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0003_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="attributionpolicy",
            name="poster_picture",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="picture of the poster"
            ),
        ),
        migrations.AddField(
            model_name="attributionpolicy",
            name="poster_text",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="text of the poster"
            ),
        ),
        migrations.AddField(
            model_name="attributionpolicy",
            name="poster_title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=60, verbose_name="title of the poster"
            ),
        ),
        migrations.AddField(
            model_name="attributionpolicy",
            name="product_url",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="“{product}” stands for the product's number.",
                max_length=300,
                verbose_name="address of a product",
            ),
        ),
        migrations.AddField(
            model_name="attributionpolicy",
            name="shop_url",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="address of the shop"
            ),
        ),
        migrations.AddField(
            model_name="referrallink",
            name="product_name",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="product's name"
            ),
        ),
        migrations.AddField(
            model_name="touch",
            name="link",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agents.referrallink",
                verbose_name="link",
            ),
        ),
        migrations.AddField(
            model_name="touch",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="touch",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("bound", "Bound"),
                    ("confirmed", "Bound to the same agent already"),
                    ("protected", "Refused: protected for another agent"),
                    ("held", "Refused: bound to another agent"),
                    ("not_new", "Refused: not a new customer"),
                    ("taken_over", "Taken over from another agent"),
                    ("self", "Refused: the agent's own purchase"),
                    ("handed_over", "Handed over from another agent"),
                    ("released", "Released by the staff"),
                ],
                max_length=15,
                verbose_name="outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="binding",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["expires_at"], name="agents_binding_ends"
            ),
        ),
        migrations.AddIndex(
            model_name="touch",
            index=models.Index(
                condition=models.Q(("link__isnull", False)), fields=["link", "id"], name="agents_touch_link"
            ),
        ),
        migrations.AddConstraint(
            model_name="attributionpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("cookie_days__gte", 1), ("cookie_days__lte", 400)),
                name="agents_attributionpolicy_cookie",
            ),
        ),
        migrations.AddConstraint(
            model_name="attributionpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["first_come", "new_only", "last_touch"])),
                name="agents_attributionpolicy_mode_known",
            ),
        ),
        migrations.RunPython(lay_down_policy, migrations.RunPython.noop, elidable=False),
    ]
