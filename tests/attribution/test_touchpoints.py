"""Bindings by policy: modes, the two dates, the log, and what ends them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from kernel.core.errors import ReasonMissing
from kernel.database.append_only import AppendOnlyViolation
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors.agents import AgentExpired, AgentNotActive, AgentNotFound
from tenant_apps.agents.services import terms
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.services.lifecycle import suspend_agent
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Binding, Policy, Touchpoint
from tenant_apps.attribution.selectors import Seller
from tenant_apps.attribution.services import binding_ends, policy, purchases, referral_links, touchpoints
from tenant_apps.attribution.services.referral_links import ensure_link
from tenant_apps.attribution.services.touchpoints import Contact, TouchpointResult
from tenant_apps.attribution.states import BindingMode, TouchpointSource
from tenant_apps.customers.models import Customer
from tests.factories.bindings import binding_at

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 4, tzinfo=UTC)
Join = Callable[[str], Agent]


def days(number: float) -> datetime:
    return START + timedelta(days=number)


def midnight(day: date) -> datetime:
    return clock.day_bounds(day)[0]


def add_customers(count: int) -> None:
    Customer.objects.bulk_create([Customer(id=number, name="客") for number in range(1, count + 1)])


@pytest.fixture
def join(db: None) -> Join:
    add_customers(20)
    level = create_level(code="GOLD", name="金牌", rank=1)

    def make(code: str) -> Agent:
        phone = f"+86138{sum(map(ord, code)) * 7919 % 10**8:08}"
        return enrol_agent(name=code.title(), phone=phone, level_id=level.pk, code=code, now=START)

    return make


@pytest.fixture
def pair(join: Join) -> tuple[Agent, Agent]:
    return join("ANNA"), join("BELA")


Pair = tuple[Agent, Agent]


def seller(agent: Agent, at: float = 0) -> Seller:
    return selectors.get_seller(agent_id=agent.pk, as_of=days(at).date())


def meet(agent: Agent, at: float, *, customer: int = 1, phone: str = "", bought: bool = False) -> TouchpointResult:
    if bought:
        purchases.note_purchasers(customer_ids=[customer])
    contact = Contact(customer, phone, TouchpointSource.LINK)
    return touchpoints.record_touchpoint(contact=contact, seller=seller(agent), now=days(at))


def owner(at: float, customer: int = 1) -> str | None:
    binding = binding_at(customer, days(at))
    return binding.agent.code if binding else None


def test_the_first_agent_keeps_the_customer_until_the_last_day(pair: Pair) -> None:
    anna, bela = pair
    said = [meet(anna, 0), meet(bela, 29.9), meet(bela, 30), meet(bela, 364.9), meet(anna, 364.95), meet(bela, 365)]
    assert [one.outcome for one in said] == ["bound", "protected", "held", "held", "confirmed", "bound"]
    assert [one.agent_id for one in said] == [anna.pk] * 5 + [bela.pk]
    assert [owner(at) for at in (-1, 0, 200, 364.99, 365, 729.9, 731)] == [
        None,
        "ANNA",
        "ANNA",
        "ANNA",
        "BELA",
        "BELA",
        None,
    ]
    first = Binding.objects.earliest("id")
    assert (first.ended_at, first.ended_because) == (days(365), "expired")


def test_the_last_agent_takes_over_after_the_protection(pair: Pair) -> None:
    anna, bela = pair
    policy.change_policy(mode=BindingMode.LAST_TOUCH, protection_days=3, expiry_days=30)
    said = [meet(anna, 0), meet(bela, 2.9), meet(anna, 2.95), meet(bela, 5), meet(bela, 6), meet(anna, 8.9)]
    assert [one.outcome for one in said] == ["bound", "protected", "confirmed", "protected", "taken_over", "protected"]
    assert [owner(at) for at in (5.9, 6, 35.9, 36)] == ["ANNA", "BELA", "BELA", None]
    assert Binding.objects.earliest("id").ended_because == "taken_over"


def test_only_new_customers_are_bound_and_never_again(pair: Pair) -> None:
    anna, bela = pair
    policy.change_policy(mode=BindingMode.NEW_ONLY, protection_days=10, expiry_days=20)
    said = [meet(anna, 0, customer=2, bought=True), meet(anna, 1), meet(bela, 12), meet(bela, 21, bought=True)]
    assert [one.outcome for one in said] == ["not_new", "bound", "held", "not_new"]
    assert [one.agent_id for one in said] == [None, anna.pk, anna.pk, None]


def test_an_agent_is_no_customer_of_himself(pair: Pair) -> None:
    anna, bela = pair
    assert meet(anna, 0, phone=anna.phone).outcome == "self"
    assert owner(0) is None
    assert meet(bela, 1, phone=anna.phone).outcome == "bound"
    refused = meet(anna, 2, phone=anna.phone)
    assert (refused.outcome, refused.agent_id) == ("self", bela.pk)
    policy.change_policy(own_purchases_earn=True)
    assert meet(bela, 3, customer=2, phone=bela.phone).outcome == "bound"


def test_a_change_of_policy_leaves_the_dates_of_what_stands(pair: Pair) -> None:
    anna, bela = pair
    meet(anna, 0)
    policy.change_policy(mode=BindingMode.LAST_TOUCH, protection_days=0, expiry_days=1)
    assert meet(bela, 20).outcome == "protected"
    assert meet(bela, 31).outcome == "taken_over"
    assert owner(32.5) is None
    assert [touchpoint.policy["mode"] for touchpoint in Touchpoint.objects.order_by("id")] == [
        "first_come",
        "last_touch",
        "last_touch",
    ]


def test_no_protection_and_no_expiry_at_all(pair: Pair) -> None:
    anna, bela = pair
    policy.change_policy(protection_days=0, expiry_days=0)
    assert [meet(anna, 0).outcome, meet(bela, 0).outcome] == ["bound", "bound"]
    assert owner(0) is None


def test_staff_bind_and_release_with_a_reason(pair: Pair) -> None:
    anna, bela = pair
    meet(anna, 0)
    moved = touchpoints.bind_by_hand(contact=Contact(1), seller=seller(bela), reason="客户要求", now=days(1))
    assert (moved.outcome, owner(2)) == ("taken_over", "BELA")
    renewed = touchpoints.bind_by_hand(contact=Contact(1), seller=seller(bela), reason="续期", now=days(5))
    assert renewed.outcome == "confirmed"
    binding = binding_at(1, days(6))
    assert binding is not None
    assert binding.expires_at == days(370)
    ended = touchpoints.end_binding(binding_id=binding.pk, reason="投诉", now=days(7))
    assert (ended.ended_at, ended.ended_because, owner(8)) == (days(7), "manual", None)
    assert list(Touchpoint.objects.order_by("id").values_list("outcome", "source", "reason")) == [
        ("bound", "link", ""),
        ("taken_over", "manual", "客户要求"),
        ("confirmed", "manual", "续期"),
        ("released", "manual", "投诉"),
    ]
    with pytest.raises(touchpoints.BindingEnded):
        touchpoints.end_binding(binding_id=binding.pk, reason="again", now=days(9))


def test_staff_give_a_reason(pair: Pair) -> None:
    anna, _bela = pair
    with pytest.raises(ReasonMissing):
        touchpoints.bind_by_hand(contact=Contact(1), seller=seller(anna), reason=" ", now=START)
    meet(anna, 0)
    binding = binding_at(1, days(1))
    assert binding is not None
    with pytest.raises(ReasonMissing):
        touchpoints.end_binding(binding_id=binding.pk, reason="", now=days(1))
    assert owner(1) == "ANNA"
    with pytest.raises(selectors.BindingNotFound):
        touchpoints.end_binding(binding_id=binding.pk + 1, reason="x", now=days(1))


def test_a_customer_who_is_always_bound_first_by_others_is_contested(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stage the race: each read is older than the binding that stands in the database by now."""
    anna, bela = pair
    free = touchpoints._look(Contact(1), days(1))
    meet(anna, 0)
    monkeypatch.setattr(touchpoints, "_look", lambda *_, **__: free)
    with pytest.raises(touchpoints.CustomerContested):
        meet(bela, 1)
    with pytest.raises(touchpoints.CustomerContested):
        touchpoints.bind_by_hand(contact=Contact(1), seller=seller(bela), reason="客户要求", now=days(1))
    assert (owner(1), Touchpoint.objects.count()) == ("ANNA", 1)


def test_a_customer_whose_orders_were_all_called_off_is_new_again(pair: Pair) -> None:
    anna, _bela = pair
    policy.change_policy(mode=BindingMode.NEW_ONLY)
    assert meet(anna, 0, bought=True).outcome != "bound"
    purchases.forget_purchaser(customer_id=1)
    assert meet(anna, 1).outcome == "bound"


def test_the_holder_of_a_customer_sells_or_is_nobody(pair: Pair) -> None:
    anna, _bela = pair

    def holder(at: float, phone: str = "") -> int | None:
        found = selectors.find_holder(customer_id=1, phone=phone, as_of=days(at))
        return found.id if found else None

    assert holder(1) is None
    meet(anna, 0)
    assert (holder(1), holder(1, anna.phone), holder(366)) == (anna.pk, None, None)
    suspend_agent(agent_id=anna.pk, reason="调查")
    assert holder(3) is None


def test_only_agents_who_sell_are_found_as_sellers(pair: Pair) -> None:
    anna, bela = pair
    terms.renew(agent_id=anna.pk, ends_on=days(10).date(), starts_on=days(1).date(), now=days(1))
    suspend_agent(agent_id=bela.pk, reason="调查")
    for agent_id, refusal in ((anna.pk, AgentExpired), (bela.pk, AgentNotActive), (10**9, AgentNotFound)):
        with pytest.raises(refusal) as refused:
            selectors.get_seller(agent_id=agent_id, as_of=days(11).date(), field="who")
        assert [error.field for error in refused.value.errors] == ["who"]


def test_gaps_lie_between_terms_and_after_the_last(pair: Pair) -> None:
    anna, _bela = pair
    meet(anna, 0)
    terms.renew(agent_id=anna.pk, starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 31), now=days(0.5))
    assert selectors.list_gaps(agent_id=anna.pk, now=days(20)) == []
    terms.renew(agent_id=anna.pk, starts_on=date(2026, 4, 1), ends_on=date(2026, 4, 10), now=days(32))
    terms.renew(agent_id=anna.pk, starts_on=date(2026, 4, 21), ends_on=date(2026, 4, 30), now=days(45))
    between, since = selectors.list_gaps(agent_id=anna.pk, now=days(70))
    assert (between.since, between.until) == (midnight(date(2026, 4, 11)), midnight(date(2026, 4, 21)))
    assert (since.since, since.until) == (midnight(date(2026, 5, 1)), midnight(date(2026, 5, 11)))
    assert between.customer_ids == since.customer_ids == {1}


def test_staff_bind_no_agent_to_himself(pair: Pair) -> None:
    anna, _bela = pair
    with pytest.raises(touchpoints.OwnPurchase):
        touchpoints.bind_by_hand(contact=Contact(1, anna.phone), seller=seller(anna), reason="x", now=START)


def test_lapsed_bindings_are_ended_as_of_their_last_day(pair: Pair) -> None:
    anna, _bela = pair
    for customer in range(1, 6):
        meet(anna, customer, customer=customer)
    assert binding_ends.end_lapsed(now=days(368)) == 3
    assert binding_ends.end_lapsed(now=days(368)) == 0
    ended = Binding.objects.filter(ended_because="expired").order_by("id").values_list("ended_at", flat=True)
    assert list(ended) == [days(366), days(367), days(368)]


def test_a_successor_takes_the_customers_with_their_dates(pair: Pair, join: Join) -> None:
    anna, bela = pair
    cleo = join("CLEO")
    for customer in (1, 2, 3):
        meet(anna, 0, customer=customer)
    meet(bela, 0, customer=9)
    meet(anna, -400, customer=4)  # long lapsed: nobody's to hand over
    count = binding_ends.hand_over_bindings(agent_id=anna.pk, successor_id=cleo.pk, now=days(10), reason="离职")
    assert count == 3
    assert [owner(9.9), owner(10), owner(10, 9), owner(10, 4)] == ["ANNA", "CLEO", "BELA", None]
    binding = binding_at(1, days(11))
    assert binding is not None
    assert (binding.protected_until, binding.expires_at) == (days(30), days(365))
    log = Touchpoint.objects.filter(outcome="handed_over")
    assert {(one.agent_id, one.held_by_id, one.reason) for one in log} == {(cleo.pk, anna.pk, "离职")}
    assert binding_ends.hand_over_bindings(agent_id=anna.pk, successor_id=cleo.pk, now=days(11)) == 0


def test_without_a_successor_the_customers_are_free(pair: Pair) -> None:
    anna, bela = pair
    meet(anna, 0)
    assert binding_ends.hand_over_bindings(agent_id=anna.pk, successor_id=None, now=days(1)) == 1
    assert owner(1) is None
    assert Touchpoint.objects.latest("id").outcome == "released"
    assert meet(bela, 2).outcome == "bound"


def test_ten_thousand_customers_are_handed_over_by_a_handful_of_statements(
    pair: Pair, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    anna, bela = pair
    dates = {"bound_at": START, "protected_until": days(30), "expires_at": days(365)}
    Customer.objects.bulk_create([Customer(id=number, name="客") for number in range(21, 10_001)])
    Binding.objects.bulk_create(
        [Binding(customer_id=number, agent=anna, source="link", **dates) for number in range(1, 10_001)]
    )
    with django_assert_max_num_queries(12):
        binding_ends.hand_over_bindings(agent_id=anna.pk, successor_id=bela.pk, now=days(1))
    assert selectors.count_bound_customers(agent_id=bela.pk, as_of=days(2)) == 10_000
    assert Touchpoint.objects.count() == 10_000


def test_the_log_is_never_changed(pair: Pair) -> None:
    touchpoint = meet(pair[0], 0).touchpoint
    for change in (touchpoint.save, touchpoint.delete, Touchpoint.objects.all().delete):
        with pytest.raises(AppendOnlyViolation):
            change()


def test_one_open_binding_per_customer_is_the_databases_word(pair: Pair) -> None:
    meet(pair[0], 0)
    binding = Binding.objects.get()
    twin = replace_binding(binding, agent=pair[1])
    with pytest.raises(IntegrityError, match="attribution_binding_one_per_customer"), transaction.atomic():
        twin.save()


def replace_binding(binding: Binding, *, agent: Agent) -> Binding:
    return Binding(
        customer_id=binding.customer_id,
        agent=agent,
        source=binding.source,
        bound_at=binding.bound_at,
        protected_until=binding.protected_until,
        expires_at=binding.expires_at,
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mode": "whoever"}, "mode"),
        ({"protection_days": -1}, "protection_days"),
        ({"protection_days": 31, "expiry_days": 30}, "expiry_days"),
        ({"expiry_days": 3_651}, "expiry_days"),
        ({"cookie_days": 0}, "cookie_days"),
        ({"cookie_days": 401}, "cookie_days"),
        ({"shop_url": "javascript:alert(1)"}, "shop_url"),
        ({"shop_url": "//evil.example/"}, "shop_url"),
        ({"shop_url": "https://user@evil.example/"}, "shop_url"),
        ({"shop_url": "https://shop.example:99999/"}, "shop_url"),
        ({"shop_url": "https://shop.example/\r\nX: 1"}, "shop_url"),
        ({"product_url": "https://shop.example/p"}, "product_url"),
        ({"product_url": "https://{product}.example/"}, "product_url"),
        ({"product_url": "https://shop.example{product}/"}, "product_url"),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused(db: None, changes: policy.PolicyFields, field: str) -> None:
    with pytest.raises(policy.InvalidPolicy) as refusal:
        policy.change_policy(**changes)
    assert [error.field for error in refusal.value.errors] == [field]
    assert Policy.objects.get().mode == "first_come"


def test_the_database_keeps_the_dates_in_order_too(db: None) -> None:
    with pytest.raises(IntegrityError, match="attribution_policy_dates"), transaction.atomic():
        Policy.objects.update(protection_days=400)


def test_a_code_that_is_taken_is_drawn_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, bela = pair
    taken = ensure_link(agent_id=anna.pk, now=START).code
    codes = iter([taken, "NEXTCODE"])
    monkeypatch.setattr(referral_links, "make_code", lambda _length: next(codes))
    assert ensure_link(agent_id=bela.pk, now=START).code == "NEXTCODE"
    monkeypatch.setattr(referral_links, "make_code", lambda _length: taken)
    cora = enrol_agent(name="Cora", phone="+8613900000077", level_id=anna.level_id, code="CORA", now=START)
    with pytest.raises(referral_links.LinkNotMade):
        ensure_link(agent_id=cora.pk, now=START)
    assert ensure_link(agent_id=anna.pk, now=days(1)).code == taken


def test_codes_of_every_kind_lead_to_the_agent(pair: Pair) -> None:
    anna, _bela = pair
    link = ensure_link(agent_id=anna.pk, now=START)
    today = date(2026, 3, 1)
    for code in ("anna", " ANNA ", anna.referral_code, link.code.lower()):
        found = selectors.find_referral(text=code, as_of=today)
        assert found is not None
        assert (found.agent.id, found.source) == (anna.pk, TouchpointSource.LINK)
        assert found.link_id == (link.pk if code.upper() == link.code else None)
    assert selectors.find_referral(text="NOBODY", as_of=today) is None
