"""Where roles meet the plan: which permissions a plan must include a feature for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# A role has these only where the brand's plan includes the feature. What depends on a value (a second tier, a second
# warehouse) is no permission, and is asked by the service.
FEATURE_OF_PERMISSION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "invoicing.issue": "invoicing",
        "orders.import": "order_import",
    }
)
