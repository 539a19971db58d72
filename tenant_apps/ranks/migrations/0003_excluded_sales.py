from django.db import migrations, models


class Migration(migrations.Migration):
    """Let the table of own purchases hold whatever is no result of an agent, and why; it keeps its name."""

    dependencies = [
        ("ranks", "0002_own_purchase"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel(old_name="OwnPurchase", new_name="ExcludedSale"),
                migrations.AlterModelTable(name="ExcludedSale", table="ranks_ownpurchase"),
            ]
        ),
        migrations.AddField(
            model_name="excludedsale",
            name="reason",
            field=models.CharField(
                choices=[("own_purchase", "Own purchase"), ("not_selling", "May not sell")],
                db_default="own_purchase",
                default="own_purchase",
                max_length=16,
            ),
        ),
    ]
