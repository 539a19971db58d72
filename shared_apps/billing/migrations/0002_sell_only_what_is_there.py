from django.db import migrations

# Sold in the first plans, and asked for by nothing in the code. What comes later is sold when it comes.
FORGET_IN_PLANS = """
UPDATE billing_planversion
SET features = features - '{anti_counterfeit,campaigns,webhooks,forecasts,priority_support}'::text[]
WHERE features ?| '{anti_counterfeit,campaigns,webhooks,forecasts,priority_support}'::text[]
"""
FORGET_IN_BRANDS = """
UPDATE tenants_brand
SET entitlements = jsonb_set(
    entitlements,
    '{features}',
    (entitlements->'features') - '{anti_counterfeit,campaigns,webhooks,forecasts,priority_support}'::text[]
)
WHERE (entitlements->'features') ?| '{anti_counterfeit,campaigns,webhooks,forecasts,priority_support}'::text[]
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FORGET_IN_PLANS, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(FORGET_IN_BRANDS, reverse_sql=migrations.RunSQL.noop),
    ]
