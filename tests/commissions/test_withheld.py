"""Test withheld commission: each agent of the upline is judged alone, and the reason is kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client

from kernel.core import clock
from kernel.events.outbox import deliver_pending
from kernel.tenancy.actors import Actor, acting_as
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent
from tenant_apps.attribution.models import Policy
from tenant_apps.commissions import selectors
from tenant_apps.commissions.models import CommissionEntry, CommissionHold
from tenant_apps.commissions.services import accrual
from tenant_apps.customers.models import Customer
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import close_order, place_order, refund_order, ship_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.ranks.selectors import results
from tenant_apps.ranks.selectors.groups import net_sales_of_agent
from tenant_apps.ranks.selectors.team import get_team_rows, list_team
from tests.factories.api_client import ApiClient

from .conftest import NOW, Network

pytestmark = pytest.mark.django_db


def place(*, phone: str = "", receiver: str = "", customer_id: int | None = None, code: str = "LING") -> Order:
    return place_order.place_retail_order(
        lines=[place_order.NewLine("LIP-1", 1)],
        buyer=place_order.Buyer(
            phone=phone, name="王芳", customer_id=customer_id, receiver=place_order.Receiver(phone=receiver)
        ),
        agent_code=code,
        now=NOW,
    )


def pay(order: Order) -> None:
    pay_order(order_id=order.pk, method="wechat", reference=f"wx-{order.pk}", now=NOW)
    deliver_pending()


def earned(order: Order) -> dict[str, str]:
    entries = CommissionEntry.objects.filter(order=order).select_related("beneficiary")
    return {entry.beneficiary.code: str(entry.amount) for entry in entries}


def withheld(order: Order) -> dict[str, tuple[str, str]]:
    holds = selectors.list_withheld(order_id=order.pk)
    return {hold.beneficiary.code: (hold.withheld_because, str(hold.withheld_amount)) for hold in holds}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "suspended"}, "suspended"),
        ({"state": "ended"}, "ended"),
        ({"valid_until": (NOW - timedelta(days=2)).date()}, "expired"),
    ],
)
@pytest.mark.parametrize("who", ["LING", "MEI"])
def test_each_earner_is_judged_when_the_order_is_paid(
    network: Network, change: dict[str, Any], reason: str, who: str
) -> None:
    order = place(phone="+8613800000001")
    Agent.objects.filter(code=who).update(**change)
    pay(order)
    amounts = {"LING": "8.00", "MEI": "5.00"}
    assert withheld(order) == {who: (reason, amounts.pop(who))}
    assert earned(order) == amounts
    assert finance.trial_balance().balance_of(AccountCode.OTHER_PAYABLES) == sum(map(Decimal, amounts.values()))
    assert accrual.accrue_order(order_id=order.pk) == 0


OTHER = "+8613800000001"


@pytest.mark.parametrize(
    ("buyer", "who"),
    [
        ({"phone": OTHER, "receiver": "+8619900000003"}, "LING"),  # another contact's phone, the own door
        ({"receiver": "19900000003"}, "LING"),
        ({"phone": "+8619900000002"}, "MEI"),  # through a downline's code
        ({"phone": OTHER, "receiver": "+8619900000002"}, "MEI"),
    ],
)
def test_an_own_purchase_earns_in_neither_tier(network: Network, buyer: dict[str, str], who: str) -> None:
    order = place(phone=buyer.get("phone", ""), receiver=buyer.get("receiver", ""))
    pay(order)
    amounts = {"LING": "8.00", "MEI": "5.00"}
    assert withheld(order) == {who: ("own_purchase", amounts.pop(who))}
    assert earned(order) == amounts


def test_an_own_purchase_is_recognised_by_wechat_id(network: Network) -> None:
    Agent.objects.filter(code="MEI").update(wechat_id="Mei_88")
    customer = Customer.objects.create(name="小号", channel="wechat", external_id="mei_88")
    order = place(customer_id=customer.pk)
    pay(order)
    assert withheld(order) == {"MEI": ("own_purchase", "5.00")}


def test_an_own_purchase_is_recognised_by_the_login(network: Network) -> None:
    login = users.create_user(name="Mei", role="sales", email="mei@acme.example", phone="13911112222")
    Agent.objects.filter(code="MEI").update(user_id=login.pk)
    with acting_as(Actor(kind="user", id=login.pk, label="Mei")):
        ordered = place(phone=OTHER)
    by_its_phone = place(phone=OTHER, receiver="13911112222")
    for order in (ordered, by_its_phone):
        pay(order)
        assert withheld(order) == {"MEI": ("own_purchase", "5.00")}


DAY = clock.business_date(NOW)
UNTIL = DAY + timedelta(days=30)


def counted(measure: str) -> dict[str, str]:
    """Return the net sales that rankings, single figures, series, team rows and level rules agree on, by agent."""
    is_team = measure == "team"
    found = {}
    rows, _cursor = list_team(agent_id=None, since=DAY, until=UNTIL)
    for agent in Agent.objects.all():
        net = results.get_sales(agent_id=agent.pk, team=is_team, since=DAY, until=UNTIL).net
        points = results.get_series(agent_id=agent.pk, step="month", team=is_team, since=DAY, until=UNTIL)
        row = get_team_rows(agents=[agent], since=DAY, until=UNTIL)[0]
        assert net == sum(point.sales.net for point in points) == (row.team if is_team else row.own).net
        found[agent.code] = net
    assert len(rows) == 1
    ranking = {one.code: one.net_sales for one in results.list_ranking(measure=measure, since=DAY, until=UNTIL)}
    assert {code: net for code, net in ranking.items() if net} == {code: net for code, net in found.items() if net}
    if not is_team:
        sums = Agent.objects.annotate(net=net_sales_of_agent(DAY, UNTIL)).values_list("code", "net")
        assert {code: net or 0 for code, net in sums} == found
    return {code: str(net) for code, net in found.items()}


def test_what_an_agent_bought_himself_counts_as_sold_by_those_who_earn_on_it(network: Network) -> None:
    small = Customer.objects.create(name="小号", channel="wechat", external_id="ling_66")
    by_wechat = place(customer_id=small.pk)
    Agent.objects.filter(code="LING").update(wechat_id="Ling_66")  # known at placing, it would be nobody's sale
    for_ling = place(phone="+8613800000009", receiver="+8619900000003")
    for_mei = place(phone="+8613800000008", receiver="19900000002")
    others = place(phone="+8613800000007")
    for order in (by_wechat, for_ling, for_mei, others):
        pay(order)
    assert [set(earned(order)) for order in (by_wechat, for_ling, for_mei, others)] == [
        {"MEI"},
        {"MEI"},
        {"LING"},
        {"LING", "MEI"},
    ]
    assert counted("own") == {"LING": "200.00", "MEI": "0.00", "HUA": "0.00"}
    assert counted("team") == {"LING": "200.00", "MEI": "300.00", "HUA": "400.00"}
    for order in (by_wechat, for_mei):
        refund_order.refund_everything(order_id=order.pk, now=NOW + timedelta(days=1))
    deliver_pending()
    assert counted("own") == {"LING": "100.00", "MEI": "0.00", "HUA": "0.00"}
    assert counted("team") == {"LING": "100.00", "MEI": "200.00", "HUA": "200.00"}
    kept = CommissionEntry.objects.order_by().values_list("beneficiary__code").annotate(Sum("amount"))
    assert dict(kept) == {"LING": Decimal("8.00"), "MEI": Decimal("10.00")}


def test_a_changed_phone_after_payment_changes_neither_sales_nor_earnings(network: Network) -> None:
    order = place(phone=OTHER, receiver="+8618800000000")
    pay_order(order_id=order.pk, method="wechat", reference="wx-1", now=NOW)
    Agent.objects.filter(code="LING").update(phone="+8618800000000")
    deliver_pending()
    assert (set(earned(order)), counted("own")["LING"]) == ({"LING", "MEI"}, "100.00")


def test_own_purchases_count_where_the_policy_lets_them_earn(network: Network) -> None:
    Policy.objects.update(own_purchases_earn=True)
    pay(place(phone=OTHER, receiver="+8619900000003"))
    assert (counted("own")["LING"], counted("team")["MEI"]) == ("100.00", "100.00")


def test_a_restock_to_the_sponsors_own_door_is_the_sponsors_purchase(network: Network) -> None:
    from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
    from tenant_apps.pricing.services import level_prices

    variant = get_variants_by_sku(skus=["LIP-1"], now=NOW)["LIP-1"]
    level_prices.set_level_price(
        level_id=network.ling.level_id, variant_id=variant.id, price=Decimal("60.00"), now=NOW - timedelta(days=1)
    )
    order = place_order.place_restock_order(
        agent_id=network.ling.pk,
        lines=[place_order.NewLine("LIP-1", 1)],
        receiver=place_order.Receiver(phone="+8619900000002"),
        now=NOW,
    )
    pay(order)
    assert withheld(order) == {"MEI": ("own_purchase", "6.00")}
    assert earned(order) == {"HUA": "3.00"}


def test_own_purchases_earn_where_the_policy_says_so(network: Network) -> None:
    Policy.objects.update(own_purchases_earn=True)
    order = place(phone=OTHER, receiver="+8619900000003")
    pay(order)
    assert (withheld(order), earned(order)) == ({}, {"LING": "8.00", "MEI": "5.00"})


def test_what_is_withheld_is_never_released_nor_taken_back(network: Network) -> None:
    order = place(phone=OTHER, receiver="+8619900000003")
    pay(order)
    ship_order.ship_order(order_id=order.pk, carrier="SF", tracking_number="SF1", now=NOW)
    close_order.deliver_order(order_id=order.pk, now=NOW)
    refund_order.refund_everything(order_id=order.pk, now=NOW)
    deliver_pending()
    assert CommissionHold.objects.get(order=order, tier=1).available_at is None
    assert selectors.balance_of(agent_id=network.ling.pk, as_of=NOW + timedelta(days=99)).available == 0
    assert finance.trial_balance().balance_of(AccountCode.OTHER_PAYABLES) == 0


def test_what_is_withheld_is_shown(network: Network, api: ApiClient, brand: Brand) -> None:
    order = place(phone=OTHER, receiver="+8619900000003")
    pay(order)
    (shown,) = api.get(f"/api/v1/withheld-commissions?order_id={order.pk}").json()["items"]
    assert (shown["agent_id"], shown["because"], shown["amount"]) == (network.ling.pk, "own_purchase", "8.00")
    assert api.get(f"/api/v1/withheld-commissions?agent_id={network.mei.pk}").json()["items"] == []
    owner = users.create_user(
        name="owner", role="owner", email="second.owner@acme.example", password="a long pass phrase"
    )
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(owner)
    for page in (f"orders/order/{order.pk}", f"agents/agent/{network.ling.pk}"):
        answer = console.get(f"/console/{page}/change/")
        panel = next(one for one in answer.context["panels"] if one.key == "commissions")
        assert ("¥8.00", "warning") in {(row.side, row.tone) for row in panel.rows if row.label}
