"""Any sequence of restock, payment, dispatch, cancelling, shipping and refund keeps accounts and stock sound."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.inventory.models import CloudMovement, CloudStock, Stock
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import NewLine, OrderAdjustments
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.cloud_stock import place_dispatch_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import place_restock_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.chance import examples
from tests.factories.trade import Shop, assert_books_are_sound

pytestmark = pytest.mark.django_db

KINDS = ["restock", "dispatch", "pay", "cancel", "ship", "refund"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 4), st.integers(1, 9)), min_size=8, max_size=24)


class CloudLife:
    """Orders of one agent, by the place in which they were made."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ids: list[int] = []

    def restock(self, pieces: int) -> None:
        terms = OrderAdjustments(into_cloud=True)
        lines = [NewLine("G-01", pieces)]
        made = place_restock_order(agent_id=self.shop.mei.pk, lines=lines, adjustments=terms, now=clock.now())
        self.ids.append(made.pk)

    def dispatch(self, pieces: int) -> None:
        terms = OrderAdjustments(freight=Decimal(6 if pieces % 2 else 0))
        lines = [NewLine("G-01", pieces)]
        made = place_dispatch_order(agent_id=self.shop.mei.pk, lines=lines, adjustments=terms, now=clock.now())
        self.ids.append(made.pk)

    def step(self, name: str, which: int, pieces: int) -> None:
        acts: dict[str, Callable[[int], object]] = {
            "pay": lambda pk: pay_order(order_id=pk, method="cash", reference=f"c-{pk}", now=clock.now()),
            "cancel": lambda pk: cancel_order(order_id=pk, now=clock.now()),
            "ship": lambda pk: ship_order(order_id=pk, carrier="SF", tracking_number=f"SF{pk}", now=clock.now()),
            "refund": lambda pk: refund_order(
                order_id=pk, lines=[RefundRequest(1, pieces)], restock=True, now=clock.now()
            ),
        }
        if name in {"restock", "dispatch"}:
            getattr(self, name)(pieces)
        elif self.ids:
            acts[name](self.ids[-1 - which % len(self.ids)])

    def check(self) -> None:
        """Accounts are their movements; pieces of the brand and of the agent change by what was sent for good only."""
        moved = CloudMovement.objects.aggregate(total=Sum("quantity"))["total"] or 0
        kept = CloudStock.objects.aggregate(total=Sum("balance"))["total"] or 0
        assert kept == moved >= 0
        on_hand = Stock.objects.get(variant_id=self.shop.variant_ids[0]).on_hand
        gone = 0
        for order in Order.objects.filter(kind="dispatch").exclude(state="cancelled").prefetch_related("lines"):
            for line in order.lines.all():
                waiting = line.quantity - line.refunded_quantity
                is_out = order.fulfilment_state != "unfulfilled"
                gone += line.shipped_quantity - line.returned_quantity if is_out else waiting
        assert on_hand + kept + gone == 100
        assert_books_are_sound()


@pytest.mark.hypothesis
@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_any_sequence_keeps_the_accounts(shop: Shop, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        life = CloudLife(shop)
        for name, which, pieces in steps:
            try:
                with transaction.atomic():
                    life.step(name, which, pieces)
            except DomainError:
                pass
            life.check()
        transaction.set_rollback(True)
