"""Orders by what has to happen to them next: the filter of the list, over every mix of states."""

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from kernel.core import clock
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors.lists import WAITS_FOR
from tenant_apps.orders.states import FulfilmentState, OrderKind, OrderState, PaymentState


@pytest.mark.django_db
def test_each_state_is_found_where_it_waits(shop: Any) -> None:
    mixes = list(product((OrderKind.RETAIL, OrderKind.RETURN), OrderState, PaymentState, FulfilmentState))
    Order.objects.bulk_create(
        Order(
            number=f"W-{index}",
            channel_id="manual",
            placed_at=clock.now(),
            goods_amount=Decimal(0),
            total=Decimal(0),
            kind=kind,
            state=state,
            payment_state=payment,
            fulfilment_state=fulfilment,
        )
        for index, (kind, state, payment, fulfilment) in enumerate(mixes)
    )
    for wanted, condition in WAITS_FOR.items():
        found = Order.objects.filter(condition, number__startswith="W-")
        assert {order.number for order in found} == {
            f"W-{index}" for index, mix in enumerate(mixes) if wanted in waits_for(*mix)
        }, wanted


def waits_for(kind: str, state: str, payment: str, fulfilment: str) -> set[str]:
    found = {"nothing"} if payment == PaymentState.REFUNDED else set()
    if state != OrderState.OPEN or kind == OrderKind.RETURN:
        return found
    if payment == PaymentState.UNPAID:
        found.add("payment")
    if payment in {PaymentState.PAID, PaymentState.PARTLY_REFUNDED} and fulfilment in ("unfulfilled", "partly_shipped"):
        found.add("shipment")
    if fulfilment == FulfilmentState.SHIPPED:
        found.add("delivery")
    return found
