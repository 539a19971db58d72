"""Words of plans: features and quotas, as programs and as people call them, in the order of the price list."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text

# A word is sold from the day that code asks for it, and not before: a test holds each against the page that asks.
FEATURE_NAMES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "order_import": _("Import of orders"),
        "invoicing": _("Invoices"),
        "multi_warehouse": _("Several warehouses"),
        "tiered_commission": _("Commission on two tiers"),
        "api": _("API"),
        "custom_domain": _("Own domain"),
    }
)
QUOTA_NAMES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "staff": _("Staff"),
        "agents": _("Agents"),
        "skus": _("SKUs for sale"),
        "warehouses": _("Warehouses"),
        "orders": _("Orders a month"),
        "api_calls": _("API calls a minute"),
    }
)
FEATURES: Final = frozenset(FEATURE_NAMES)
EVERYTHING: Final = "*"
COUNTED: Final = ("agents", "orders", "skus", "staff", "warehouses")
MONTHLY: Final = frozenset({"orders"})
API_CALLS: Final = "api_calls"  # a rate: so many in a minute, counted in Redis
QUOTAS: Final = (*COUNTED, API_CALLS)
RATE_WINDOW_SECONDS: Final = 60
UPGRADE_URL: Final = "/console/billing/plans/"
