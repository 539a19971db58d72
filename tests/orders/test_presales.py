"""Orders of goods beyond stock: what they promise, who sees it, and that nothing leaves before it came."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from kernel.core import clock
from tenant_apps.inventory.models import Backorder, SkuSetting, Stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.backorders import fill_waiting, set_oversell
from tenant_apps.orders.selectors.promises import list_waiting_order_ids
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs
from tests.factories.trade import Shop, open_shop, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 5 pieces each; the first is on presale for the day in nine days, up to 10 pieces."""
    shop = open_shop(pieces=5)
    set_oversell(variant_id=shop.variant_ids[0], policy="presale", promised_on=promised(), limit=10, now=clock.now())
    return shop


def promised() -> date:
    return clock.business_date(clock.now()) + timedelta(days=9)


def place(api: ApiClient, pieces: int) -> dict[str, object]:
    answer = api.post("/api/v1/orders", {"lines": [{"sku": "G-01", "quantity": pieces}]})
    assert answer.status_code == 201, answer.content
    order: dict[str, object] = answer.json()
    return order


def test_an_order_says_what_it_promises_until_the_goods_have_come(shop: Shop, api: ApiClient) -> None:
    lines = [{"sku": "G-01", "quantity": 7}, {"sku": "G-02", "quantity": 1}]
    quoted = api.post("/api/v1/orders/quote", {"lines": lines}).json()["lines"]
    assert [(one["available"], one["beyond"], one["promised_on"]) for one in quoted] == [
        (5, 10, str(promised())),
        (5, None, None),
    ]
    assert place(api, 4)["promise"] is None
    order = place(api, 3)
    told = {"kind": "presale", "promised_on": str(promised()), "waiting": 2}
    assert order["promise"] == told
    at = f"/api/v1/orders/{order['id']}"
    assert api.get(at).json()["promise"] == told
    assert list_waiting_order_ids() == [order["id"]]
    pay = {"method": "cash", "reference": "P-1"}
    assert api.post(f"{at}/pay", pay).status_code == 200
    refused = api.post(f"{at}/ship", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "goods_not_arrived")
    assert [one["code"] for one in refused.json()["errors"]] == ["goods_not_arrived"]
    part = api.post(f"{at}/ship", {"lines": [{"line_no": 1, "quantity": 1}]})
    assert (part.status_code, part.json()["fulfilment_state"]) == (200, "partly_shipped"), part.content
    lines_in = [inventory.ReceiptLine(shop.variant_ids[0], 2, Decimal(4))]
    inventory.receive(lines=lines_in, reference="in", now=clock.now())
    fill_waiting(now=clock.now())
    assert api.get(at).json()["promise"] == {**told, "waiting": 0}
    assert api.post(f"{at}/ship", {}).json()["fulfilment_state"] == "shipped"


def test_more_than_may_wait_is_refused_by_its_line(shop: Shop, api: ApiClient) -> None:
    refused = api.post("/api/v1/orders", {"lines": [{"sku": "G-01", "quantity": 16}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert [one["field"] for one in refused.json()["errors"]] == ["lines.0.quantity"]
    assert (Backorder.objects.count(), Stock.objects.filter(reserved__gt=0).count()) == (0, 0)


def test_cancelling_and_changing_give_up_what_waits(shop: Shop, api: ApiClient) -> None:
    first, second = place(api, 12), place(api, 3)
    assert SkuSetting.objects.get(variant_id=shop.variant_ids[0]).waiting == 10
    change = {"lines": [{"sku": "G-01", "quantity": 1}], "discount": "0", "freight": "0", "reason": "fewer"}
    changed = api.post(f"/api/v1/orders/{second['id']}/change-goods", change)
    assert changed.status_code == 200, changed.content
    assert changed.json()["promise"]["waiting"] == 1
    assert api.post(f"/api/v1/orders/{first['id']}/cancel").status_code == 200
    fill_waiting(now=clock.now())
    assert SkuSetting.objects.get(variant_id=shop.variant_ids[0]).waiting == 0
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).reserved == 1


def test_a_refund_gives_up_what_waits_first(shop: Shop, api: ApiClient) -> None:
    order = sell(("G-01", 8))
    pay_order(order_id=order.pk, method="cash", reference="p", now=order.placed_at)
    body = {"lines": [{"line_no": 1, "quantity": 3}], "reference": "R-1", "reason": "does not want to wait"}
    answer = api.post(f"/api/v1/orders/{order.pk}/refund", body)
    assert answer.status_code in {200, 201}, answer.content
    assert SkuSetting.objects.get(variant_id=shop.variant_ids[0]).waiting == 0
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).reserved == 5
    assert api.post(f"/api/v1/orders/{order.pk}/ship", {}).status_code == 200


def test_the_console_shows_the_day_and_finds_the_orders(shop: Shop, console_as: ConsoleAs) -> None:
    boss = console_as("owner")
    changelist = reverse("brand:orders_order_changelist", urlconf="config.urls_brand")
    plain = sell(("G-02", 1))
    assert "presale" not in boss.get(changelist).content.decode().lower()
    order = sell(("G-01", 6))
    for query, found in (("yes", [order.number]), ("no", [plain.number])):
        page = boss.get(f"{changelist}?to_come={query}")
        assert [row.number for row in page.context["cl"].result_list] == found
    said = f"{promised()}"
    assert said in boss.get(changelist).content.decode()
    assert said in boss.get(f"{changelist}{order.pk}/change/").content.decode()
    waiting = boss.get("/console/inventory/backorder/?waiting=yes")
    assert order.number in waiting.content.decode()
    assert boss.get("/console/inventory/backorder/?waiting=no").context["cl"].result_count == 0
    assert boss.get(f"/console/inventory/backorder/{Backorder.objects.get().pk}/change/").status_code == 200


def test_terms_are_set_and_read_by_people_and_programs(shop: Shop, api: ApiClient, console_as: ConsoleAs) -> None:
    one, two, _three = shop.variant_ids
    at = f"/api/v1/stock/settings/{two}/oversell"
    body = {"policy": "backorder", "promised_on": str(promised()), "limit": 3}
    assert api.put(at, body).json()["oversell_limit"] == 3
    assert api.get(f"/api/v1/stock/settings/{two}").json()["promised_on"] == str(promised())
    faults: list[tuple[dict[str, object], str]] = [
        ({"policy": "presale"}, "promised_on"),
        ({"policy": "x"}, "policy"),
        ({**body, "limit": 0}, "limit"),
    ]
    for wrong, field in faults:
        refused = api.put(at, wrong)
        assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, [field])
    sell(("G-02", 6))
    rows = api.get("/api/v1/stock/backorders?waiting=true&sku=g-02").json()["items"]
    assert [(row["kind"], row["waiting"], row["document"][:6]) for row in rows] == [("backorder", 1, "order:")]
    assert api.get("/api/v1/stock/backorders?waiting=false").json()["items"] == []
    (row,) = api.get("/api/v1/stock?sku=G-02").json()["items"]
    assert (row["backordered"], row["projected"]) == (1, -1)
    refused = api.put(at, {"policy": "none"})
    assert (refused.status_code, refused.json()["code"]) == (409, "still_waiting")
    boss = console_as("owner")
    stock = Stock.objects.get(variant_id=one)
    here = f"/console/inventory/stock/{stock.pk}/sell_beyond_stock/"
    sent = {"policy": "presale", "promised_on": str(promised()), "limit": "4", "moves_waiting": "on"}
    answer = boss.post(here, sent)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    assert SkuSetting.objects.get(variant_id=one).oversell_limit == 4
    assert boss.post(here, {"policy": "presale"}).status_code != 302
    assert boss.get(f"/console/inventory/stock/{stock.pk}/change/").status_code == 200
