"""Ship orders, whole or parcel by parcel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.core.money import ZERO
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import outbox
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.selectors.reservations import list_reservations
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.events import OrderShipped, ParcelShipped
from tenant_apps.orders.models import Order, OrderLine, OrderSearch
from tenant_apps.orders.rules.fulfilment import InvalidShipment, ShipmentLine, earn_part, plan_shipment
from tenant_apps.orders.rules.search import tracking_terms
from tenant_apps.orders.selectors.parcels import count_parcels, find_prepared_parcel, parcel_source
from tenant_apps.orders.services.locking import lock_open_order, party_of
from tenant_apps.orders.services.parcels import ensure_parcel_is_named
from tenant_apps.orders.states import FULFILMENT_TRANSITIONS, MONEY_IS_HERE, FulfilmentState, OrderKind, PaymentState
from tenant_apps.shipping.selectors.parcels import Parcel
from tenant_apps.shipping.services import parcels

__all__ = ["InvalidShipment", "OrderNotPaid", "Packing", "ShipmentLine", "ship_order"]


class OrderNotPaid(Conflict):
    code = "order_not_paid"
    title = _("The order is not paid")


class PreparedOtherwise(Conflict):
    code = "prepared_otherwise"
    title = _("A parcel with a waybill is packed otherwise: ship it as it is, or void it first")


@dataclass(frozen=True, slots=True)
class Packing:
    """Contents of a parcel (None: all that is left), the warehouse, and the weight (0: not weighed).

    With `needs_parcel`, as in the console, goods need a carrier and a tracking number.
    """

    lines: Sequence[ShipmentLine] | None = None
    warehouse_id: int | None = None
    weight_grams: int = 0
    needs_parcel: bool = False
    carrier_reason: str = ""


@transaction.atomic
def ship_order(
    *,
    order_id: int,
    carrier: str = "",
    tracking_number: str = "",
    packing: Packing | None = None,
    now: datetime,
) -> Order:
    """Ship a parcel of the order: the named pieces, or all that was neither shipped nor refunded.

    Programs and files of other shops may leave carrier and number out and send them later.
    Posts Dr 2203 advances, Cr 5001 revenue for the part of the money that the parcel earns, the last one all that is
    left; inventory posts the cost, which samples move to 5601 selling expenses.
    Raises OrderNotFound, OrderNotOpen, OrderNotPaid, IllegalTransition, InvalidShipment, ParcelNotNamed, InvalidWeight.
    """
    packing = packing or Packing()
    order = lock_open_order(order_id)
    before = FulfilmentState(order.fulfilment_state)
    ensure_allowed(FULFILMENT_TRANSITIONS, now=before, wanted=FulfilmentState.SHIPPED)
    if PaymentState(order.payment_state) not in MONEY_IS_HERE:
        raise OrderNotPaid
    lines = list(OrderLine.objects.filter(order=order).order_by("line_no", "id"))
    pieces = plan_shipment([line.shippable for line in lines], packing.lines)
    prepared = find_prepared_parcel(order_id=order.pk)
    if prepared is not None:
        _ensure_as_prepared(prepared, pieces, carrier.strip(), tracking_number.strip())
        carrier, tracking_number = prepared.carrier, prepared.tracking_number
    shipment = _Shipment(order, lines, pieces, now)
    shipment.prepared = prepared
    shipment.warehouse_id = packing.warehouse_id
    new = parcels.NewParcel(
        source=parcel_source(order.pk),
        contents=shipment.contents(),
        carrier=carrier.strip()[:40],
        tracking_number=tracking_number.strip()[:64],
        receiver=order.receiver,
        reference=order.number,
        note=order.note,
        warehouse_id=packing.warehouse_id or _find_warehouse(order.pk),
        weight_grams=packing.weight_grams,
        carrier_reason=packing.carrier_reason,
    )
    if packing.needs_parcel and shipment.has_goods:
        ensure_parcel_is_named(carrier=new.carrier, tracking_number=new.tracking_number)
    shipment.send(new)
    audit.record(
        action="orders.ship",
        subject=f"order:{order.pk}",
        before={"fulfilment_state": before},
        after={
            "fulfilment_state": order.fulfilment_state,
            "carrier": order.carrier,
            "tracking_number": order.tracking_number,
            **({} if shipment.is_last and before == FulfilmentState.UNFULFILLED else {"pieces": sum(pieces.values())}),
        },
    )
    return order


def _ensure_as_prepared(prepared: Parcel, pieces: Mapping[int, int], carrier: str, tracking_number: str) -> None:
    """Raise PreparedOtherwise unless exactly the parcel that was packed is to leave, under its own number."""
    packed = {int(one["line"]): int(one["quantity"]) for one in prepared.contents}
    is_other = carrier not in {"", prepared.carrier} or tracking_number not in {"", prepared.tracking_number}
    if packed != dict(pieces) or is_other:
        raise PreparedOtherwise


def _find_warehouse(order_id: int) -> int | None:
    """Return the warehouse that holds all goods of the order; None where several do."""
    ids = {part.warehouse_id for part in list_reservations(source=parcel_source(order_id)) if part.open}
    return ids.pop() if len(ids) == 1 else None


class _Shipment:
    """One parcel of a locked order, step by step."""

    prepared: Parcel | None = None  # it was packed, and may have a waybill
    warehouse_id: int | None = None  # to take all goods from; None takes them where they are reserved

    def __init__(self, order: Order, lines: Sequence[OrderLine], pieces: Mapping[int, int], now: datetime) -> None:
        self.order = order
        self.lines = lines
        self.pieces = pieces
        self.now = now
        self.leaving = [line for line in lines if line.line_no in pieces]
        self.has_goods = any(line.is_stocked for line in self.leaving)
        self.is_last = all(line.open_quantity == pieces.get(line.line_no, 0) for line in lines)

    def contents(self) -> list[parcels.PackedLine]:
        return [
            parcels.PackedLine(line.line_no, line.sku, line.name, self.pieces[line.line_no]) for line in self.leaving
        ]

    def send(self, new: parcels.NewParcel) -> None:
        """Move the goods, recognise their money and record the parcel."""
        seq = self.prepared.seq if self.prepared else count_parcels(order_id=self.order.pk) + 1
        costs = self._move_goods(new, seq)
        if self.leaving:
            OrderLine.objects.mark_shipped(self.lines, self.pieces, costs)
        cost = sum(costs.values(), ZERO)
        if self.prepared is None:
            parcel = parcels.send_parcel(new=new, cost=cost, seq=seq, now=self.now)
        else:
            parcel = parcels.send_prepared(
                parcel_id=self.prepared.pk, cost=cost, warehouse_id=new.warehouse_id, now=self.now
            )
        OrderSearch.objects.add(self.order.pk, tracking_terms([parcel.tracking_number]))
        self._update_order(new)
        outbox.publish(ParcelShipped(order_id=self.order.pk, parcel_id=parcel.pk, shipped_at=self.now))
        if self.is_last:
            outbox.publish(OrderShipped(order_id=self.order.pk, shipped_at=self.now))
        self._earn(seq)
        if self.order.kind == OrderKind.SAMPLE:
            self._give_away(sum(costs.values(), ZERO), seq)

    def _move_goods(self, new: parcels.NewParcel, seq: int) -> dict[int, Decimal]:
        """Take the goods out of stock; map each variant to the cost of its pieces."""
        # A dispatch sends what is the agent's already: it left the brand's stock when it was paid.
        if self.order.kind == OrderKind.DISPATCH:
            return {}
        goods: dict[int, int] = {}
        for line in self.leaving:
            if not line.is_stocked:
                continue
            for variant_id, each in line.made_of:
                goods[variant_id] = goods.get(variant_id, 0) + each * self.pieces[line.line_no]
        if not goods:
            return {}
        return inventory.ship(
            source=new.source,
            now=self.now,
            lines=[inventory.StockLine(variant_id, quantity) for variant_id, quantity in goods.items()],
            warehouse_id=self.warehouse_id,
            document=new.source if seq == 1 else f"{new.source}:parcel:{seq}",
        )

    def _update_order(self, new: parcels.NewParcel) -> None:
        order = self.order
        kept = order.total - order.refunded_amount
        earned = kept - order.earned_amount
        if not self.is_last:
            held = [line.shippable for line in self.lines]
            earned = earn_part(held, kept=kept, earned=order.earned_amount)
        self.earned = max(earned, ZERO)
        sent: dict[str, object] = {
            "carrier": new.carrier,
            "tracking_number": new.tracking_number,
            "earned_amount": order.earned_amount + self.earned,
        }
        if self.is_last:
            sent["shipped_at"] = self.now
        before = order.fulfilment_state
        wanted = FulfilmentState.SHIPPED if self.is_last else FulfilmentState.PARTLY_SHIPPED
        of_it = Order.objects.filter(pk=order.pk)
        compare_and_set(of_it, field="fulfilment_state", expected=before, wanted=wanted, **sent)
        for name, value in {"fulfilment_state": wanted, **sent}.items():
            setattr(order, name, value)

    def _earn(self, seq: int) -> None:
        if not self.earned:
            return
        order = self.order
        transfer = finance.NewTransfer(AccountCode.ADVANCES, AccountCode.REVENUE, self.earned, party_of(order))
        memo = gettext("Shipment of %(number)s") % {"number": order.number}
        source = f"order:{order.pk}:shipped" if seq == 1 else f"order:{order.pk}:shipped:{seq}"
        finance.post_entry(source=source, occurred_at=self.now, memo=memo, transfers=[transfer])

    def _give_away(self, cost: Decimal, seq: int) -> None:
        """Move the cost of samples from the cost of goods to the selling expenses."""
        if cost:
            transfer = finance.NewTransfer(AccountCode.SELLING_EXPENSE, AccountCode.COST_OF_GOODS, cost)
            memo = gettext("Samples of %(number)s") % {"number": self.order.number}
            source = f"order:{self.order.pk}:sample:{seq}"
            finance.post_entry(source=source, occurred_at=self.now, memo=memo, transfers=[transfer])
