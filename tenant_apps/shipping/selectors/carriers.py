"""Read which carriers there are."""

from tenant_apps.shipping.rules.carriers import CARRIERS, Carrier, find_carrier, find_number_warning
from tenant_apps.shipping.selectors.settings import get_options

__all__ = ["find_carrier", "find_number_warning", "list_carrier_names", "list_carriers", "list_known_carriers"]


def list_carriers() -> list[Carrier]:
    """Return the carriers that the brand uses; all that are known where it chose none."""
    used = get_options().carriers
    return [carrier for carrier in CARRIERS if not used or carrier.code in used]


def list_known_carriers() -> list[Carrier]:
    return list(CARRIERS)


def list_carrier_names() -> list[str]:
    return [carrier.name for carrier in list_carriers()]
