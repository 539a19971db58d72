"""The log of touchpoints is enough to rebuild who had whom; and several agents at once make one binding."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.attribution import selectors
from tenant_apps.attribution.models import Binding, Touchpoint
from tenant_apps.attribution.selectors import Seller
from tenant_apps.attribution.services import binding_ends, policy, purchases, touchpoints
from tenant_apps.attribution.services.touchpoints import Contact
from tenant_apps.attribution.states import BindingMode, TouchpointSource
from tenant_apps.customers.models import Customer
from tests.factories.bindings import binding_at
from tests.factories.chance import examples
from tests.factories.parallel import AtOnce

START = datetime(2026, 3, 1, 4, tzinfo=UTC)
AGENTS = 3
CUSTOMERS = 3
FIRST_CUSTOMER = 1_000_000  # no agent has such an id
FAR = START + timedelta(days=9_999)


def hire(count: int) -> list[Agent]:
    level = create_level(code="GOLD", name="金牌", rank=1)
    agents = []
    for number in range(count):
        agent = enrol_agent(
            name=f"A{number}", phone=f"+8613800000{number:03}", level_id=level.pk, code=f"A{number}", now=START
        )
        agents.append(agent)
    customers = [agent.pk for agent in agents] + [FIRST_CUSTOMER + number for number in range(10)]
    Customer.objects.bulk_create([Customer(id=number, name="客") for number in customers])
    purchases.note_purchasers(customer_ids=[number for number in customers if number % 2])
    return agents


def seller(agent: Agent) -> Seller:
    return selectors.get_seller(agent_id=agent.pk, as_of=START.date())


Row = tuple[int, int, datetime, datetime, datetime, datetime | None, str]


def decided_by_hand(touchpoint: Touchpoint, held: list[Any] | None) -> str:
    """The slow and obvious oracle: what must come of a touchpoint, given the open binding of the customer."""
    rule = touchpoint.policy
    if touchpoint.source == "manual":
        if held is None:
            return "bound"
        return "confirmed" if held[1] == touchpoint.agent_id else "taken_over"
    if touchpoint.customer_id == touchpoint.agent_id and not rule["own_purchases_earn"]:  # the test's own phone book
        return "self"
    if held is None:
        return "not_new" if rule["mode"] == "new_only" and touchpoint.customer_id % 2 else "bound"
    if held[1] == touchpoint.agent_id:
        return "confirmed"
    if touchpoint.occurred_at < held[3]:
        return "protected"
    return "taken_over" if rule["mode"] == "last_touch" else "held"


def replay() -> list[Row]:
    """Walk the log once, keep a list; a row is (customer, agent, since, protected, expires, ended, why)."""
    rows: list[list[Any]] = []
    for touchpoint in Touchpoint.objects.order_by("id"):
        held = next((row for row in rows if row[0] == touchpoint.customer_id and row[5] is None), None)
        if held is not None and held[4] <= touchpoint.occurred_at:
            held[5:] = [held[4], "expired"]
            held = None
        if touchpoint.outcome in {"released", "handed_over"}:
            pass_on(touchpoint, held, rows)
        else:
            follow(touchpoint, held, rows)
    for row in rows:
        if row[5] is None:
            row[5:] = [row[4], "expired"]
    return sorted(tuple(row) for row in rows)


def pass_on(touchpoint: Touchpoint, held: list[Any] | None, rows: list[list[Any]]) -> None:
    """The staff let a customer go, or give him to a successor with the dates he has."""
    assert held is not None
    now = touchpoint.occurred_at
    held[5:] = [now, "manual" if touchpoint.outcome == "released" else "handed_over"]
    if touchpoint.outcome == "handed_over":
        rows.append([touchpoint.customer_id, touchpoint.agent_id, now, max(held[3], now), held[4], None, ""])


def follow(touchpoint: Touchpoint, held: list[Any] | None, rows: list[list[Any]]) -> None:
    """Do what the log says came of the touchpoint, after asking the oracle."""
    assert touchpoint.outcome == decided_by_hand(touchpoint, held), touchpoint
    assert touchpoint.held_by_id == (held[1] if held else None)
    now = touchpoint.occurred_at
    protected = now + timedelta(days=touchpoint.policy["protection_days"])
    expires = now + timedelta(days=touchpoint.policy["expiry_days"])
    renews = touchpoint.policy["mode"] == "last_touch" or touchpoint.source == "manual"
    if touchpoint.outcome == "confirmed" and held and renews:
        held[3:5] = [protected, expires]
    if touchpoint.outcome == "taken_over" and held:
        held[5:] = [now, "taken_over"]
    if touchpoint.outcome in {"bound", "taken_over"}:
        rows.append([touchpoint.customer_id, touchpoint.agent_id, now, protected, expires, None, ""])


def stored() -> list[Row]:
    binding_ends.end_lapsed(now=FAR)
    return sorted(
        Binding.objects.values_list(
            "customer_id", "agent_id", "bound_at", "protected_until", "expires_at", "ended_at", "ended_because"
        )
    )


WHO = st.integers(0, AGENTS - 1)
WHOM = st.integers(1, CUSTOMERS)
STEP = st.one_of(
    st.tuples(st.just("touch"), WHO, WHOM),
    st.tuples(st.just("touch"), WHO, WHOM),
    st.tuples(st.just("self"), WHO, st.just(0)),
    st.tuples(st.just("bind"), WHO, WHOM),
    st.tuples(st.just("end"), WHO, WHOM),
    st.tuples(st.just("hand_over"), WHO, WHO),
    st.tuples(st.just("leave"), WHO, WHO),
    st.tuples(st.just("night"), WHO, WHO),
    st.tuples(st.sampled_from(list(BindingMode)), st.integers(0, 5), st.integers(0, 6)),
)
STEPS = st.lists(st.tuples(st.integers(0, 72), STEP), max_size=25)


def walk(agents: list[Agent], step: tuple[Any, int, int], now: datetime) -> None:
    what, first, second = step
    if isinstance(what, BindingMode):
        policy.change_policy(
            mode=what, protection_days=first, expiry_days=first + second, own_purchases_earn=second == 6
        )
    elif what == "night":
        binding_ends.end_lapsed(now=now)
    elif what in {"touch", "self"}:
        meet(agents[first], FIRST_CUSTOMER + second, is_self=what == "self", now=now)
    else:
        act(what, agents[first], FIRST_CUSTOMER + second, agents[second % AGENTS], now)


def meet(agent: Agent, customer: int, *, is_self: bool, now: datetime) -> None:
    # The agent's own customer number is the agent's id, and so the oracle knows him.
    number = agent.pk if is_self else customer
    contact = Contact(number, agent.phone if is_self else "", TouchpointSource.CODE)
    touchpoints.record_touchpoint(contact=contact, seller=seller(agent), now=now)


def act(what: str, agent: Agent, customer: int, other: Agent, now: datetime) -> None:
    """Simulate the staff."""
    if what == "bind":
        touchpoints.bind_by_hand(contact=Contact(customer), seller=seller(agent), reason="test", now=now)
    elif what == "end":
        binding = binding_at(customer, now)
        if binding is not None and binding.ended_at is None:
            touchpoints.end_binding(binding_id=binding.pk, reason="test", now=now)
    elif what == "leave" or agent != other:
        successor = None if what == "leave" else other.pk
        binding_ends.hand_over_bindings(agent_id=agent.pk, successor_id=successor, now=now)


@pytest.mark.django_db
@settings(max_examples=examples(60))
@given(steps=STEPS)
def test_bindings_are_what_the_log_says(db: None, steps: list[tuple[int, tuple[Any, int, int]]]) -> None:
    now = START
    with transaction.atomic():
        agents = hire(AGENTS)
        for hours, step in steps:
            now += timedelta(hours=hours, seconds=1)
            walk(agents, step, now)
        assert stored() == replay()
        for agent in agents:
            mine = [row for row in stored() if row[1] == agent.pk]
            assert all(row[2] <= row[3] <= row[4] and row[5] is not None and row[5] <= row[4] for row in mine)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_make_one_binding_and_a_log_in_order(live_brand: Brand, at_once: AtOnce) -> None:
    agents = hire(6)

    def touch(agent: Agent, customer: int) -> Callable[[], str]:
        contact = Contact(customer, "", TouchpointSource.LINK)
        return lambda: str(touchpoints.record_touchpoint(contact=contact, seller=seller(agent), now=START).outcome)

    for customer in range(FIRST_CUSTOMER, FIRST_CUSTOMER + 3):
        said = at_once(*(touch(agent, customer) for agent in agents))
        assert sorted(said) == ["bound"] + ["protected"] * 5
        assert Binding.objects.filter(customer_id=customer, ended_at=None).count() == 1
        log = list(Touchpoint.objects.filter(customer_id=customer).order_by("id"))
        assert (log[0].outcome, log[0].held_by_id) == ("bound", None)
        assert {one.held_by_id for one in log[1:]} == {log[0].agent_id}
    assert stored() == replay()


@pytest.mark.django_db(transaction=True)
def test_where_the_last_touch_counts_takers_come_one_after_another(live_brand: Brand, at_once: AtOnce) -> None:
    agents = hire(6)
    policy.change_policy(mode=BindingMode.LAST_TOUCH, protection_days=0, expiry_days=30)
    later = START + timedelta(days=1)

    def touch(agent: Agent) -> Callable[[], str]:
        return lambda: str(
            touchpoints.record_touchpoint(contact=Contact(FIRST_CUSTOMER), seller=seller(agent), now=later).outcome
        )

    touchpoints.record_touchpoint(contact=Contact(FIRST_CUSTOMER), seller=seller(agents[0]), now=START)
    said = at_once(*(touch(agent) for agent in agents))
    assert set(said) <= {"taken_over", "confirmed"}
    assert Binding.objects.filter(customer_id=FIRST_CUSTOMER, ended_at=None).count() == 1
    assert stored() == replay()
