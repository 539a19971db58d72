"""Read the brand's settings of shipping."""

from tenant_apps.shipping.models import ShippingSettings
from tenant_apps.shipping.rules.choosing import CarrierChoice, ParcelFacts, choose_carrier, regions_of
from tenant_apps.shipping.rules.settings import ShippingOptions, read_options

__all__ = ["CarrierChoice", "ParcelFacts", "ShippingOptions", "get_options", "propose_carrier", "regions_of"]


def get_options() -> ShippingOptions:
    values = ShippingSettings.objects.filter(pk=1).values_list("values", flat=True).first()
    return read_options(values) if isinstance(values, dict) else ShippingOptions()


def propose_carrier(facts: ParcelFacts, options: ShippingOptions | None = None) -> CarrierChoice | None:
    """Return the carrier that the brand's rules choose, with the reason; None where nothing is arranged."""
    options = options or get_options()
    return choose_carrier(options.rules, options.usual_carrier, facts)


def get_waybill_key() -> str:
    """Return the key of the account at 快递鸟; empty where none is kept."""
    return ShippingSettings.objects.filter(pk=1).values_list("waybill_key", flat=True).first() or ""
