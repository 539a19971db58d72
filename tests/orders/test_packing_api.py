"""Pick lists and packing by scanned codes over HTTP."""

import pytest

from kernel.core import clock
from tenant_apps.catalog.models import Variant
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.scanning import Scannable, WrongScan, count_scanned
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, assert_books_are_sound, sell

pytestmark = pytest.mark.django_db

PARCEL = {"carrier": "SF", "tracking_number": "SF1"}


def paid(*wanted: tuple[str, int]) -> Order:
    order = sell(*wanted)
    return pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())


def test_a_pick_list_names_baskets_pieces_and_what_is_left_out(shop: Shop, api: ApiClient) -> None:
    first, second, unpaid = paid(("G-01", 2)), paid(("G-01", 1), ("G-02", 3)), sell(("G-03", 1))
    ids = "&".join(f"order_id={one.pk}" for one in (second, first, unpaid))
    found = api.get(f"/api/v1/orders/pick-list?{ids}").json()
    assert [(one["basket"], one["number"]) for one in found["baskets"]] == [(1, second.number), (2, first.number)]
    assert found["left_out"] == [unpaid.pk]
    ((_warehouse, lines),) = [(one["warehouse"], one["lines"]) for one in found["warehouses"]]
    assert [(line["sku"], line["total"], len(line["baskets"])) for line in lines] == [("G-01", 3, 2), ("G-02", 3, 1)]


@pytest.mark.parametrize("query", ["", "?order_id=", "?order_id=x", "?order_id=1&order_id=1", "?order_id=1&basket=1"])
def test_a_pick_list_needs_its_orders_named_once(shop: Shop, api: ApiClient, query: str) -> None:
    assert api.get(f"/api/v1/orders/pick-list{query}").status_code == 422


def test_scanned_pieces_are_shipped_in_parts_and_whole(shop: Shop, api: ApiClient) -> None:
    order = paid(("G-01", 2), ("G-02", 1), ("POST", 1))
    Variant.objects.filter(sku="G-02").update(barcode="6901234567892")
    address = f"/api/v1/orders/{order.pk}/pack"
    part = api.post(address, {"codes": ["g-01"], "is_partial": True, **PARCEL})
    assert (part.status_code, part.json()["fulfilment_state"]) == (200, "partly_shipped")
    whole = api.post(address, {"codes": ["6901234567892", "G-01"], "weight_grams": 300, **PARCEL})
    assert (whole.status_code, whole.json()["fulfilment_state"]) == (200, "shipped")
    assert [[(line["sku"], line["quantity"]) for line in one["lines"]] for one in whole.json()["parcels"]] == [
        [("G-01", 1)],
        [("G-01", 1), ("G-02", 1), ("POST", 1)],
    ]
    assert_books_are_sound()


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"codes": ["G-01", "G-09"]}, [("codes.1", "not_in_order"), ("codes", "not_scanned")]),
        ({"codes": ["G-01", "G-01", "G-01"]}, [("codes.2", "one_too_many")]),
        ({"codes": ["G-01"]}, [("codes", "not_scanned")]),
        ({"codes": ["G-01", "G-01"], "carrier": "", "tracking_number": ""}, [("carrier", "parcel_not_named")]),
        ({"codes": []}, [("codes", "too_short")]),
    ],
)
def test_a_wrong_parcel_ships_nothing(
    shop: Shop, api: ApiClient, body: dict[str, object], errors: list[tuple[str, str]]
) -> None:
    order = paid(("G-01", 2))
    answer = api.post(f"/api/v1/orders/{order.pk}/pack", {**PARCEL, **body})
    assert answer.status_code == 422
    found = [(one["field"], one["code"]) for one in answer.json()["errors"]]
    assert found[: len(errors)] == errors
    order.refresh_from_db()
    assert order.fulfilment_state == "unfulfilled"


def test_a_code_of_two_lines_fills_them_in_order() -> None:
    held = [Scannable(1, "A", "", 1), Scannable(2, "A", "69", 2)]
    assert count_scanned(["A", "A", "69"], held, is_partial=False) == {1: 1, 2: 2}
    with pytest.raises(WrongScan):
        count_scanned([""], held, is_partial=True)
