"""Ship orders by the carriers and tracking numbers of a file, each order in a transaction of its own.

A parcel keeps the number of its import as the reason of its carrier, so a restarted job recognises what it has shipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import DomainError, Invalid, Text
from tenant_apps.imports.services.importer import Outcome, Run
from tenant_apps.imports.services.reading.rows import Fault
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.carriers import is_collection
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tenant_apps.shipping.selectors.carriers import find_carrier, find_number_warning
from tenant_apps.shipping.selectors.parcels import Parcel, list_parcels_with_numbers, list_used_carriers
from tenant_apps.shipping.states import ParcelState

HEARTBEAT_EVERY_ORDERS: Final = 50
LOOKED_UP_AT_ONCE: Final = 1_000
LATEST_PARCELS: Final = 200

REASONS: Final[dict[str, Text]] = {
    "already_shipped": _("Shipped before under this number"),
    "ambiguous_order": _("Several orders have this number"),
    "needs_sku": _("SKU and pieces of each parcel are needed"),
    "number_used": _("A number of another order"),
    "other_row_refused": _("Another row of the order is refused"),
    "sku_not_in_order": _("The order does not have the SKU"),
    "unknown_carrier": _("No such carrier"),
    "unknown_order": _("No such order"),
}


class WrongSku(Invalid):
    code = "sku_not_in_order"
    title = _("The order has no such SKU")


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A parsed row. Without `sku` the parcel holds all that is left; `faults` were found in its cells."""

    line: int
    number: str
    carrier: str
    tracking_number: str
    sku: str = ""
    quantity: int | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class OrderParcels:
    """The rows of one order, by tracking number in the order of the file."""

    order_id: int
    rows: list[TrackingRow]
    carriers: dict[str, str] = field(default_factory=dict)  # by tracking number
    is_shipped: bool = False  # by an earlier run of the same job

    def rows_of(self, tracking_number: str) -> list[TrackingRow]:
        return [row for row in self.rows if row.tracking_number == tracking_number]


def plan_parcels(rows: Iterable[TrackingRow], run: Run) -> list[OrderParcels]:
    """Compare the rows with each other and with what was shipped; an order with a refused row is left out whole."""
    read = list(rows)
    for row in read:
        for fault in row.faults:
            run.refuse(row.line, fault.code, fault.detail, column=fault.column)
    by_number: dict[str, list[TrackingRow]] = {}
    for row in read:
        by_number.setdefault(row.number, []).append(row)
    known = _find_orders(list(by_number), run)
    used = [name for name in list_used_carriers(limit=LATEST_PARCELS) if not is_collection(name)]
    names = {name.casefold(): name for name in used}
    orders: dict[int, OrderParcels] = {}
    for number, of_it in by_number.items():
        ids = known.get(number, [])
        if len(ids) == 1:
            orders.setdefault(ids[0], OrderParcels(ids[0], [])).rows.extend(of_it)
            continue
        for row in of_it if number else ():
            _refuse_number(row, run, is_known=bool(ids))
    for parcels in orders.values():
        _find_carriers(parcels, names, run)
        _compare_rows(parcels, run)
    _compare_numbers(list(orders.values()), run)
    return [parcels for parcels in orders.values() if not _is_refused(parcels, run)]


def _chunks(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    wanted = [number for number in numbers if number]
    for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        yield wanted[start : start + LOOKED_UP_AT_ONCE]


def _refuse_number(row: TrackingRow, run: Run, *, is_known: bool) -> None:
    if is_known:
        detail = _("Several orders of channels have this number: use ours.")
        run.refuse(row.line, "ambiguous_order", detail, column="order_number")
    else:
        run.refuse(row.line, "unknown_order", _("There is no such order."), column="order_number")


def _find_orders(numbers: Sequence[str], run: Run) -> dict[str, list[int]]:
    """Map numbers to orders: ours first, else those of channels."""
    found: dict[str, list[int]] = {}
    for chunk in _chunks(numbers):
        run.heartbeat(0)
        ours = dict(Order.objects.filter(number__in=chunk).values_list("number", "pk"))
        found |= {number: [pk] for number, pk in ours.items()}
        others = Order.objects.filter(Q(external_number__in=chunk) & ~Q(external_number=""))
        for number, pk in others.exclude(external_number__in=list(ours)).values_list("external_number", "pk"):
            found.setdefault(number, []).append(pk)
    return found


def _find_carriers(parcels: OrderParcels, used: dict[str, str], run: Run) -> None:
    """Note the carrier of each parcel: one that is known, or that the brand used lately."""
    for row in parcels.rows:
        if not row.carrier:
            continue
        known = find_carrier(row.carrier)
        name = known.name if known else used.get(row.carrier.casefold(), "")
        if not name:
            detail = _("There is no carrier of this name or code.")
            run.refuse(row.line, "unknown_carrier", detail, column="carrier")
        elif parcels.carriers.setdefault(row.tracking_number, name) != name:
            detail = _("Another row names another carrier for this number.")
            run.refuse(row.line, "number_used", detail, column="tracking_number")


def _compare_rows(parcels: OrderParcels, run: Run) -> None:
    """Refuse rows that stand twice, and rows without SKU where the order has several parcels."""
    seen: set[tuple[str, str]] = set()
    has_several = len({row.tracking_number for row in parcels.rows}) > 1
    for row in parcels.rows:
        key = (row.tracking_number, row.sku)
        if key in seen:
            run.refuse(row.line, "twice_in_file", _("This stands in the file more than once."))
        elif not row.sku and (has_several or any(other.sku for other in parcels.rows)):
            detail = _("The order has several rows: name SKU and pieces in each.")
            run.refuse(row.line, "needs_sku", detail, column="sku")
        seen.add(key)


def _compare_numbers(orders: Sequence[OrderParcels], run: Run) -> None:
    """Refuse tracking numbers that another order has, in the file or among the parcels, and what was shipped before."""
    by_number: dict[str, list[OrderParcels]] = {}
    for parcels in orders:
        for number in dict.fromkeys(row.tracking_number for row in parcels.rows):
            by_number.setdefault(number, []).append(parcels)
    for chunk in _chunks(list(by_number)):
        run.heartbeat(0)
        for parcel in list_parcels_with_numbers(numbers=chunk):
            for parcels in by_number[parcel.tracking_number]:
                _compare_with_parcel(parcels, parcel, run)
        for number in chunk:
            if len(by_number[number]) > 1:
                _refuse_shared(number, by_number[number], run)


def _refuse_shared(number: str, orders: Iterable[OrderParcels], run: Run) -> None:
    """Refuse a number that the file has for several orders: nobody knows whose it is."""
    for parcels in orders:
        for row in parcels.rows_of(number):
            detail = _("The file has this number for another order too.")
            run.refuse(row.line, "number_used", detail, column="tracking_number")


def _compare_with_parcel(parcels: OrderParcels, parcel: Parcel, run: Run) -> None:
    is_own = parcel.source == parcel_source(parcels.order_id)
    if is_own and parcel.state == ParcelState.PREPARED:
        return
    if is_own and not run.is_dry_run and parcel.carrier_reason.endswith(f"#{run.job.id}"):
        parcels.is_shipped = True
        return
    code = "already_shipped" if is_own else "number_used"
    detail: Text = _("The order was shipped under this number before.")
    if not is_own:
        detail = _("Order %(number)s has this number.") % {"number": parcel.reference or parcel.source}
    for row in parcels.rows_of(parcel.tracking_number):
        run.refuse(row.line, code, detail, column="tracking_number")


def _is_refused(parcels: OrderParcels, run: Run) -> bool:
    if not any(run.is_refused(row.line) for row in parcels.rows):
        return False
    for row in parcels.rows:
        if not run.is_refused(row.line):
            detail = _("Another row of this order is refused: correct it first.")
            run.refuse(row.line, "other_row_refused", detail)
    return True


def ship_parcels(plan: Sequence[OrderParcels], run: Run) -> Outcome:
    """Ship what the plan says; a dry run takes each order back."""
    shipped: list[OrderParcels] = []
    for index, parcels in enumerate(plan):
        if index % HEARTBEAT_EVERY_ORDERS == 0:
            run.heartbeat(run.source.total_rows if run.source else 0)
        try:
            with transaction.atomic():
                if not parcels.is_shipped:
                    _ship(parcels, run)
                if run.is_dry_run:
                    transaction.set_rollback(True)
        except DomainError as refusal:
            _list(parcels, refusal, run)
        else:
            shipped.append(parcels)
    numbers = [(carrier, number) for parcels in shipped for number, carrier in parcels.carriers.items()]
    unusual = sum(1 for carrier, number in numbers if find_number_warning(carrier, number))
    figures = {"orders": len(shipped), "parcels": len(numbers), "unusual": unusual}
    return Outcome(figures, imported_rows=sum(len(parcels.rows) for parcels in shipped))


def _ship(parcels: OrderParcels, run: Run) -> None:
    for tracking_number, carrier in parcels.carriers.items():
        rows = parcels.rows_of(tracking_number)
        lines = list(_shipment_lines(parcels.order_id, rows)) if rows[0].sku else None
        ship_order(
            order_id=parcels.order_id,
            carrier=carrier,
            tracking_number=tracking_number,
            packing=Packing(lines=lines, needs_parcel=True, carrier_reason=_reason(run)),
            now=run.now,
        )


def _shipment_lines(order_id: int, rows: Sequence[TrackingRow]) -> Iterator[ShipmentLine]:
    """Spread the pieces of each SKU over the order's lines; what is too much goes to the last, which refuses it."""
    held = list(OrderLine.objects.filter(order_id=order_id).order_by("line_no", "id"))
    for row in rows:
        lines = [line for line in held if line.sku.upper() == row.sku]
        if not lines:
            raise WrongSku(_("The order has no SKU %(sku)s.") % {"sku": row.sku}, field="sku")
        wanted = row.quantity or 0
        for line in lines[:-1]:
            taken = min(line.open_quantity, wanted)
            wanted -= taken
            if taken:
                yield ShipmentLine(line.line_no, taken)
        if wanted:
            yield ShipmentLine(lines[-1].line_no, wanted)


def _reason(run: Run) -> str:
    return gettext("From file #%(id)d") % {"id": run.job.id}


def _list(parcels: OrderParcels, refusal: DomainError, run: Run) -> None:
    detail = "; ".join(dict.fromkeys(str(error.detail) for error in refusal.errors)) or str(refusal)
    for row in parcels.rows:
        run.refuse(row.line, refusal.code, detail)
