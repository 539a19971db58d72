"""Cloud stock: bought and kept, dispatched on the agent's word, refunded as far as it is still there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.tenants.models import Brand
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import CloudMovement, CloudStock, Stock
from tenant_apps.inventory.selectors.cloud import get_cloud_balances
from tenant_apps.inventory.services.backorders import set_oversell
from tenant_apps.inventory.services.cloud import CloudKind, CloudStockShort, book_cloud
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.after_sales import NewAfterSale, NewAfterSaleLine
from tenant_apps.orders.rules.lines import InvalidAdjustments, InvalidLines, NewLine, OrderAdjustments, Receiver
from tenant_apps.orders.services.after_sales.requesting import NothingToClaim, request_after_sale
from tenant_apps.orders.services.change_goods import GoodsChange, change_goods
from tenant_apps.orders.services.changing import MovesCloudStock
from tenant_apps.orders.services.close_order import RefundFirst, cancel_order
from tenant_apps.orders.services.cloud_moves import GoodsLeftCloud
from tenant_apps.orders.services.cloud_stock import place_dispatch_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import place_restock_order
from tenant_apps.orders.services.quote_order import quote_order
from tenant_apps.orders.services.refund_order import FREIGHT_LINE, RefundRequest, refund_everything, refund_order
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tests.factories.parallel import AtOnce
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop

pytestmark = pytest.mark.django_db

RECEIVER = Receiver(name="张三", phone="13800000000", address="科技园1栋")


def restock(shop: Shop, *wanted: tuple[str, int], is_paid: bool = True) -> Order:
    order = place_restock_order(
        agent_id=shop.mei.pk,
        lines=[NewLine(*one) for one in wanted],
        adjustments=OrderAdjustments(into_cloud=True),
        now=clock.now(),
    )
    return pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now()) if is_paid else order


def dispatch(shop: Shop, *wanted: tuple[str, int], freight: str | None = None) -> Order:
    return place_dispatch_order(
        agent_id=shop.mei.pk,
        lines=[NewLine(*one) for one in wanted],
        receiver=RECEIVER,
        adjustments=OrderAdjustments(freight=None if freight is None else Decimal(freight)),
        now=clock.now(),
    )


def kept(shop: Shop) -> list[int]:
    found = get_cloud_balances(agent_id=shop.mei.pk, variant_ids=shop.variant_ids)
    return [found[one] for one in shop.variant_ids]


def assert_statement_is_sound() -> None:
    """The movements of each account add up to its balance, step by step."""
    for account in CloudStock.objects.all():
        running = 0
        moved = CloudMovement.objects.filter(agent_id=account.agent_id, variant_id=account.variant_id)
        for one in moved.order_by("id"):
            running += one.quantity
            assert one.balance_after == running >= 0
        assert account.balance == running
    assert_books_are_sound()


def test_goods_are_bought_kept_and_dispatched(shop: Shop) -> None:
    order = restock(shop, ("G-01", 10), ("G-02", 4), is_paid=False)
    assert kept(shop) == [0, 0, 0]  # nothing is the agent's before it is paid
    order = pay_order(order_id=order.pk, method="cash", reference="c-1", now=clock.now())
    again = pay_order(order_id=order.pk, method="cash", reference="c-1", now=clock.now())
    assert (order.fulfilment_state, again.pk, order.total) == ("delivered", order.pk, Decimal("126.00"))
    assert kept(shop) == [10, 4, 0]
    # Sold to the agent: the money is earned, the cost booked, and the brand cannot sell the pieces again.
    assert balance_of(AccountCode.REVENUE) == Decimal("126.00")
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).available == 90

    sent = dispatch(shop, ("G-01", 7), ("G-02", 4))
    assert (sent.kind, sent.total, sent.payment_state) == ("dispatch", 0, "paid")
    assert kept(shop) == [3, 0, 0]
    first = Packing(lines=[ShipmentLine(1, 5)])
    ship_order(order_id=sent.pk, carrier="SF", tracking_number="SF1", packing=first, now=clock.now())
    shipped = ship_order(order_id=sent.pk, carrier="SF", tracking_number="SF2", now=clock.now())
    assert shipped.fulfilment_state == "shipped"
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).on_hand == 90
    assert balance_of(AccountCode.REVENUE) == Decimal("126.00")
    assert [(one.kind, one.quantity) for one in CloudMovement.objects.order_by("id")] == [
        ("restock", 10),
        ("restock", 4),
        ("dispatch", -7),
        ("dispatch", -4),
    ]
    assert_statement_is_sound()


def test_no_more_leaves_than_is_kept(shop: Shop) -> None:
    restock(shop, ("G-01", 5))
    with pytest.raises(CloudStockShort) as refused:
        dispatch(shop, ("G-01", 5), ("G-02", 1), ("POST", 1))
    assert [one.field for one in refused.value.errors] == ["lines.1.quantity", "lines.2.quantity"]
    with pytest.raises(CloudStockShort):
        dispatch(shop, ("G-01", 6))
    with pytest.raises(InvalidLines):
        place_dispatch_order(agent_id=shop.mei.pk, lines=[NewLine("G-01", 1, Decimal(1))], now=clock.now())
    with pytest.raises(InvalidAdjustments):
        place_dispatch_order(
            agent_id=shop.mei.pk,
            lines=[NewLine("G-01", 1)],
            adjustments=OrderAdjustments(discount=Decimal(1)),
            now=clock.now(),
        )
    assert (kept(shop)[0], Order.objects.filter(kind="dispatch").count()) == (5, 0)
    quoted = quote_order(kind="dispatch", lines=[NewLine("G-01", 6)], agent_id=shop.mei.pk, now=clock.now())
    assert (quoted.lines[0].available, quoted.total) == (5, Decimal(0))


def test_a_cancelled_dispatch_gives_its_goods_back(shop: Shop) -> None:
    restock(shop, ("G-01", 5))
    cancel_order(order_id=dispatch(shop, ("G-01", 3)).pk, now=clock.now())
    assert kept(shop)[0] == 5
    # With freight it waits for its payment, and is refunded once it is paid.
    costs = dispatch(shop, ("G-01", 4), freight="8.00")
    assert (costs.payment_state, costs.total) == ("unpaid", Decimal("8.00"))
    pay_order(order_id=costs.pk, method="cash", reference="f-1", now=clock.now())
    with pytest.raises(RefundFirst):
        cancel_order(order_id=costs.pk, now=clock.now())
    refund_order(order_id=costs.pk, lines=[RefundRequest(1, 1)], now=clock.now())
    assert kept(shop)[0] == 2
    refund_order(order_id=costs.pk, lines=[RefundRequest(FREIGHT_LINE, amount=Decimal("8.00"))], now=clock.now())
    assert (Order.objects.get(pk=costs.pk).state, kept(shop)[0]) == ("cancelled", 5)
    assert_statement_is_sound()


def test_returned_dispatches_come_back_to_the_agent(shop: Shop) -> None:
    restock(shop, ("G-01", 5))
    sent = dispatch(shop, ("G-01", 4), freight="8.00")
    pay_order(order_id=sent.pk, method="cash", reference="f-1", now=clock.now())
    ship_order(order_id=sent.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    refund_order(order_id=sent.pk, lines=[RefundRequest(1, 3)], restock=True, now=clock.now())
    assert (kept(shop)[0], Stock.objects.get(variant_id=shop.variant_ids[0]).on_hand) == (4, 95)
    assert_statement_is_sound()


def test_a_refund_takes_back_only_what_is_still_there(shop: Shop) -> None:
    order = restock(shop, ("G-01", 5))
    dispatch(shop, ("G-01", 3))
    with pytest.raises(GoodsLeftCloud):
        refund_everything(order_id=order.pk, now=clock.now())
    assert kept(shop)[0] == 2
    refund_order(order_id=order.pk, lines=[RefundRequest(1, 2)], now=clock.now())
    assert (kept(shop)[0], Stock.objects.get(variant_id=shop.variant_ids[0]).available) == (0, 97)
    assert balance_of(AccountCode.REVENUE) == Decimal("21.00")
    assert_statement_is_sound()


def test_goods_of_cloud_stock_are_neither_rewritten_nor_claimed(shop: Shop) -> None:
    unpaid = restock(shop, ("G-01", 5), is_paid=False)
    change = GoodsChange([NewLine("G-01", 4)], Decimal(0), Decimal(0))
    with pytest.raises(MovesCloudStock):
        change_goods(order_id=unpaid.pk, change=change, reason="fewer", now=clock.now())
    cancel_order(order_id=unpaid.pk, now=clock.now())
    assert kept(shop)[0] == 0
    paid = restock(shop, ("G-01", 5))
    for order in (paid, dispatch(shop, ("G-01", 1))):
        with pytest.raises(NothingToClaim):
            request_after_sale(
                order_id=order.pk,
                wanted=NewAfterSale(kind="refund_only", reason="other", lines=[NewAfterSaleLine(1, refund_quantity=1)]),
                now=clock.now(),
            )


@pytest.mark.django_db(transaction=True)
def test_dispatches_at_the_same_moment_never_overdraw(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop()
    order = restock(shop, ("G-01", 5), is_paid=False)

    def pay() -> Order:
        return pay_order(order_id=order.pk, method="cash", reference="c-1", now=clock.now())

    at_once(*[pay] * 4)
    assert kept(shop)[0] == 5
    sent = at_once.outcomes([lambda: dispatch(shop, ("G-01", 2))] * 6)
    placed = [one for one in sent if isinstance(one, Order)]
    assert (len(placed), kept(shop)[0]) == (2, 1)
    assert all(isinstance(one, Order | CloudStockShort) for one in sent), sent
    given = at_once.outcomes(
        [lambda: cancel_order(order_id=placed[0].pk, now=clock.now())] * 4
        + [lambda: refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], now=clock.now())] * 4
    )
    assert all(isinstance(one, DomainError) or not isinstance(one, Exception) for one in given), given
    assert_statement_is_sound()


def test_a_document_is_booked_once(shop: Shop) -> None:
    goods = {shop.variant_ids[0]: 1, shop.variant_ids[1]: 0}
    book_cloud(agent_id=shop.mei.pk, source="x:1", kind=CloudKind.RESTOCK, goods=goods, now=clock.now())
    assert CloudMovement.objects.count() == 1
    with pytest.raises(DomainError) as refused:
        book_cloud(agent_id=shop.mei.pk, source="x:1", kind=CloudKind.RESTOCK, goods=goods, now=clock.now())
    assert refused.value.code == "already_booked"


def test_goods_still_to_come_are_not_kept(shop: Shop) -> None:
    until = clock.business_date(clock.now()) + timedelta(days=20)
    set_oversell(variant_id=shop.variant_ids[0], policy="presale", promised_on=until, limit=50, now=clock.now())
    with pytest.raises(InvalidAdjustments) as refused:
        restock(shop, ("G-01", 101), is_paid=False)
    assert [error.field for error in refused.value.errors] == ["into_cloud"]
    assert restock(shop, ("G-01", 100)).into_cloud
