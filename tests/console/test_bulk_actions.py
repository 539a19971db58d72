"""Acts on many rows: nothing is done to rows that nobody saw, nor to none of them, nor for good without a question."""

import pytest
from django.test import Client

from tenant_apps.catalog.models import Product
from tenant_apps.orders.models import Order
from tests.factories.hands import ConsoleAs
from tests.factories.hands import console_as as console_as
from tests.factories.lists import act_on
from tests.factories.trade import open_shop, sell

pytestmark = pytest.mark.django_db

ORDERS = "/console/orders/order/"
PRODUCTS = "/console/catalog/product/"


@pytest.fixture
def console(console_as: ConsoleAs) -> Client:
    open_shop()
    return console_as("owner")


def states() -> list[str]:
    return [str(order.state) for order in Order.objects.order_by("id")]


def test_what_cannot_be_taken_back_is_asked_first(console: Client) -> None:
    orders = [sell(("G-01", 1)).pk for _ in range(3)]
    question = console.post(ORDERS, {"action": "cancel_selected", "_selected_action": orders[:2]})
    assert (question.status_code, question.context["count"]) == (200, 2)
    assert states() == ["open"] * 3
    assert act_on(console, ORDERS, "cancel_selected", orders[:2]).status_code == 302
    assert states() == ["cancelled", "cancelled", "open"]


def test_all_pages_are_those_that_the_question_counted(console: Client) -> None:
    sell(("G-01", 1))
    body = {"action": "cancel_selected", "_selected_action": ["1"], "select_across": "1", "index": "0"}
    question = console.post(ORDERS, body)
    assert question.context["count"] == 1
    sell(("G-02", 1))  # came in after the question was read
    again = console.post(ORDERS, {**body, "agreed": question.context["agreed"]})
    assert (again.status_code, again.context["count"], again.context["was_asked"]) == (200, 2, True)
    assert states() == ["open", "open"]
    assert console.post(ORDERS, {**body, "agreed": again.context["agreed"]}).status_code == 302
    assert states() == ["cancelled", "cancelled"]


def test_all_pages_keep_to_the_filter(console: Client) -> None:
    kept = sell(("G-01", 1))
    gone = sell(("G-02", 1))
    body = {"action": "cancel_selected", "_selected_action": [str(gone.pk)], "select_across": "1", "index": "0"}
    for query in (f"?q={gone.number}", "?state__exact=no-such-state", "?no_such_filter=1"):
        question = console.post(ORDERS + query, body)
        if question.status_code == 200 and "agreed" in (question.context or {}):
            console.post(ORDERS + query, {**body, "agreed": question.context["agreed"]})
    kept.refresh_from_db()
    assert (kept.state, states()) == ("open", ["open", "cancelled"])


def test_what_can_be_taken_back_is_asked_for_all_pages_only(console: Client) -> None:
    product = Product.objects.earliest("id")
    body = {"action": "take_selected_off_shelf", "_selected_action": [product.pk], "index": "0"}
    assert console.post(PRODUCTS, {**body, "select_across": "1"}).status_code == 200
    assert console.post(PRODUCTS, body).status_code == 302


@pytest.mark.parametrize("ticked", [[], ["999999"]])
def test_nothing_selected_is_nothing_done(console: Client, ticked: list[str]) -> None:
    sell(("G-01", 1))
    body: dict[str, object] = {"action": "cancel_selected", "_selected_action": ticked, "index": "0"}
    assert console.post(ORDERS, body).status_code == 302
    assert states() == ["open"]
