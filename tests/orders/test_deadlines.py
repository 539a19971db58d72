"""Unpaid orders close and arrived ones complete, each looked at again under its lock."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Stock
from tenant_apps.orders import tasks
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors import deadlines as order_deadlines
from tenant_apps.orders.services import deadlines
from tenant_apps.orders.services.close_order import complete_order, deliver_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import NewLine, place_retail_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def place(at: datetime) -> Order:
    return place_retail_order(lines=[NewLine("G-01", 1)], now=at)


def ship(at: datetime) -> Order:
    order = place(at)
    pay_order(order_id=order.pk, method="cash", reference=order.number, now=at)
    return ship_order(order_id=order.pk, now=at)


def close_after(minutes: int | None, at: datetime) -> None:
    deadlines.change_deadlines(unpaid_minutes=minutes, days_after_delivery=7, days_after_shipping=14, now=at)


def states(*orders: Order) -> list[str]:
    found = dict(Order.objects.values_list("id", "state"))
    return [found[order.pk] for order in orders]


def test_unpaid_orders_close_from_when_it_was_turned_on(shop: Shop) -> None:
    before = place(NOW - HOUR)
    assert tasks.close_unpaid(NOW) is None
    close_after(60, NOW)
    assert order_deadlines.next_closing(NOW) == NOW + HOUR
    unpaid = place(NOW + timedelta(minutes=1))
    paid = place(NOW + timedelta(minutes=2))
    pay_order(order_id=paid.pk, method="cash", reference="c", now=NOW + HOUR)
    assert tasks.close_unpaid(NOW + HOUR) == NOW + HOUR + timedelta(minutes=1)
    assert states(before, unpaid, paid) == ["open", "open", "open"]
    late = NOW + 2 * HOUR
    assert tasks.close_unpaid(late) == late + HOUR
    assert states(before, unpaid, paid) == ["open", "cancelled", "open"]
    assert Stock.objects.order_by("variant_id").values_list("reserved", flat=True)[0] == 2
    close_after(None, late)
    assert order_deadlines.next_closing(late) is None


def test_what_was_paid_meanwhile_stays(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    close_after(60, NOW)
    order = place(NOW)
    pay_order(order_id=order.pk, method="cash", reference="c", now=NOW + 2 * HOUR)
    monkeypatch.setattr(order_deadlines, "list_unpaid_since", lambda **_given: [order.pk, 999_999])
    deadlines.close_unpaid(now=NOW + 3 * HOUR)
    assert states(order) == ["open"]


def test_arrived_orders_complete(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert order_deadlines.next_completion(NOW) is None
    delivered = ship(NOW)
    deliver_order(order_id=delivered.pk, now=NOW + DAY)
    silent = ship(NOW)
    assert tasks.complete_arrived(NOW + DAY) == NOW + 8 * DAY
    assert tasks.complete_arrived(NOW + 8 * DAY) == NOW + 14 * DAY
    assert states(delivered, silent) == ["completed", "open"]
    assert tasks.complete_arrived(NOW + 14 * DAY) is None
    assert states(silent) == ["completed"]
    assert Order.objects.get(pk=silent.pk).fulfilment_state == "delivered"
    again = ship(NOW)
    deliver_order(order_id=again.pk, now=NOW)
    complete_order(order_id=again.pk, now=NOW)
    monkeypatch.setattr(order_deadlines, "list_arrived", lambda **_given: [again.pk, place(NOW).pk])
    deadlines.complete_arrived(now=NOW + 30 * DAY)
    assert states(again) == ["completed"]


def test_both_can_be_turned_off(shop: Shop) -> None:
    deadlines.change_deadlines(unpaid_minutes=None, days_after_delivery=None, days_after_shipping=None, now=NOW)
    order = ship(NOW)
    assert tasks.complete_arrived(NOW + 99 * DAY) is None
    deliver_order(order_id=order.pk, now=NOW)
    assert tasks.complete_arrived(NOW + 99 * DAY) is None
    assert states(order) == ["open"]


def test_settings_through_the_api(shop: Shop, api: ApiClient) -> None:
    path = "/api/v1/order-settings"
    assert api.get(path).json()["days_after_delivery"] == 7
    wanted = {"unpaid_minutes": 1440, "days_after_delivery": 3, "days_after_shipping": None}
    answer = api.put(path, wanted)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in wanted} == wanted
    bad = api.put(path, {"unpaid_minutes": 5, "days_after_delivery": 0, "days_after_shipping": 91})
    assert bad.status_code == 422
    assert [one["field"] for one in bad.json()["errors"]] == [*wanted]
    assert api.put(path, {"unpaid_minutes": 60}).status_code == 422
    assert order_deadlines.get_deadlines().unpaid_minutes == 1440


def test_the_page_saves_and_the_order_says_it(shop: Shop, brand: Brand) -> None:
    def signed_in(role: str) -> Client:
        person = users.create_user(name=role, role=role, email=f"{role}@times.example", password="a long pass phrase")
        client = Client(headers={"host": f"{brand.slug}.localhost"})
        client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
        return client

    page = "/console/orders/settings/"
    owner = signed_in("owner")
    fields = {"unpaid_minutes": "60", "days_after_delivery": "7", "days_after_shipping": ""}
    assert signed_in("sales").post(page, fields).status_code == 403
    wrong: Response = owner.post(page, fields | {"unpaid_minutes": "1"})
    assert wrong.status_code == 200
    assert owner.post(page, fields).status_code == 302
    held = order_deadlines.get_deadlines()
    assert (held.unpaid_minutes, held.days_after_shipping) == (60, None)
    order = place(datetime.fromisoformat(held.unpaid_since) + HOUR)
    assert owner.get(f"/console/orders/order/{order.pk}/change/").status_code == 200
    assert owner.get(page).status_code == 200
