"""Let imported past orders take part in after-sales: what their file did not say is worked out when it is needed."""

from datetime import datetime

from django.db.models import F

from tenant_apps.catalog.selectors.sellable import get_variants
from tenant_apps.catalog.states import ProductKind
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.states import HISTORY_SERIES, FulfilmentState


def is_history(order: Order) -> bool:
    """Tell whether the order came by a file of past orders: neither its goods nor their cost went through the books."""
    return order.number.startswith(HISTORY_SERIES)


def adopt_history(order: Order, *, now: datetime) -> None:
    """Note on the lines of an imported order that its goods were shipped; other orders are left as they are.

    Files have a million lines, of which a few ever come back: so this waits until somebody asks for it.
    """
    if not is_history(order) or order.fulfilment_state == FulfilmentState.UNFULFILLED:
        return
    lines = OrderLine.objects.filter(order=order, quantity__gt=0, shipped_quantity=0)
    variants = get_variants(variant_ids=list(lines.values_list("variant_id", flat=True)), now=now)
    goods = [one.id for one in variants.values() if one.kind == ProductKind.GOODS]
    lines.filter(variant_id__in=goods).update(is_stocked=True, shipped_quantity=F("quantity"))
