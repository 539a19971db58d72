from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_inbox_by_the_outbox")]
    operations = [migrations.RenameModel("PlanTerm", "PlanPeriod")]
