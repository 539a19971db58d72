"""Ask whether goods on the shelf are meant to cost nothing: a forgotten price sells them for 0.00."""

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from tenant_apps.catalog.models import Variant

MAX_NAMED = 5


class PriceIsZero(Conflict):
    code = "price_is_zero"
    title = _("Goods for 0.00 on the shelf have to be confirmed")


def list_free(*, product_id: int) -> list[str]:
    """Return the SKUs of the product that are for sale at 0.00."""
    free = Variant.objects.filter(product_id=product_id, is_active=True, retail_price=0)
    return list(free.order_by("sku").values_list("sku", flat=True)[:MAX_NAMED])


def ensure_meant(*, product_id: int, free_is_meant: bool) -> None:
    """Raise PriceIsZero, naming the SKUs, unless `free_is_meant` or every SKU has a price."""
    free = [] if free_is_meant else list_free(product_id=product_id)
    if free:
        detail = _("These would be sold for 0.00: %(skus)s. Enter a price, or confirm that they are free.")
        raise PriceIsZero(detail % {"skus": ", ".join(free)}, field="free_is_meant")
