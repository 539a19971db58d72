"""Move goods between warehouses: draft, ship, receive. Their value travels with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import FieldError, Invalid, ReasonMissing
from kernel.core.money import ZERO
from kernel.core.numbering import take_number
from kernel.core.states import compare_and_set, ensure_allowed
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, Transfer, TransferLine, Warehouse
from tenant_apps.inventory.models.stock import Change, StockBalance
from tenant_apps.inventory.rules.lines import StockLine, cost_of, ensure_available
from tenant_apps.inventory.rules.transfers import Suggestion
from tenant_apps.inventory.selectors.transfers import TransferNotFound, list_suggestions
from tenant_apps.inventory.services.booking import UnknownWarehouse, change_stock, post_goods, write_movements
from tenant_apps.inventory.services.warehouses import ensure_place
from tenant_apps.inventory.states import TRANSFER_TRANSITIONS, MovementKind, TransferState, WarehouseKind

SERIES = "TR"
MAX_LINES = 500


class InvalidTransfer(Invalid):
    code = "invalid_transfer"
    title = _("The transfer breaks a rule")


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """Pieces of a variant that arrived, and that are known to be lost; the rest is still on its way."""

    variant_id: int
    received: int
    lost: int = 0


@transaction.atomic
def create_transfer(
    *, origin_id: int, target_id: int, lines: Sequence[StockLine], note: str = "", now: datetime
) -> Transfer:
    """Draft a transfer; nothing moves yet. Raises InvalidTransfer, UnknownWarehouse."""
    _ensure_draftable(lines)
    if origin_id == target_id:
        raise InvalidTransfer(_("Choose two different warehouses"), field="target_id")
    kinds = dict(Warehouse.objects.filter(pk__in=[origin_id, target_id]).values_list("id", "kind"))
    for name, warehouse_id in (("origin_id", origin_id), ("target_id", target_id)):
        if kinds.get(warehouse_id, WarehouseKind.TRANSIT) == WarehouseKind.TRANSIT:
            raise UnknownWarehouse(field=name)
    transfer = Transfer(origin_id=origin_id, target_id=target_id, note=note, created_at=now)
    transfer.number = take_number(kind=SERIES, day=clock.business_date(now))
    transfer.save(force_insert=True)
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=line.variant_id, quantity=line.quantity) for line in lines
    )
    pieces = sum(line.quantity for line in lines)
    audit.record(
        action="inventory.create_transfer",
        subject=f"transfer:{transfer.pk}",
        after={"number": transfer.number, "pieces": pieces},
    )
    return transfer


def _ensure_draftable(lines: Sequence[StockLine]) -> None:
    if not 1 <= len(lines) <= MAX_LINES:
        raise InvalidTransfer(_("A transfer has 1 to 500 lines"), field="lines")
    errors = []
    seen: set[int] = set()
    for index, line in enumerate(lines):
        if line.quantity < 1:
            errors.append(FieldError(f"lines.{index}.quantity", "invalid_quantity", _("At least one piece")))
        if line.variant_id in seen:
            errors.append(_named_twice(index))
        seen.add(line.variant_id)
    if errors:
        raise InvalidTransfer(errors=errors)


@transaction.atomic
def create_suggested(*, suggestions: Sequence[Suggestion], now: datetime) -> list[Transfer]:
    """Draft a transfer per route from suggestions that still hold; return them."""
    valid = set(list_suggestions())
    routes: dict[tuple[int, int], list[StockLine]] = {}
    for one in suggestions:
        if one in valid:
            routes.setdefault((one.origin_id, one.target_id), []).append(StockLine(one.variant_id, one.quantity))
    if not routes:
        raise InvalidTransfer(_("Stock has moved since: nothing of this is to be transferred any more"))
    return [
        create_transfer(origin_id=origin, target_id=target, lines=lines, now=now)
        for (origin, target), lines in routes.items()
    ]


@transaction.atomic
def cancel_transfer(*, transfer_id: int) -> Transfer:
    """Cancel a draft. Raises TransferNotFound, IllegalTransition."""
    transfer = _lock(transfer_id)
    _move_on(transfer, TransferState.CANCELLED)
    audit.record(
        action="inventory.cancel_transfer", subject=f"transfer:{transfer.pk}", after={"number": transfer.number}
    )
    return transfer


@transaction.atomic
def ship_transfer(*, transfer_id: int, now: datetime) -> Transfer:
    """Take the goods out of their warehouse; they stand in transit with the cost they left with.

    Raises TransferNotFound, IllegalTransition, InsufficientStock with an error `lines.N.quantity` per failing line.
    """
    transfer = _lock(transfer_id)
    _move_on(transfer, TransferState.SHIPPED, shipped_at=now)
    transit = ensure_place(kind=WarehouseKind.TRANSIT)
    lines = list(TransferLine.objects.filter(transfer=transfer).order_by("id"))
    places = [transfer.origin_id, transfer.target_id, transit.pk]
    rows = Stock.objects.lock_pairs([line.variant_id for line in lines], places)
    origin = {line.variant_id: rows[line.variant_id, transfer.origin_id] for line in lines}
    freed = Reservation.objects.expire_rows(now, [balance.id for balance in origin.values()])
    wanted = [StockLine(line.variant_id, line.quantity) for line in lines]
    ensure_available(wanted, {one: row.available + freed.get(row.id, 0) for one, row in origin.items()})
    changes = []
    for line in lines:
        row = origin[line.variant_id]
        line.cost = cost_of(value=row.value, on_hand=row.on_hand, quantity=line.quantity)
        gone = Change(row.id, on_hand=-line.quantity, reserved=-freed.get(row.id, 0), value=-line.cost)
        changes += [gone, Change(rows[line.variant_id, transit.pk].id, on_hand=line.quantity, value=line.cost)]
    _book(f"transfer:{transfer.pk}:shipped", changes, now)
    TransferLine.objects.bulk_update(lines, ["cost"])
    audit.record(action="inventory.ship_transfer", subject=f"transfer:{transfer.pk}", after={"number": transfer.number})
    return transfer


@transaction.atomic
def receive_transfer(*, transfer_id: int, lines: Sequence[ReceivedLine], reason: str = "", now: datetime) -> Transfer:
    """Bring arrived pieces into their new warehouse and write off lost ones, for which a reason is asked.

    What is neither stays on the way, and can be received later. Posts Dr 1901 differences, Cr 1405 goods for what is
    lost. Raises TransferNotFound, IllegalTransition, InvalidTransfer, ReasonMissing.
    """
    transfer = _lock(transfer_id)
    ensure_allowed(TRANSFER_TRANSITIONS, now=TransferState(transfer.state), wanted=TransferState.RECEIVED)
    held = {line.variant_id: line for line in TransferLine.objects.filter(transfer=transfer).order_by("id")}
    _ensure_receivable(lines, held)
    if any(line.lost for line in lines) and not reason.strip():
        raise ReasonMissing(field="reason")
    transit = ensure_place(kind=WarehouseKind.TRANSIT)
    moving = [line for line in lines if line.received or line.lost]
    rows = Stock.objects.lock_pairs([line.variant_id for line in moving], [transfer.target_id, transit.pk])
    changes = []
    lost_value = ZERO
    for arrived in moving:
        line = held[arrived.variant_id]
        pieces = arrived.received + arrived.lost
        value = cost_of(value=line.cost - line.settled_cost, on_hand=line.open, quantity=pieces)
        lost = cost_of(value=value, on_hand=pieces, quantity=arrived.lost) if arrived.lost else ZERO
        changes.append(Change(rows[line.variant_id, transit.pk].id, on_hand=-pieces, value=-value))
        if arrived.received:
            target = rows[line.variant_id, transfer.target_id]
            changes.append(Change(target.id, on_hand=arrived.received, value=value - lost))
        line.received += arrived.received
        line.lost += arrived.lost
        line.settled_cost += value
        lost_value += lost
    transfer.receipts += 1
    source = f"transfer:{transfer.pk}:received:{transfer.receipts}"
    _book(source, changes, now)
    memo = gettext("Lost on the way: %(number)s") % {"number": transfer.number}
    post_goods(source, memo, now, AccountCode.PENDING_DIFFERENCES, lost_value)
    TransferLine.objects.bulk_update(held.values(), ["received", "lost", "settled_cost"])
    transfer.save(update_fields=["receipts"])
    if not any(line.open for line in held.values()):
        _move_on(transfer, TransferState.RECEIVED, received_at=now)
    facts: dict[str, object] = {
        "number": transfer.number,
        "received": sum(line.received for line in moving),
        "lost": sum(line.lost for line in moving),
        "reason": reason.strip(),
    }
    audit.record(action="inventory.receive_transfer", subject=f"transfer:{transfer.pk}", after=facts)
    return transfer


def _ensure_receivable(lines: Sequence[ReceivedLine], held: dict[int, TransferLine]) -> None:
    errors = []
    seen: set[int] = set()
    for index, line in enumerate(lines):
        of_it = held.get(line.variant_id)
        if of_it is None:
            errors.append(FieldError(f"lines.{index}.sku", "unknown_sku", _("This SKU is not in the transfer")))
        elif line.variant_id in seen:
            errors.append(_named_twice(index))
        elif line.received < 0 or line.lost < 0 or line.received + line.lost > of_it.open:
            detail = _("Only %(pieces)d are on their way") % {"pieces": of_it.open}
            errors.append(FieldError(f"lines.{index}.received", "too_many", detail))
        seen.add(line.variant_id)
    if errors:
        raise InvalidTransfer(errors=errors)
    if not any(line.received or line.lost for line in lines):
        raise InvalidTransfer(_("Enter at least one piece that arrived or is lost"), field="lines")


def _named_twice(index: int) -> FieldError:
    return FieldError(f"lines.{index}.sku", "duplicate_sku", _("This SKU stands on more than one line"))


def _book(source: str, changes: Sequence[Change], now: datetime) -> None:
    after: dict[int, StockBalance] = change_stock(changes)
    moved = [((change.on_hand, change.value), after[change.stock_id]) for change in changes]
    write_movements(source, MovementKind.TRANSFER, moved, now)


def _lock(transfer_id: int) -> Transfer:
    found = Transfer.objects.select_for_update(no_key=True).filter(pk=transfer_id).first()
    if found is None:
        raise TransferNotFound
    return found


def _move_on(transfer: Transfer, wanted: TransferState, **stamps: datetime) -> None:
    before = TransferState(transfer.state)
    ensure_allowed(TRANSFER_TRANSITIONS, now=before, wanted=wanted)
    of_it = Transfer.objects.filter(pk=transfer.pk)
    compare_and_set(of_it, field="state", expected=before, wanted=wanted, **stamps)
    for name, value in {"state": wanted, **stamps}.items():
        setattr(transfer, name, value)
