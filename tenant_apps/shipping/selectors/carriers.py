"""Read which carriers there are."""

from tenant_apps.shipping.rules.carriers import CARRIERS, Carrier, find_number_warning

__all__ = ["find_number_warning", "list_carrier_names", "list_carriers"]


def list_carriers() -> list[Carrier]:
    """Return the carriers that the brand uses; all that are known where it chose none."""
    return list(CARRIERS)


def list_carrier_names() -> list[str]:
    return [carrier.name for carrier in list_carriers()]
