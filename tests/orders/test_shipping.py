"""Parcels: what a shipment needs, corrections, many orders on one page, slips."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules import packing
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.parcels import ParcelNotNamed, correct_parcel
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.ship_order import Packing, ship_order
from tests.factories.trade import Shop, sell

pytestmark = pytest.mark.django_db


def paid(*wanted: tuple[str, int]) -> Order:
    order = sell(*(wanted or (("G-01", 1),)))
    pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    return order


def shipped(carrier: str = "SF", tracking_number: str = "SF1") -> Order:
    return ship_order(order_id=paid().pk, carrier=carrier, tracking_number=tracking_number, now=clock.now())


def signed_in(brand: Brand, role: str) -> Client:
    user: Any = users.create_user(name=role, role=role, email=f"{role}@ship.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def console(brand: Brand) -> Client:
    return signed_in(brand, "warehouse")


@pytest.mark.parametrize(
    ("carrier", "tracking_number", "missing"),
    [
        ("", "", ["carrier", "tracking_number"]),
        ("SF", " ", ["tracking_number"]),
        (" ", "SF1", ["carrier"]),
        ("SF", "SF1", []),
        ("自提", "", []),
        ("Pickup", "", []),
    ],
)
def test_goods_need_carrier_and_number(shop: Shop, carrier: str, tracking_number: str, missing: list[str]) -> None:
    order = paid()
    expected = pytest.raises(ParcelNotNamed) if missing else nullcontext()
    with expected as refusal:
        ship_order(
            order_id=order.pk,
            carrier=carrier,
            tracking_number=tracking_number,
            packing=Packing(needs_parcel=True),
            now=clock.now(),
        )
    if refusal is not None:
        assert [error.field for error in refusal.value.errors] == missing
    order.refresh_from_db()
    assert order.fulfilment_state == ("unfulfilled" if missing else "shipped")


def test_services_need_no_parcel(shop: Shop) -> None:
    order = ship_order(order_id=paid((shop.service_sku, 1)).pk, packing=Packing(needs_parcel=True), now=clock.now())
    assert order.fulfilment_state == "shipped"


def test_a_correction_is_kept_with_its_reason(shop: Shop) -> None:
    order = shipped("SF", "SF-WRONG")
    correct_parcel(order_id=order.pk, carrier="中通快递", tracking_number="ZT-9", reason="typo")
    order.refresh_from_db()
    assert (order.carrier, order.tracking_number) == ("中通快递", "ZT-9")
    record = AuditRecord.objects.get(action="orders.correct_parcel", subject=f"order:{order.pk}")
    assert record.before == {"carrier": "SF", "tracking_number": "SF-WRONG"}
    assert record.after == {"carrier": "中通快递", "tracking_number": "ZT-9", "reason": "typo"}


@pytest.mark.parametrize(
    ("is_shipped", "filled", "code", "field"),
    [
        (False, {}, "order_not_shipped", ""),
        (True, {"reason": " "}, "reason_missing", "reason"),
        (True, {"carrier": ""}, "parcel_not_named", "carrier"),
        (True, {"tracking_number": ""}, "parcel_not_named", "tracking_number"),
        (True, {"carrier": "SF", "tracking_number": "SF1"}, "nothing_corrected", "tracking_number"),
    ],
)
def test_a_correction_is_refused(shop: Shop, is_shipped: bool, filled: dict[str, str], code: str, field: str) -> None:
    order = shipped() if is_shipped else paid()
    wanted = {"carrier": "YTO", "tracking_number": "Y1", "reason": "typo"} | filled
    with pytest.raises(DomainError) as refusal:
        correct_parcel(
            order_id=order.pk,
            carrier=wanted["carrier"],
            tracking_number=wanted["tracking_number"],
            reason=wanted["reason"],
        )
    assert refusal.value.code == code
    assert [error.field for error in refusal.value.errors] == ([field] if field else [])
    order.refresh_from_db()
    assert order.tracking_number == ("SF1" if is_shipped else "")


def test_used_carriers_come_first(shop: Shop) -> None:
    shipped("丹鸟", "D1")
    choices = order_parcels.list_carriers()
    assert choices[0] == "丹鸟"
    assert {"顺丰速运", "自提"} <= set(choices)


def test_right_lines_are_shipped_and_wrong_ones_named(shop: Shop, console: Client) -> None:
    good, bare, blank = paid(), paid(), paid()
    unpaid = sell(("G-01", 1))
    ids = ",".join(str(order.pk) for order in (good, bare, blank, unpaid))
    drawn = console.get(f"/console/orders/ship/?ids={ids}")
    assert [parcel.order.pk for parcel in drawn.context["parcels"]] == [good.pk, bare.pk, blank.pk]
    answer = console.post(
        "/console/orders/ship/",
        {
            "ids": ids,
            f"carrier_{good.pk}": "SF",
            f"tracking_number_{good.pk}": "SF-1",
            f"carrier_{bare.pk}": "",
            f"tracking_number_{bare.pk}": "SF-2",
            f"carrier_{blank.pk}": "SF",
            f"tracking_number_{unpaid.pk}": "SF-3",
        },
    )
    left = {parcel.order.pk: list(parcel.errors) for parcel in answer.context["parcels"]}
    assert left == {bare.pk: ["carrier"], blank.pk: []}
    states = dict(Order.objects.values_list("pk", "fulfilment_state"))
    assert [pk for pk, state in states.items() if state == "shipped"] == [good.pk]


def test_the_list_leads_to_the_page_with_the_ticked_orders(shop: Shop, console: Client) -> None:
    first, second = paid(), paid()
    ticked = {"action": "ship_selected", "_selected_action": [second.pk, first.pk]}
    answer = console.post("/console/orders/order/", ticked)
    assert answer["Location"].endswith(f"/console/orders/ship/?ids={first.pk},{second.pk}")


def test_more_than_a_page_takes_is_refused(shop: Shop, console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out in silence, they would never be sent."""
    ids = [paid().pk for _ in range(3)]
    monkeypatch.setattr(packing, "MAX_ORDERS", 2)
    for action, page in (("ship_selected", "ship"), ("print_selected", "packing-slips")):
        answer = console.post("/console/orders/order/", {"action": action, "_selected_action": ids})
        assert page not in answer["Location"]
        assert console.get(f"/console/orders/{page}/?ids={','.join(map(str, ids))}").status_code == 422
        assert console.get(f"/console/orders/{page}/?ids={ids[0]},{ids[1]}").status_code == 200


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "99999999999999999999", "-1", "999999"])
def test_ids_of_nothing_show_an_empty_page(shop: Shop, console: Client, ids: str) -> None:
    for page in ("ship", "packing-slips"):
        assert console.get(f"/console/orders/{page}/?ids={ids}").status_code == 200


def test_slips_name_goods_and_no_prices(shop: Shop, console: Client) -> None:
    order = paid(("G-01", 2), ("G-03", 1))
    words = console.get(f"/console/orders/packing-slips/?ids={order.pk}").content.decode()
    assert order.number in words
    assert "G-03" in words
    assert "50.00" not in words


def test_shipping_asks_for_its_permission(shop: Shop, brand: Brand) -> None:
    order = shipped()
    finance = signed_in(brand, "finance")
    assert finance.get(f"/console/orders/ship/?ids={order.pk}").status_code == 403
    correction = {"carrier": "SF", "tracking_number": "SF2", "reason": "typo"}
    assert finance.post(f"/console/orders/order/{order.pk}/correct_tracking/", correction).status_code == 403


def test_the_page_corrects_a_number(shop: Shop, console: Client) -> None:
    order = shipped()
    correction = {"carrier": "SF", "tracking_number": "SF2", "reason": "typo"}
    assert console.post(f"/console/orders/order/{order.pk}/correct_tracking/", correction).status_code == 302
    order.refresh_from_db()
    assert order.tracking_number == "SF2"
