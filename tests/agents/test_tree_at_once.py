"""Random moves by several connections at once: no circle, nobody lost, each history without gap or overlap."""

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from kernel.core.errors import DomainError
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.selectors.tree import get_ancestors
from tenant_apps.agents.services.tree import change_sponsor, hand_over_team
from tests.factories.network import JOINED, grow
from tests.factories.parallel import AtOnce

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SIZE = 12
HANDS = 4
MOVES = 15


def assert_tree_is_sound(agent_ids: list[int]) -> None:
    parents = dict(Agent.objects.values_list("id", "sponsor_id"))
    assert sorted(parents) == sorted(agent_ids)
    for agent_id in agent_ids:
        # Whoever hangs in a circle has no root above.
        line = [agent_id, *(above.agent_id for above in get_ancestors(agent_id=agent_id))]
        assert parents[line[-1]] is None
    for agent_id in agent_ids:
        rows = list(SponsorHistory.objects.filter(agent_id=agent_id).order_by("id"))
        assert rows[0].valid_from == JOINED
        assert [row.valid_to for row in rows[:-1]] == [row.valid_from for row in rows[1:]]
        assert (rows[-1].valid_to, rows[-1].sponsor_id) == (None, parents[agent_id])
        assert all(row.valid_to is None or row.valid_to >= row.valid_from for row in rows)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(4))
def test_random_moves_by_many_hands(live_brand: Brand, at_once: AtOnce, seed: int) -> None:
    luck = random.Random(seed)  # repeatable, no secret
    agents = grow([None, *[luck.choice([None, luck.randrange(place)]) for place in range(1, SIZE)]])
    ids = [agent.pk for agent in agents]
    ready = threading.Barrier(HANDS, timeout=60)

    def stir(hand: int) -> int:
        own = random.Random(seed * 100 + hand)
        done = 0
        ready.wait()
        for step in range(MOVES):
            # Clocks of different machines disagree by some milliseconds.
            moment = NOW + timedelta(milliseconds=step * 10 + own.randrange(-30, 30))
            with suppress(DomainError):
                if own.random() < 0.15:
                    hand_over_team(agent_id=own.choice(ids), successor_id=own.choice(ids), now=moment)
                else:
                    change_sponsor(agent_id=own.choice(ids), sponsor_id=own.choice([None, *ids]), now=moment)
                done += 1
        return done

    assert sum(at_once(*[lambda hand=hand: stir(hand) for hand in range(HANDS)])) > 0
    assert_tree_is_sound(ids)
    for agent_id in ids:
        history = list(SponsorHistory.objects.filter(agent_id=agent_id).order_by("id"))
        for row in history:
            if row.valid_to is None or row.valid_to > row.valid_from:
                upline = get_ancestors(agent_id=agent_id, as_of=row.valid_from)
                assert [above.agent_id for above in upline[:1]] == [row.sponsor_id] * (row.sponsor_id is not None)
