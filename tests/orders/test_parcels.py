"""Several parcels of one order: their goods, the money each of them earns, and refunds in between."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict

import pytest
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.states import IllegalTransition
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.services.bundles import NewPart, set_parts
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation
from tenant_apps.inventory.services.stock import ReceiptLine, receive
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.parcels import correct_parcel
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_everything, refund_order
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, sell

pytestmark = pytest.mark.django_db


def paid(*wanted: tuple[str, int], discount: str = "0.00", freight: str = "0.00") -> Order:
    order = sell(*wanted, discount=discount, freight=freight)
    pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    return order


def ship(order: Order, *lines: tuple[int, int], number: str = "") -> Order:
    """Ship the (line number, pieces), or everything that is left."""
    packing = Packing(lines=[ShipmentLine(*line) for line in lines] or None)
    return ship_order(order_id=order.pk, carrier="SF", tracking_number=number, packing=packing, now=clock.now())


def refund(order: Order, *lines: tuple[int, int], restock: bool = False) -> None:
    requests = [RefundRequest(*line) for line in lines]
    refund_order(order_id=order.pk, lines=requests, restock=restock, now=clock.now())


def state_of(order: Order) -> str:
    order.refresh_from_db()
    return order.fulfilment_state


def assert_money_adds_up(order: Order) -> None:
    """Advances hold what is paid, neither refunded nor earned; revenue what is earned; stock agrees with the books."""
    order.refresh_from_db()
    assert balance_of(AccountCode.REVENUE) == order.earned_amount
    assert balance_of(AccountCode.ADVANCES) == order.total - order.refunded_amount - order.earned_amount
    if order.fulfilment_state not in ("unfulfilled", "partly_shipped"):
        assert order.earned_amount == order.total - order.refunded_amount
        assert not Reservation.objects.filter(source=f"order:{order.pk}", state="active").exists()
    lines = list(OrderLine.objects.filter(order=order))
    assert balance_of(AccountCode.COST_OF_GOODS) == sum(line.cost - line.returned_cost for line in lines)
    assert sum(parcel.cost for parcel in order_parcels.list_parcels(order_id=order.pk)) == sum(
        line.cost for line in lines
    )
    assert_books_are_sound()


def test_the_parcels_earn_the_whole_together(shop: Shop) -> None:
    """3 × 10.00 and 1 × 20.00 less 1.00, freight 8.00: 57.00 in three parcels."""
    order = paid(("G-01", 3), ("G-02", 1), discount="1.00", freight="8.00")
    earned = []
    for parcel in ([(1, 1)], [(1, 1), (2, 1)], []):
        ship(order, *parcel)
        order.refresh_from_db()
        earned.append(str(order.earned_amount))
        assert_money_adds_up(order)
    assert earned == ["11.40", "45.60", "57.00"]  # a fifth of everything, four fifths, all
    parcels = order_parcels.list_parcels(order_id=order.pk)
    assert [[(one["line"], one["quantity"]) for one in parcel.contents] for parcel in parcels] == [
        [(1, 1)],
        [(1, 1), (2, 1)],
        [(1, 1)],
    ]
    assert [str(parcel.cost) for parcel in parcels] == ["4.00", "12.00", "4.00"]


def test_the_order_shows_the_latest_parcel_and_keeps_all(shop: Shop) -> None:
    order = paid(("G-01", 2))
    assert ship(order, (1, 1), number="A").shipped_at is None
    assert state_of(order) == "partly_shipped"
    ship(order, number="B")
    assert state_of(order) == "shipped"
    assert (order.tracking_number, order.shipped_at is not None) == ("B", True)
    first, second = order_parcels.list_parcels(order_id=order.pk)
    assert (first.tracking_number, second.tracking_number, second.receiver) == ("A", "B", order.receiver)
    correct_parcel(order_id=order.pk, parcel_id=first.pk, carrier="ZTO", tracking_number="A2", reason="typo")
    order.refresh_from_db()
    assert order.tracking_number == "B"
    assert [one.carrier_code for one in order_parcels.list_parcels(order_id=order.pk)] == ["ZTO", "SF"]


class Wrong(TypedDict):
    lines: list[tuple[int, int]]
    errors: list[tuple[str, str]]


@pytest.mark.parametrize(
    "case",
    [
        Wrong(lines=[(9, 1)], errors=[("lines.0.line_no", "unknown_line")]),
        Wrong(lines=[(1, 1), (1, 1)], errors=[("lines.1.line_no", "duplicate_line")]),
        Wrong(lines=[(1, 4)], errors=[("lines.0.quantity", "exceeds_open")]),
        Wrong(
            lines=[(1, 0), (2, 3)], errors=[("lines.0.quantity", "exceeds_open"), ("lines.1.quantity", "exceeds_open")]
        ),
    ],
)
def test_what_is_not_there_is_not_shipped(shop: Shop, case: Wrong) -> None:
    order = paid(("G-01", 3), ("G-02", 2))
    ship(order, (2, 1))
    with pytest.raises(DomainError) as refusal:
        ship(order, *case["lines"])
    assert [(error.field, error.code) for error in refusal.value.errors] == case["errors"]
    assert len(order_parcels.list_parcels(order_id=order.pk)) == 1


def test_an_empty_parcel_is_refused(shop: Shop) -> None:
    order = paid(("G-01", 1))
    with pytest.raises(DomainError) as refusal:
        ship_order(order_id=order.pk, packing=Packing(lines=[]), now=clock.now())
    assert [error.field for error in refusal.value.errors] == ["lines"]
    ship(order)
    with pytest.raises(IllegalTransition):
        ship(order)


class Refunds(TypedDict):
    """Refund of an order of 3 × 10.00 with freight 6.00 of which one piece was shipped, and what it leaves."""

    lines: list[tuple[int, int]]
    restock: bool
    state: str
    earned: str
    open: int
    returned: int


@pytest.mark.parametrize(
    "case",
    [
        # 12.00 of 36.00 are earned with the first piece. Pieces that were not shipped are refunded first …
        Refunds(lines=[(1, 1)], restock=False, state="partly_shipped", earned="12.00", open=1, returned=0),
        # … and the last of them leaves nothing to ship: what is left, one piece and the freight, is earned.
        Refunds(lines=[(1, 2)], restock=False, state="shipped", earned="16.00", open=0, returned=0),
        # Goods that come back are those that were shipped.
        Refunds(lines=[(1, 1)], restock=True, state="partly_shipped", earned="2.00", open=2, returned=1),
        Refunds(lines=[(1, 3)], restock=True, state="returned", earned="6.00", open=0, returned=1),
        Refunds(lines=[(1, 3)], restock=False, state="shipped", earned="6.00", open=0, returned=0),
    ],
)
def test_a_refund_between_parcels(shop: Shop, case: Refunds) -> None:
    order = paid(("G-01", 3), freight="6.00")
    ship(order, (1, 1))
    refund(order, *case["lines"], restock=case["restock"])
    assert_money_adds_up(order)
    line = OrderLine.objects.get(order=order)
    assert (state_of(order), str(order.earned_amount)) == (case["state"], case["earned"])
    assert (line.open_quantity, line.returned_quantity) == (case["open"], case["returned"])
    if case["open"]:
        ship(order)
        assert state_of(order) == "shipped"
        assert_money_adds_up(order)


def test_everything_refunded_between_parcels_leaves_nothing(shop: Shop) -> None:
    order = paid(("G-01", 3), ("G-02", 2), freight="6.00")
    ship(order, (1, 1), (2, 1))
    refund_everything(order_id=order.pk, restock=True, now=clock.now())
    assert (state_of(order), order.payment_state, order.state) == ("returned", "refunded", "open")
    assert [parcel.state for parcel in order_parcels.list_parcels(order_id=order.pk)] == ["returned"]
    assert_money_adds_up(order)


def test_bundles_leave_and_come_back_in_parts(shop: Shop) -> None:
    product = create_product(name="护肤礼盒", kind="bundle")
    bundle = add_variant(product_id=product.pk, sku="SET", retail_price=Decimal("35.00"))
    set_parts(variant_id=bundle.pk, parts=[NewPart(shop.variant_ids[0], 2), NewPart(shop.variant_ids[1], 1)])
    put_on_shelf(product_id=product.pk, now=clock.now())
    order = paid(("SET", 3))
    ship(order, (1, 1))
    refund(order, (1, 1), restock=True)
    receive(lines=[ReceiptLine(shop.variant_ids[0], 50, Decimal("1.00"))], reference="cheaper", now=clock.now())
    ship(order, (1, 2))
    refund(order, (1, 2), restock=True)
    line = OrderLine.objects.get(order=order)
    assert (state_of(order), line.returned_cost) == ("returned", line.cost)
    assert_money_adds_up(order)


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_parcels_and_refunds_adds_up(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    order = paid(("G-01", 5), ("G-02", 4), ("G-03", 3), (shop.service_sku, 1), discount="7.77", freight="9.99")
    for _step in range(14):
        lines = list(OrderLine.objects.filter(order=order).order_by("line_no"))
        _do_something(chance, order, lines)
        assert_money_adds_up(order)


def _do_something(chance: random.Random, order: Order, lines: Sequence[OrderLine]) -> None:
    state_of(order)
    if order.payment_state == "refunded" or order.state != "open":
        return
    left = [(line.line_no, line.open_quantity) for line in lines if line.open_quantity]
    if left and order.fulfilment_state in ("unfulfilled", "partly_shipped") and chance.random() < 0.5:
        line_no, pieces = chance.choice(left)
        ship(order, (line_no, chance.randint(1, pieces)))
        return
    line = chance.choice(lines)
    pieces = chance.randint(0, min(line.quantity - line.refunded_quantity, 2))
    money = line.goods_amount - line.refunded_amount
    amount = None if pieces else min(money, Decimal(chance.randint(0, 500)) / 100)
    if pieces or amount:
        request = RefundRequest(line.line_no, pieces, amount)
        refund_order(order_id=order.pk, lines=[request], restock=chance.random() < 0.5, now=clock.now())


def test_delivery_ends_all_parcels(shop: Shop) -> None:
    order = paid(("G-01", 2))
    ship(order, (1, 1))
    with pytest.raises(IllegalTransition):
        deliver_order(order_id=order.pk, now=clock.now())
    ship(order)
    deliver_order(order_id=order.pk, now=clock.now())
    assert {parcel.state for parcel in order_parcels.list_parcels(order_id=order.pk)} == {"signed"}


def test_the_api_ships_parcels(shop: Shop, api: ApiClient) -> None:
    order = paid(("G-01", 2))
    path = f"/api/v1/orders/{order.pk}/ship"
    body = {"carrier": "圆通", "tracking_number": "YT1234567890123", "lines": [{"line_no": 1, "quantity": 1}]}
    first = api.post(path, body).json()
    assert (first["fulfilment_state"], len(first["parcels"])) == ("partly_shipped", 1)
    second = api.post(path, {"weight_grams": 250}).json()
    assert second["fulfilment_state"] == "shipped"
    assert [one["lines"] for one in second["parcels"]] == [[{"line_no": 1, "sku": "G-01", "quantity": 1}]] * 2
    assert [one["weight_grams"] for one in second["parcels"]] == [0, 250]


def test_the_dialog_has_everything_filled_in(shop: Shop, brand: Brand) -> None:
    user = users.create_user(name="w", role="warehouse", email="w@parcels.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(user)
    order = paid(("G-01", 3), ("G-02", 1))
    address = f"/console/orders/order/{order.pk}/ship/"
    form = console.get(address).context["form"]
    assert [form[name].initial for name in ("line_1", "line_2")] == [3, 1]
    filled = {"carrier": "SF", "tracking_number": "1"}
    emptied = {**filled, "line_1": "", "line_2": "0"}
    assert console.post(address, emptied).status_code == 200  # nothing named is nothing shipped
    assert state_of(order) == "unfulfilled"
    assert console.post(address, {**filled, "line_1": "2", "line_2": "0"}).status_code == 302
    assert state_of(order) == "partly_shipped"
    form = console.get(address).context["form"]
    assert [form[name].initial for name in ("line_1", "line_2")] == [1, 1]
    page = console.get(f"/console/orders/order/{order.pk}/change/")
    assert [box.pieces for box in page.context["parcels"]] == [2]
