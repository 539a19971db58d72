"""Any step of stock in any order over several warehouses: pieces, promises and money agree after each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kernel.core.clock import business_date
from kernel.core.errors import DomainError
from kernel.core.money import ZERO
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import (
    BatchMovement,
    BatchStock,
    Reservation,
    Stock,
    StockMovement,
    Transfer,
    TransferLine,
)
from tenant_apps.inventory.selectors.stock import get_available
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services import transfers
from tenant_apps.inventory.services.reservations import expire_reservations
from tenant_apps.inventory.services.sku_settings import change_setting
from tenant_apps.inventory.services.stock import AdjustmentLine, BatchSpec, ReceiptLine, ReturnLine, StockLine
from tenant_apps.inventory.services.transfers import ReceivedLine
from tenant_apps.inventory.services.warehouses import change_warehouse, create_warehouse
from tests.factories.chance import examples
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 21, 4, tzinfo=UTC)
GOOD = st.integers(0, 1)
PLACE = st.integers(0, 2)
PIECES = st.integers(1, 6)
WHICH = st.integers(0, 30)
SOURCE = st.integers(1, 6).map(lambda number: f"order:{number}")
GOODS = st.lists(st.tuples(GOOD, PIECES), min_size=1, max_size=2, unique_by=lambda one: one[0])


class StockLife(RuleBasedStateMachine):
    """Any step at any time; a step either works wholly or is refused and changes nothing."""

    shop: Shop
    places: list[int]
    now = START
    attempts = 0

    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.savepoint()
        self.shop = open_shop(goods=2, pieces=9)
        east = create_warehouse(code="EAST", name="东", regions=["31"])
        south = create_warehouse(code="SOUTH", name="南", regions=["44"], priority=5)
        main = Stock.objects.values_list("warehouse_id", flat=True).distinct().get()
        change_setting(variant_id=self.shop.variant_ids[1], changes={"keeps_batches": True}, now=START)
        self.places = [main, east.pk, south.pk]

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def attempt(self, step: Callable[[], object]) -> None:
        """Refusals are fine, anything else is not."""
        self.attempts += 1
        try:
            with transaction.atomic():
                step()
        except DomainError:
            pass

    def lines(self, goods: list[tuple[int, int]]) -> list[StockLine]:
        return [StockLine(self.shop.variant_ids[good], pieces) for good, pieces in goods]

    @rule(minutes=st.sampled_from([1, 20, 40, 1_500]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def expire(self) -> None:
        expire_reservations(now=self.now)

    @rule(source=SOURCE, goods=GOODS, region=st.sampled_from(["", "310101", "440305"]), minutes=st.integers(0, 60))
    def reserve(self, source: str, goods: list[tuple[int, int]], region: str, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes) if minutes else None
        self.attempt(
            lambda: inventory.reserve_more(
                source=source, lines=self.lines(goods), region=region, expires_at=until, now=self.now
            )
        )

    @rule(source=SOURCE, goods=GOODS)
    def release(self, source: str, goods: list[tuple[int, int]]) -> None:
        self.attempt(lambda: inventory.release(source=source, lines=self.lines(goods)))

    @rule(source=SOURCE)
    def release_all(self, source: str) -> None:
        self.attempt(lambda: inventory.release_all(source=source))

    @rule(source=SOURCE, goods=st.none() | GOODS, place=st.none() | PLACE)
    def ship(self, source: str, goods: list[tuple[int, int]] | None, place: int | None) -> None:
        document = f"{source}:parcel:{self.attempts}"

        def send() -> dict[int, Decimal]:
            return inventory.ship(
                source=source,
                lines=None if goods is None else self.lines(goods),
                warehouse_id=None if place is None else self.places[place],
                document=document,
                now=self.now,
            )

        self.attempt(lambda: self.check_twice(send))

    @staticmethod
    def check_twice(send: Callable[[], dict[int, Decimal]]) -> None:
        assert send() == send()

    @rule(good=GOOD, place=PLACE, pieces=PIECES, cents=st.integers(0, 99_999))
    def receive(self, good: int, place: int, pieces: int, cents: int) -> None:
        batch = BatchSpec(f"B{pieces}", expires_on=(START + timedelta(days=pieces - 3)).date()) if good else None
        line = ReceiptLine(self.shop.variant_ids[good], pieces, Decimal(cents) / 10_000, batch)
        self.attempt(
            lambda: inventory.receive(
                lines=[line], reference=f"r-{self.attempts}", warehouse_id=self.places[place], now=self.now
            )
        )

    @rule(good=GOOD, place=PLACE, change=st.integers(-4, 4))
    def adjust(self, good: int, place: int, change: int) -> None:
        line = AdjustmentLine(self.shop.variant_ids[good], change)
        self.attempt(
            lambda: inventory.adjust(
                lines=[line], reference=f"c-{self.attempts}", warehouse_id=self.places[place], now=self.now
            )
        )

    @rule(good=GOOD, place=PLACE, pieces=PIECES, cents=st.integers(0, 999))
    def take_back(self, good: int, place: int, pieces: int, cents: int) -> None:
        line = ReturnLine(self.shop.variant_ids[good], pieces, Decimal(cents) / 100)
        source = f"order:1:refund:{self.attempts}"
        place_id = self.places[place]
        self.attempt(
            lambda: inventory.restock_returned(source=source, lines=[line], warehouse_id=place_id, now=self.now)
        )

    @rule(origin=PLACE, goal=PLACE, goods=GOODS)
    def draft(self, origin: int, goal: int, goods: list[tuple[int, int]]) -> None:
        self.attempt(
            lambda: transfers.create_transfer(
                origin_id=self.places[origin], target_id=self.places[goal], lines=self.lines(goods), now=self.now
            )
        )

    def pick(self, which: int) -> int:
        ids = list(Transfer.objects.order_by("id").values_list("id", flat=True))
        return ids[which % len(ids)] if ids else 0

    @rule(which=WHICH)
    def ship_transfer(self, which: int) -> None:
        self.attempt(lambda: transfers.ship_transfer(transfer_id=self.pick(which), now=self.now))

    @rule(which=WHICH, arrived=st.lists(st.tuples(GOOD, st.integers(0, 4), st.integers(0, 2)), max_size=2))
    def receive_transfer(self, which: int, arrived: list[tuple[int, int, int]]) -> None:
        lines = [ReceivedLine(self.shop.variant_ids[good], came, lost) for good, came, lost in arrived]
        self.attempt(
            lambda: transfers.receive_transfer(transfer_id=self.pick(which), lines=lines, reason="丢件", now=self.now)
        )

    @rule(place=st.integers(1, 2), is_open=st.booleans())
    def open_or_close(self, place: int, is_open: bool) -> None:
        self.attempt(lambda: change_warehouse(warehouse_id=self.places[place], changes={"is_open": is_open}))

    @invariant()
    def everything_agrees(self) -> None:
        if not hasattr(self, "places"):
            return
        assert_books_are_sound()
        for stock in Stock.objects.all():
            here = {"variant_id": stock.variant_id, "warehouse_id": stock.warehouse_id}
            moved = list(StockMovement.objects.filter(**here).order_by("id"))
            assert stock.on_hand == sum(one.quantity for one in moved)
            assert stock.value == sum((one.value for one in moved), ZERO)
            if moved:
                assert (moved[-1].balance_after, moved[-1].value_after) == (stock.on_hand, stock.value)
            assert stock.reserved == sum(one.open for one in Reservation.objects.filter(**here, state="active"))
        assert not any(one.open for one in Reservation.objects.exclude(state="active"))
        self.check_transit()
        self.check_batches()
        self.check_cost()

    def check_transit(self) -> None:
        """Goods in transit are what transfers have on their way, piece by piece and cent by cent."""
        moving = TransferLine.objects.filter(transfer__state="shipped")
        transit = Stock.objects.filter(warehouse__kind="transit")
        assert sum(row.on_hand for row in transit) == sum(line.open for line in moving)
        assert sum((row.value for row in transit), ZERO) == sum(
            (line.cost - line.settled_cost for line in moving), ZERO
        )
        assert all(row.reserved == 0 for row in transit)

    def check_batches(self) -> None:
        """Batches are the stock of the good that keeps them, and their movements theirs; nothing expired was sold."""
        for stock in Stock.objects.filter(variant_id=self.shop.variant_ids[1]):
            here = BatchStock.objects.filter(batch__variant_id=stock.variant_id, warehouse_id=stock.warehouse_id)
            assert stock.on_hand == sum(row.on_hand for row in here)
        for row in BatchStock.objects.all():
            moved = BatchMovement.objects.filter(batch_id=row.batch_id, warehouse_id=row.warehouse_id)
            assert row.on_hand == sum(one.quantity for one in moved)
        for sold in BatchMovement.objects.filter(kind="shipment", batch__expires_on__isnull=False).select_related(
            "batch"
        ):
            assert sold.batch.expires_on is not None
            assert business_date(sold.occurred_at) <= sold.batch.expires_on

    def check_cost(self) -> None:
        """The cost of goods is what left less what came back."""
        sold = StockMovement.objects.filter(kind__in=["shipment", "return"]).aggregate(total=Sum("value"))["total"]
        assert balance_of(AccountCode.COST_OF_GOODS) == -(sold or ZERO)
        assert all(pieces >= 0 for pieces in get_available(variant_ids=self.shop.variant_ids).values())


@pytest.mark.hypothesis
def test_any_sequence() -> None:
    run_state_machine_as_test(
        StockLife,
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=30,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
