"""The tree never closes a circle: whatever is asked for, in whatever order, by however many at once."""

import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kernel.core.errors import DomainError
from kernel.database.locks import lock_key
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.services.lifecycle import resume_agent, suspend_agent
from tenant_apps.agents.services.tree import TREE_LOCK, CyclicSponsor, SponsorNotActive, UnknownSponsor, change_sponsor
from tests.factories.chance import examples
from tests.factories.parallel import AtOnce

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def plant(sponsors: list[int | None]) -> list[Agent]:
    """Agents in order; each entry is the place of the agent's sponsor in the list, or None."""
    level = create_level(code="L", name="L", rank=1)
    agents: list[Agent] = []
    for place, above in enumerate(sponsors):
        agent = enrol_agent(
            name=f"agent {place}",
            phone=f"1390000{place:04d}",
            level_id=level.pk,
            sponsor_id=None if above is None else agents[above].pk,
            now=NOW,
        )
        agents.append(agent)
    return agents


def parents() -> dict[int, int | None]:
    return dict(Agent.objects.values_list("id", "sponsor_id"))


def has_circle(tree: dict[int, int | None]) -> bool:
    for start in tree:
        seen = set()
        current = tree[start]
        while current is not None:
            if current == start or current in seen:
                return True
            seen.add(current)
            current = tree[current]
    return False


def open_rows() -> dict[int, int | None]:
    rows = SponsorHistory.objects.filter(valid_to=None).values_list("agent_id", "sponsor_id")
    found: dict[int, int | None] = dict(rows)
    assert len(found) == len(rows)
    return found


@pytest.mark.django_db
class TestUpline:
    def test_sponsor_first_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        top, middle, low, leaf = plant([None, 0, 1, 2])
        with django_assert_num_queries(1):
            upline = selectors.get_upline(agent_id=leaf.pk)
        assert [(member.tier, member.agent_id, member.code) for member in upline] == [
            (1, low.pk, low.code),
            (2, middle.pk, middle.code),
        ]
        assert [member.agent_id for member in selectors.get_upline(agent_id=leaf.pk, tiers=10)] == [
            low.pk,
            middle.pk,
            top.pk,
        ]
        assert upline[0].level_id == low.level_id

    def test_a_root_and_a_stranger_have_none(self) -> None:
        (top,) = plant([None])
        assert selectors.get_upline(agent_id=top.pk) == []
        assert selectors.get_upline(agent_id=999_999) == []

    @pytest.mark.parametrize("tiers", [0, -1, 11])
    def test_tiers_are_bounded(self, tiers: int) -> None:
        with pytest.raises(ValueError, match="tiers"):
            selectors.get_upline(agent_id=1, tiers=tiers)

    def test_a_damaged_tree_ends_every_walk(self) -> None:
        first, second, third = plant([None, 0, 1])
        Agent.objects.filter(pk=first.pk).update(sponsor_id=second.pk)
        assert len(selectors.get_upline(agent_id=third.pk, tiers=10)) == 10
        assert not selectors.stands_above(agent_id=third.pk, member_id=first.pk)


@pytest.mark.django_db
class TestChangeSponsor:
    def test_history_has_no_gap(self) -> None:
        top, other, agent = plant([None, None, 0])
        later = NOW + timedelta(days=10)
        change_sponsor(agent_id=agent.pk, sponsor_id=other.pk, now=later)
        assert parents()[agent.pk] == other.pk
        rows = list(selectors.list_sponsor_history(agent_id=agent.pk))
        assert [(row.sponsor_id, row.valid_from, row.valid_to) for row in rows] == [
            (other.pk, later, None),
            (top.pk, NOW, later),
        ]

    def test_a_late_reader_of_the_clock_does_not_turn_history_back(self) -> None:
        top, other, agent = plant([None, None, 0])
        change_sponsor(agent_id=agent.pk, sponsor_id=other.pk, now=NOW + timedelta(hours=1))
        change_sponsor(agent_id=agent.pk, sponsor_id=top.pk, now=NOW + timedelta(minutes=59))
        rows = list(selectors.list_sponsor_history(agent_id=agent.pk))
        assert [row.sponsor_id for row in rows] == [top.pk, other.pk, top.pk]
        assert rows[1].valid_to == rows[0].valid_from >= rows[1].valid_from

    def test_same_sponsor_changes_nothing(self) -> None:
        top, agent = plant([None, 0])
        change_sponsor(agent_id=agent.pk, sponsor_id=top.pk, now=NOW + timedelta(days=1))
        assert SponsorHistory.objects.filter(agent=agent).count() == 1

    @pytest.mark.parametrize("place", [0, 1, 2, 3])
    def test_nobody_below_becomes_sponsor(self, place: int) -> None:
        agents = plant([None, 0, 1, 2])
        with pytest.raises(CyclicSponsor) as refusal:
            change_sponsor(agent_id=agents[0].pk, sponsor_id=agents[place].pk, now=NOW)
        assert refusal.value.errors[0].field == "sponsor_id"
        assert refusal.value.code == "cyclic_sponsor"
        assert SponsorHistory.objects.count() == 4

    def test_becomes_a_root_with_the_team(self) -> None:
        _top, middle, leaf = plant([None, 0, 1])
        change_sponsor(agent_id=middle.pk, sponsor_id=None, now=NOW)
        assert [member.agent_id for member in selectors.get_upline(agent_id=leaf.pk)] == [middle.pk]

    def test_sponsor_must_exist_and_be_active(self) -> None:
        agent, suspended = plant([None, None])
        suspend_agent(agent_id=suspended.pk)
        with pytest.raises(SponsorNotActive):
            change_sponsor(agent_id=agent.pk, sponsor_id=suspended.pk, now=NOW)
        with pytest.raises(UnknownSponsor):
            change_sponsor(agent_id=agent.pk, sponsor_id=999_999, now=NOW)

    def test_statements_do_not_grow_with_depth(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        agents = plant([None, *range(40)])
        loose = plant_one(agents[0].level_id)
        with django_assert_max_num_queries(12):
            change_sponsor(agent_id=agents[1].pk, sponsor_id=loose.pk, now=NOW)


def plant_one(level_id: int) -> Agent:
    return enrol_agent(name="loose", phone="13700000000", level_id=level_id, now=NOW)


SIZE = 6
MOVES = st.lists(st.tuples(st.integers(0, SIZE - 1), st.none() | st.integers(0, SIZE - 1)), max_size=25)


@pytest.mark.django_db
@settings(max_examples=examples(40))
@given(moves=MOVES)
def test_no_sequence_of_moves_closes_a_circle(moves: list[tuple[int, int | None]]) -> None:
    """Against a model in Python: a move is refused exactly where it would close a circle."""
    with transaction.atomic():
        agents = plant([None] * SIZE)
        model: dict[int, int | None] = {agent.pk: None for agent in agents}
        for step, (moved, above) in enumerate(moves):
            agent_id = agents[moved].pk
            sponsor_id = None if above is None else agents[above].pk
            wanted = {**model, agent_id: sponsor_id}
            moment = NOW + timedelta(minutes=step)
            if has_circle(wanted):
                with pytest.raises(CyclicSponsor):
                    change_sponsor(agent_id=agent_id, sponsor_id=sponsor_id, now=moment)
            else:
                change_sponsor(agent_id=agent_id, sponsor_id=sponsor_id, now=moment)
                model = wanted
            assert parents() == model
        assert open_rows() == model
        for agent in agents:
            rows = list(SponsorHistory.objects.filter(agent=agent).order_by("valid_from", "id"))
            assert [row.valid_to for row in rows[:-1]] == [row.valid_from for row in rows[1:]]
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_opposite_moves_never_make_a_loop(self, live_brand: Brand, at_once: AtOnce) -> None:
        first, second = plant([None, None])

        def hang(agent: Agent, below: Agent, ready: threading.Barrier) -> bool:
            ready.wait()
            try:
                change_sponsor(agent_id=agent.pk, sponsor_id=below.pk, now=NOW)
            except CyclicSponsor:
                return False
            return True

        for _round in range(25):
            ready = threading.Barrier(2, timeout=60)
            done = at_once(partial(hang, first, second, ready), partial(hang, second, first, ready))
            assert sorted(done) == [False, True]
            assert not has_circle(parents())
            for agent in (first, second):
                change_sponsor(agent_id=agent.pk, sponsor_id=None, now=NOW)

    def test_a_ring_of_four_is_never_closed(self, live_brand: Brand, at_once: AtOnce) -> None:
        agents = plant([None] * 4)

        def hang(place: int, ready: threading.Barrier) -> bool:
            ready.wait()
            above = agents[(place + 1) % 4]
            try:
                change_sponsor(agent_id=agents[place].pk, sponsor_id=above.pk, now=NOW)
            except CyclicSponsor:
                return False
            return True

        for _round in range(10):
            ready = threading.Barrier(4, timeout=60)
            done = at_once(*[partial(hang, place, ready) for place in range(4)])
            assert sorted(done) == [False, True, True, True]
            assert not has_circle(parents())
            assert open_rows() == parents()
            for agent in agents:
                change_sponsor(agent_id=agent.pk, sponsor_id=None, now=NOW)

    def test_moves_and_suspensions_mixed_do_not_deadlock(self, live_brand: Brand, at_once: AtOnce) -> None:
        agents = plant([None] * 5)
        ready = threading.Barrier(4, timeout=60)

        def stir(seed: int) -> None:
            ready.wait()
            for step in range(20):
                moved = agents[(seed + step) % 5]
                above = agents[(seed * 3 + step * 2) % 5]
                with suppress(DomainError):
                    change_sponsor(agent_id=moved.pk, sponsor_id=above.pk, now=NOW)
                with suppress(DomainError):
                    suspend_agent(agent_id=above.pk)
                with suppress(DomainError):
                    resume_agent(agent_id=above.pk)

        at_once(*[lambda seed=seed: stir(seed) for seed in range(4)])
        assert not has_circle(parents())
        assert open_rows() == parents()

    def test_the_lock_is_the_brands_own(self, live_brand: Brand, brand: Brand, at_once: AtOnce) -> None:
        """Somebody who moves agents in one brand does not make another brand wait."""
        agent, sponsor = plant([None, None])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(brand.schema_name, TREE_LOCK)])
            at_once(lambda: change_sponsor(agent_id=agent.pk, sponsor_id=sponsor.pk, now=NOW))
        assert parents()[agent.pk] == sponsor.pk
