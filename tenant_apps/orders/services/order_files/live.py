"""Place the orders of a file by the ordinary services: reserve stock, book payments, accrue commissions.

Each order has its own transaction. A refused order is reported and the rest continue. The payment's reference contains
the job's id, so a restarted job recognises the orders it has placed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import DomainError, Invalid
from kernel.core.money import ZERO
from shared_apps.entitlements.services import quotas
from tenant_apps.imports.services.importer import JobFacts, Outcome, Run
from tenant_apps.imports.services.reading.rows import find_phone
from tenant_apps.inventory.selectors import reservations as stock_reads
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order, Payment
from tenant_apps.orders.rules.file_states import FileState
from tenant_apps.orders.services.close_order import complete_order, deliver_order
from tenant_apps.orders.services.order_files.collecting import Collected, CollectedOrder
from tenant_apps.orders.services.order_files.planning import make_outcome
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, OrderAdjustments, Receiver, place_retail_order
from tenant_apps.orders.services.ship_order import ship_order
from tenant_apps.orders.states import PaymentMethod

HEARTBEAT_EVERY_ORDERS: Final = 50


class LineRefused(Invalid):
    """An order's fields are impossible."""

    code = "order_refused"


class _Taken:
    """Stock and numbers used by earlier orders of a dry run, whose transactions are rolled back."""

    def __init__(self) -> None:
        self.goods: Counter[int] = Counter()
        self.orders = 0

    def ensure_left(self, order: Order, now: datetime) -> None:
        """Add the order's usage. Raises InsufficientStock, QuotaExceeded when the total exceeds what there is."""
        held: Counter[int] = Counter()
        for goods in stock_reads.lock_reservations(source=_source(order)):
            held[goods.variant_id] += goods.quantity
        before = [inventory.StockLine(one, self.goods[one]) for one in sorted(held) if self.goods[one]]
        if before:
            inventory.reserve(source=f"{_source(order)}:before", lines=before, now=now)
        if self.orders:
            quotas.take_monthly("orders", self.orders, now=now)
        self.goods.update(held)
        self.orders += 1


def place_orders(collected: Collected, run: Run) -> Outcome:
    """Place and pay every collected order; a dry run rolls each one back."""
    mine: dict[str, CollectedOrder] = {}
    taken = _Taken()
    placed = find_placed(run, collected)
    for index, (number, order) in enumerate(list(collected.orders.items())):
        if number in placed:
            mine[number] = order
            continue
        if index % HEARTBEAT_EVERY_ORDERS == 0:
            run.heartbeat(run.source.total_rows if run.source else 0)
        try:
            with transaction.atomic():
                _place(run, number, order, taken)
                if run.is_dry_run:
                    transaction.set_rollback(True)
        except DomainError as refusal:
            _list(run, order, refusal)
        else:
            mine[number] = order
    lines = [line for order in mine.values() for line in order.lines]
    exact = sum((line.quantity * line.unit_price for line in lines), Decimal("0.0000"))
    sales = sum((order.total - order.facts.discount + order.facts.freight for order in mine.values()), ZERO)
    return make_outcome(len(mine), len(lines), sales, ZERO, exact)


def _place(run: Run, number: str, order: CollectedOrder, taken: _Taken) -> None:
    if order.is_return:
        raise LineRefused(_("Returns are imported as history; a new order is refunded in the console."))
    facts = order.facts
    made = place_retail_order(
        lines=_merged(order),
        buyer=Buyer(
            phone=find_phone(facts.receiver_phone),
            name=facts.receiver_name,
            receiver=Receiver(facts.receiver_name, facts.receiver_phone, address=facts.receiver_address),
        ),
        agent_code=facts.agent_code or None,
        channel=run.job.channel,
        adjustments=OrderAdjustments(
            discount=facts.discount,
            freight=facts.freight,
            external_number=number,
            note=facts.note,
            received_at=run.now,
            placed_by=f"import:{run.job.id}",
        ),
        now=order.placed_at,
    )
    if run.is_dry_run:
        taken.ensure_left(made, run.now)
    pay_order(
        order_id=made.pk,
        method=PaymentMethod.CHANNEL,
        reference=_reference(run.job, number),
        amount=made.total,
        now=run.now,
    )
    _fulfil(made, order, run.now)


def _fulfil(made: Order, order: CollectedOrder, now: datetime) -> None:
    """Move the order to the state in the file. A tracking number without a state means shipped."""
    facts = order.facts
    if facts.state == FileState.PAID or (facts.state is None and not facts.tracking_number):
        if facts.carrier or facts.tracking_number:
            Order.objects.filter(pk=made.pk).update(carrier=facts.carrier, tracking_number=facts.tracking_number)
        return
    ship_order(order_id=made.pk, carrier=facts.carrier, tracking_number=facts.tracking_number, now=now)
    if facts.state == FileState.COMPLETED:
        deliver_order(order_id=made.pk, now=now)
        complete_order(order_id=made.pk, now=now)


def _source(order: Order) -> str:
    return f"order:{order.pk}"


def _merged(order: CollectedOrder) -> list[NewLine]:
    """Merge lines of the same SKU and price. A SKU at two prices stays two lines, and is refused as usual."""
    quantities: dict[tuple[str, Decimal], int] = {}
    for line in order.lines:
        key = (line.sku, line.unit_price)
        quantities[key] = quantities.get(key, 0) + line.quantity
    return [NewLine(sku, quantity, unit_price) for (sku, unit_price), quantity in quantities.items()]


def _reference(job: JobFacts, number: str) -> str:
    """Return a reference of at most 64 characters that is unique per number."""
    plain = f"{job.id}:{number}"
    return plain if len(plain) <= 64 else f"{job.id}:{hashlib.sha256(number.encode()).hexdigest()[:40]}"


def find_placed(run: Run, collected: Collected) -> set[str]:
    """Return the orders of the file that an earlier run of the same job has placed."""
    found: set[str] = set()
    if run.is_dry_run:
        return found
    numbers: Iterator[str] = iter(collected.orders)
    while chunk := list(islice(numbers, 5_000)):
        by_reference = {_reference(run.job, number): number for number in chunk}
        known = Payment.objects.filter(method=PaymentMethod.CHANNEL, reference__in=by_reference)
        found |= {by_reference[reference] for reference in known.values_list("reference", flat=True)}
    return found


def _list(run: Run, order: CollectedOrder, refusal: DomainError) -> None:
    detail = "; ".join(dict.fromkeys(str(error.detail) for error in refusal.errors)) or str(refusal)
    for line in order.lines:
        run.refuse(line.line_no, "order_refused", detail)
