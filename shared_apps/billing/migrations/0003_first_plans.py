from decimal import Decimal

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone

BASIC = ["order_import", "invoicing"]
STANDARD = ["order_import", "invoicing", "multi_warehouse", "tiered_commission", "api", "anti_counterfeit", "campaigns"]
PREMIUM = [*STANDARD, "webhooks", "custom_domain", "forecasts", "priority_support"]

# code, English, Chinese, rank, month, year, features, limits (a name left out has none)
PLANS = (
    ("basic", "Basic", "基础版", 1, "360.00", "3600.00", BASIC,
     {"staff": 3, "agents": 50, "skus": 500, "warehouses": 1, "orders": 1_000, "api_calls": 60}),
    ("standard", "Standard", "标准版", 2, "880.00", "8800.00", STANDARD,
     {"staff": 15, "agents": 500, "skus": 5_000, "warehouses": 5, "orders": 20_000, "api_calls": 300}),
    ("premium", "Premium", "高级版", 3, "1980.00", "19800.00", PREMIUM,
     {"staff": 100, "warehouses": 50, "api_calls": 1_200}),
)  # fmt: skip


def offer_first_plans(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The first version of each of the three plans. Their later versions are made in the platform's console."""
    plans, versions = apps.get_model("billing", "Plan"), apps.get_model("billing", "PlanVersion")
    for code, english, chinese, rank, month, year, features, limits in PLANS:
        plan = plans.objects.create(code=code, name_en=english, name_zh=chinese, rank=rank)
        versions.objects.create(
            plan=plan,
            version=1,
            price_month=Decimal(month),
            price_year=Decimal(year),
            features=features,
            limits=limits,
            published_at=timezone.now(),
        )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_stripe_attempts"),
    ]

    operations = [migrations.RunPython(offer_first_plans, migrations.RunPython.noop)]
