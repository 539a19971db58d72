"""Orders keep who placed them: a person, a program or an import; a clerk finds his own."""

from collections.abc import Callable

import pytest

from kernel.tenancy.actors import Actor, acting_as
from tenant_apps.orders.models import Order
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs
from tests.factories.hands import console_as as console_as
from tests.factories.trade import Shop, sell

pytestmark = pytest.mark.django_db


def placed_by(actor: Actor) -> Order:
    with acting_as(actor):
        return Order.objects.get(pk=sell(("G-01", 1)).pk)


def test_the_order_names_whoever_placed_it(shop: Shop) -> None:
    fang = placed_by(Actor(kind="user", id=3, label="方"))
    shop_program = placed_by(Actor(kind="api_key", id=5, label="商城"))
    nightly = placed_by(Actor(kind="system", id=None, label="system"))
    found = [(order.placed_by, order.placed_by_name) for order in (fang, shop_program, nightly)]
    assert found == [("user:3", "方"), ("api_key:5", "商城"), ("system", "system")]


def test_a_program_finds_its_own_and_anybodys(shop: Shop, api_as: Callable[[str], ApiClient]) -> None:
    api = api_as("manager")
    theirs = placed_by(Actor(kind="user", id=3, label="方"))
    made = api.post("/api/v1/orders", {"kind": "retail", "lines": [{"sku": "G-01", "quantity": 1}]}).json()
    assert made["placed_by"].startswith("api_key:")

    def numbers(who: str) -> list[str]:
        return [one["number"] for one in api.get(f"/api/v1/orders?placed_by={who}").json()["items"]]

    assert numbers("me") == numbers(made["placed_by"]) == [made["number"]]
    assert numbers("user:3") == [theirs.number]
    assert numbers("import:1") == numbers("system") == []
    for unknown in ("nobody", "user:", "user:x"):
        answer = api.get(f"/api/v1/orders?placed_by={unknown}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "placed_by")


def test_a_clerk_finds_his_own(shop: Shop, console_as: ConsoleAs) -> None:
    console = console_as("sales")
    mine = placed_by(Actor(kind="user", id=int(console.session["_auth_user_id"]), label="店员"))
    imported = placed_by(Actor(kind="user", id=1_000_000, label="经理"))
    Order.objects.filter(pk=imported.pk).update(placed_by="import:7")

    def shown(choice: str) -> list[str]:
        page = console.get(f"/console/orders/order/?placed_by={choice}")
        return [order.number for order in page.context["cl"].result_list]

    assert shown("me") == shown("user") == [mine.number]
    assert (shown("import"), shown("api_key")) == ([imported.number], [])
    assert "店员" in console.get(f"/console/orders/order/{mine.pk}/change/").content.decode()
