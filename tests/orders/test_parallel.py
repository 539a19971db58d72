"""Two people press the button at the same moment: each step happens once."""

from functools import partial

import pytest

from kernel.core import clock
from kernel.core.errors import Conflict, DomainError
from shared_apps.tenants.models import Brand
from tenant_apps.finance.models import LedgerEntry
from tenant_apps.inventory.models import Stock
from tenant_apps.orders.models import Order, Payment, Refund
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.parallel import AtOnce
from tests.factories.trade import assert_books_are_sound, open_shop, sell

pytestmark = pytest.mark.django_db(transaction=True)


def test_steps_at_the_same_moment_happen_once(live_brand: Brand, at_once: AtOnce) -> None:
    open_shop()
    order = sell(("G-01", 3))
    other = sell(("G-01", 1))

    def pay() -> Order:
        return pay_order(order_id=order.pk, method="wechat", reference="wx-1", now=clock.now())

    paid = at_once.outcomes([pay] * 8)
    assert [one.payment_state for one in paid] == ["paid"] * 8
    assert Payment.objects.count() == LedgerEntry.objects.filter(source=f"order:{order.pk}:paid").count() == 1

    shipped = at_once.outcomes(
        [lambda: ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=clock.now())] * 8
    )
    assert sum(isinstance(one, Order) for one in shipped) == 1
    assert all(isinstance(one, Order | Conflict) for one in shipped), shipped

    wanted = [RefundRequest(1, 1)]
    given = at_once.outcomes([lambda: refund_order(order_id=order.pk, lines=wanted, restock=True, now=clock.now())] * 8)
    assert sum(isinstance(one, Refund) for one in given) == 3
    assert all(isinstance(one, Refund | DomainError) for one in given), given

    cancelled = at_once.outcomes(
        [
            lambda: cancel_order(order_id=other.pk, now=clock.now()),
            lambda: pay_order(order_id=other.pk, method="cash", reference="c-1", now=clock.now()),
        ]
        * 3
    )
    other.refresh_from_db()
    assert (other.state, other.payment_state) in {("cancelled", "unpaid"), ("open", "paid")}
    assert all(isinstance(one, Order | Conflict) for one in cancelled), cancelled
    reserved = sum(Stock.objects.values_list("reserved", flat=True))
    assert reserved == (1 if other.state == "open" else 0)
    assert_books_are_sound()


def test_one_payment_never_pays_two_orders(live_brand: Brand, at_once: AtOnce) -> None:
    open_shop()
    ids = [sell(("G-01", 1)).pk for _order in range(6)]
    now = clock.now()
    results = at_once.outcomes([partial(pay_order, order_id=pk, method="bank", reference="b-1", now=now) for pk in ids])
    assert sum(isinstance(one, Order) for one in results) == 1
    assert {type(one).__name__ for one in results} == {"Order", "PaymentReferenceUsed"}
    assert Order.objects.filter(payment_state="paid").count() == 1
    assert_books_are_sound()
