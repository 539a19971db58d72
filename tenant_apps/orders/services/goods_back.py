"""Take goods that came back into stock at the cost they left with, and note them on their lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext

from kernel.core import money
from kernel.core.money import ZERO
from kernel.core.states import compare_and_set
from tenant_apps.inventory.selectors import warehouses
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.states import WarehouseKind
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.models.line import GoodsChange
from tenant_apps.orders.rules.parts import returned_parts
from tenant_apps.orders.rules.refunds import cost_of_return
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.orders.services.history import is_history
from tenant_apps.orders.states import FULFILMENT_TRANSITIONS, FulfilmentState
from tenant_apps.shipping.services import parcels
from tenant_apps.shipping.states import ParcelState


@dataclass(frozen=True, slots=True)
class FoundGoods:
    """Claimed pieces of a line as they were found. `unit_cost` is for goods of which the books know no cost."""

    line: OrderLine
    good: int = 0
    damaged: int = 0
    lost: int = 0
    unit_cost: Decimal | None = None


def bring_back(
    order: Order, found: Sequence[FoundGoods], *, source: str, warehouse_id: int | None, now: datetime
) -> None:
    """Bring good pieces into the warehouse and damaged ones into the place for them; write off the rest.

    Raises CostUnknown, UnknownWarehouse.
    """
    place = find_damaged_warehouse_id()
    arriving = (
        ("good", warehouse_id, [(one, one.good) for one in found if one.good]),
        ("damaged", place, [(one, one.damaged) for one in found if one.damaged and place is not None]),
    )
    inventory.lock_stock(
        goods=[
            (variant_id, warehouse)
            for _name, warehouse, goods in arriving
            for one, _pieces in goods
            for variant_id, _each in one.line.made_of
        ]
    )
    for name, warehouse, goods in arriving:
        if not goods:
            continue
        costs = _restock(order, goods, source=f"{source}:{name}", warehouse_id=warehouse, now=now)
        OrderLine.objects.move_goods(
            [
                GoodsChange(one.line, claimed=-pieces, returned=pieces, cost=cost)
                for (one, pieces), cost in zip(goods, costs, strict=True)
            ]
        )
    gone = [(one.line, one.lost + (one.damaged if place is None else 0)) for one in found]
    written_off = [GoodsChange(line, claimed=-pieces, written_off=pieces) for line, pieces in gone if pieces]
    if written_off:
        OrderLine.objects.move_goods(written_off)


def find_damaged_warehouse_id() -> int | None:
    """Return the brand's place for damaged goods; None without one."""
    places = [one for one in warehouses.list_warehouses() if one.kind == WarehouseKind.DAMAGED]
    return places[0].pk if places else None


def _restock(
    order: Order,
    goods: Sequence[tuple[FoundGoods, int]],
    *,
    source: str,
    warehouse_id: int | None,
    now: datetime,
) -> list[Decimal]:
    """Return the cost with which each line's pieces came in: none where it never left with one."""
    if is_history(order):
        _find_history(order, goods, source=source, warehouse_id=warehouse_id, now=now)
        return [ZERO] * len(goods)
    returned = [goods_of_return(one.line, pieces) for one, pieces in goods]
    inventory.restock_returned(
        source=source, lines=[line for lines in returned for line in lines], warehouse_id=warehouse_id, now=now
    )
    return [sum((line.cost for line in lines), ZERO) for lines in returned]


def _find_history(
    order: Order,
    goods: Sequence[tuple[FoundGoods, int]],
    *,
    source: str,
    warehouse_id: int | None,
    now: datetime,
) -> None:
    """Book goods whose sale never touched stock as found: at the books' own cost, or at the one that is given."""
    wanted: dict[int, inventory.AdjustmentLine] = {}
    for one, pieces in goods:
        known = wanted.get(one.line.variant_id)
        pieces += known.change if known else 0
        wanted[one.line.variant_id] = inventory.AdjustmentLine(one.line.variant_id, pieces, one.unit_cost)
    inventory.adjust(
        lines=list(wanted.values()),
        reference=source,
        reason=gettext("Return of %(number)s") % {"number": order.number},
        warehouse_id=warehouse_id,
        now=now,
    )


def goods_of_return(line: OrderLine, pieces: int) -> list[inventory.ReturnLine]:
    """Return the stock lines for `pieces` returned of a shipped line: its own, or its bundle's parts."""
    shipped = line.shipped_quantity
    returned = line.returned_quantity
    if line.parts:
        parts = returned_parts(line.parts, shipped=shipped, returned=returned, pieces=pieces)
        # Parcels of the same bundle cost differently: what came back so far decides how much is left.
        left = line.cost - line.returned_cost
        due = sum((cost for _variant, _pieces, cost in parts), ZERO)
        due = left if returned + pieces >= shipped else min(due, left)
        shares = money.split(due, [cost for _variant, _pieces, cost in parts])
        parts = [(variant, count, share) for (variant, count, _cost), share in zip(parts, shares, strict=True)]
        return [inventory.ReturnLine(*part) for part in parts]
    cost = cost_of_return(
        cost=line.cost, shipped=shipped, returned=returned, returned_cost=line.returned_cost, pieces=pieces
    )
    return [inventory.ReturnLine(line.variant_id, pieces, cost)]


def mark_returned(order: Order, *, now: datetime) -> None:
    """Set the locked order to returned once every piece that was shipped has come back, or is lost."""
    before = FulfilmentState(order.fulfilment_state)
    is_partly = before == FulfilmentState.PARTLY_SHIPPED
    if is_partly or FulfilmentState.RETURNED not in FULFILMENT_TRANSITIONS[before]:
        return
    if is_all_back(OrderLine.objects.filter(order=order).order_by("line_no")):
        of_it = Order.objects.filter(pk=order.pk)
        compare_and_set(of_it, field="fulfilment_state", expected=before, wanted=FulfilmentState.RETURNED)
        order.fulfilment_state = FulfilmentState.RETURNED
        parcels.end_parcels(source=parcel_source(order.pk), state=ParcelState.RETURNED, now=now)


def is_all_back(lines: Iterable[OrderLine]) -> bool:
    """Tell whether all shipped goods are back or lost, and there were any."""
    stocked = [line for line in lines if line.is_stocked and line.shipped_quantity]
    return bool(stocked) and all(
        line.returned_quantity + line.written_off_quantity == line.shipped_quantity for line in stocked
    )
