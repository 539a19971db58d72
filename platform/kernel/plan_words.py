"""What plans speak of: features and quotas, by the words programs use and the names people read.

Both are in the order of the price list.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text

FEATURE_NAMES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "order_import": _("Import of orders"),
        "invoicing": _("Invoices"),
        "multi_warehouse": _("Several warehouses"),
        "tiered_commission": _("Commission on two tiers"),
        "api": _("API"),
        "anti_counterfeit": _("Codes against counterfeits"),
        "campaigns": _("Campaigns"),
        "webhooks": _("Webhooks"),
        "custom_domain": _("Own domain"),
        "forecasts": _("Forecasts"),
        "priority_support": _("Priority support"),
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
