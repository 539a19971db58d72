"""Placing the orders of a file by the ordinary services: stock is reserved, money booked, agents earn.

Each order is a transaction of its own. An order that is refused is listed with the reason; the others go on. The
payment's reference names the job, so a job that was killed and runs again knows the orders it has placed already.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext

from kernel.china.phones import normalise_phone
from kernel.core.errors import DomainError, Invalid
from kernel.core.money import ZERO
from tenant_apps.orders.models import ImportJob, Payment
from tenant_apps.orders.models.imports import ImportReason
from tenant_apps.orders.services.imports.collecting import Collected, CollectedOrder
from tenant_apps.orders.services.imports.history import drop_already_imported
from tenant_apps.orders.services.imports.issues import IssueWriter
from tenant_apps.orders.services.imports.planning import Outcome
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, OrderAdjustments, Receiver, place_retail_order
from tenant_apps.orders.states import PaymentMethod

ALIVE_EVERY_ORDERS = 50


class LineRefused(Invalid):
    """The file says of an order what no order can have. `code` is an import reason."""

    code = ImportReason.ORDER_REFUSED.value


def place_orders(
    collected: Collected,
    *,
    job: ImportJob,
    issues: IssueWriter,
    now: datetime,
    rehearsal: bool,
    alive: Callable[[], None],
) -> Outcome:
    """Place and pay every collected order; `rehearsal` takes each one back. Returns what came in."""
    placed = _placed_before(job, collected)
    mine = {number: collected.orders.pop(number) for number in placed}
    drop_already_imported(collected, channel=job.channel.code, issues=issues)
    for index, (number, order) in enumerate(collected.orders.items()):
        if index % ALIVE_EVERY_ORDERS == 0:
            alive()
        try:
            with transaction.atomic():
                _place(job, number, order, now=now)
                if rehearsal:
                    transaction.set_rollback(True)
        except DomainError as refusal:
            _list(issues, number, order, refusal)
        else:
            mine[number] = order
    return _outcome(mine)


def _place(job: ImportJob, number: str, order: CollectedOrder, *, now: datetime) -> None:
    if order.is_return:
        raise LineRefused(gettext("Returns are imported as history; a new order is refunded in the console."))
    name, phone, address, agent_code = order.lines[0].cells
    try:
        phone = normalise_phone(phone) if phone else ""
    except ValueError as error:
        raise LineRefused(str(ImportReason.BAD_PHONE.label)) from error
    made = place_retail_order(
        lines=_merged(order),
        buyer=Buyer(phone=phone, name=name, receiver=Receiver(name=name[:100], phone=phone, address=address[:200])),
        agent_code=agent_code or None,
        channel=job.channel.code,
        adjustments=OrderAdjustments(external_number=number, received_at=now),
        now=order.placed_at,
    )
    pay_order(
        order_id=made.pk, method=PaymentMethod.CHANNEL, reference=_reference(job, number), amount=made.total, now=now
    )


def _merged(order: CollectedOrder) -> list[NewLine]:
    """Lines of the same SKU and price as one; the same SKU at two prices stays two, and is refused as any order's."""
    quantities: dict[tuple[str, Decimal], int] = {}
    for line in order.lines:
        key = (line.sku, line.unit_price)
        quantities[key] = quantities.get(key, 0) + line.quantity
    return [NewLine(sku, quantity, unit_price) for (sku, unit_price), quantity in quantities.items()]


def _reference(job: ImportJob, number: str) -> str:
    """At most 64 characters, and different for different numbers however long they are."""
    plain = f"{job.pk}:{number}"
    return plain if len(plain) <= 64 else f"{job.pk}:{hashlib.sha256(number.encode()).hexdigest()[:40]}"


def _placed_before(job: ImportJob, collected: Collected) -> list[str]:
    """Orders of the file that an earlier, killed run of the same job has placed."""
    found: list[str] = []
    numbers: Iterator[str] = iter(collected.orders)
    while chunk := list(islice(numbers, 5_000)):
        by_reference = {_reference(job, number): number for number in chunk}
        known = Payment.objects.filter(method=PaymentMethod.CHANNEL, reference__in=by_reference)
        found += [by_reference[reference] for reference in known.values_list("reference", flat=True)]
    return found


def _list(issues: IssueWriter, number: str, order: CollectedOrder, refusal: DomainError) -> None:
    detail = "; ".join(dict.fromkeys(str(error.detail) for error in refusal.errors)) or str(refusal)
    for line in order.lines:
        cells = (number, line.sku, line.name, line.quantity, line.unit_price, *line.cells)
        issues.write(line.line_no, ImportReason.ORDER_REFUSED, cells, detail)


def _outcome(orders: dict[str, CollectedOrder]) -> Outcome:
    lines = [line for order in orders.values() for line in order.lines]
    exact = sum((line.quantity * line.unit_price for line in lines), Decimal("0.0000"))
    sales = sum((order.total for order in orders.values()), ZERO)
    return Outcome(len(orders), len(lines), sales, ZERO, exact)
