import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("phone", models.CharField(blank=True, max_length=16, verbose_name="phone")),
                ("channel", models.CharField(blank=True, max_length=32, verbose_name="channel")),
                ("external_id", models.CharField(blank=True, max_length=64, verbose_name="id in the channel")),
                ("notes", models.TextField(blank=True, verbose_name="notes")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("phone", ""), _negated=True),
                        fields=("phone",),
                        name="customers_customer_phone_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("channel", "external_id"),
                        name="customers_customer_external_id_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("channel", ""), ("external_id", "")),
                            models.Q(
                                models.Q(("channel", ""), _negated=True), models.Q(("external_id", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="customers_customer_external_id_has_channel",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("phone", ""), ("phone__regex", "^\\+[1-9][0-9]{6,14}$"), _connector="OR"),
                        name="customers_customer_phone_e164",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receiver_name", models.CharField(max_length=100, verbose_name="receiver")),
                ("receiver_phone", models.CharField(max_length=16, verbose_name="receiver's phone")),
                ("province_code", models.CharField(max_length=2, verbose_name="province code")),
                ("city_code", models.CharField(max_length=4, verbose_name="city code")),
                ("district_code", models.CharField(max_length=6, verbose_name="district code")),
                ("province", models.CharField(max_length=40, verbose_name="province")),
                ("city", models.CharField(max_length=40, verbose_name="city")),
                ("district", models.CharField(max_length=40, verbose_name="district")),
                ("street", models.CharField(max_length=200, verbose_name="street")),
                ("is_default", models.BooleanField(default=False, verbose_name="default")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "address",
                "verbose_name_plural": "addresses",
                "ordering": ["-is_default", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("customer",),
                        name="customers_address_one_default",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("receiver_phone__regex", "^\\+[1-9][0-9]{6,14}$")),
                        name="customers_address_phone_e164",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("street", ""), _negated=True), name="customers_address_has_a_street"
                    ),
                ],
            },
        ),
    ]
