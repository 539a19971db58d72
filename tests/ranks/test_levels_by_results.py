"""Levels by results: what the nightly evaluation proposes, applies, lapses; what is promised to the agent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.events.outbox import deliver_pending
from kernel.models import AuditRecord
from tenant_apps.agents.models import Agent, Level, LevelChange
from tenant_apps.agents.services.levels import move_to_level
from tenant_apps.agents.services.lifecycle import suspend_agent
from tenant_apps.agents.services.tree import change_sponsor
from tenant_apps.ranks.models import LevelProposal
from tenant_apps.ranks.selectors.outlook import get_outlook
from tenant_apps.ranks.services.evaluation import evaluate_levels
from tenant_apps.ranks.services.level_rules import (
    save_rule,
)
from tenant_apps.ranks.services.proposals import (
    AgentMovedOn,
    GraceRunning,
    ProposalDecided,
    apply_proposal,
    decline_proposal,
)
from tests.factories.level_rules import at, down, level_of, open_proposals, up
from tests.factories.network import grow, rung, sold

pytestmark = pytest.mark.django_db


class TestPromotion:
    def test_proposed_with_its_figures_then_applied_by_staff(self, levels: tuple[Level, Level]) -> None:
        rule = save_rule(spec=up(levels), now=at(6, 1))
        reached, short = grow([None, None], levels[1])
        sold(reached, date(2026, 6, 3), 1200)
        sold(reached, date(2026, 6, 10), -200)
        sold(short, date(2026, 6, 3), 1200)
        sold(short, date(2026, 6, 10), -201)
        sold(short, date(2026, 5, 10), 999)
        done = evaluate_levels(now=at(6, 11))
        assert (done.found, done.proposed, done.applied) == (1, 1, 0)
        (proposal,) = open_proposals()
        assert (proposal.agent_id, proposal.net_sales, proposal.threshold) == (reached.pk, 1000, 1000)
        assert (proposal.period_from, proposal.period_to) == (date(2026, 6, 1), date(2026, 6, 12))
        assert evaluate_levels(now=at(6, 11, 3)).proposed == 0
        apply_proposal(proposal_id=proposal.pk, now=at(6, 12))
        assert (level_of(reached), level_of(short)) == ("GOLD", "SILVER")
        change = LevelChange.objects.filter(agent=reached).latest("id")
        assert (change.cause, change.figures["net_sales"], change.figures["rule_id"]) == (
            "rule",
            "1000.00",
            str(rule.pk),
        )
        with pytest.raises(ProposalDecided):
            apply_proposal(proposal_id=proposal.pk, now=at(6, 12))

    def test_last_month_counts_until_this_month_is_over(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels), now=at(6, 1))
        (agent,) = grow([None], levels[1])
        sold(agent, date(2026, 6, 30), 1000)
        assert evaluate_levels(now=at(7, 1)).proposed == 1
        assert evaluate_levels(now=at(7, 31)).lapsed == 0
        assert evaluate_levels(now=at(8, 1)).lapsed == 1
        assert LevelProposal.objects.get().state == "lapsed"

    def test_a_refund_takes_the_proposal_back(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels), now=at(6, 1))
        (agent,) = grow([None], levels[1])
        sold(agent, date(2026, 6, 3), 1000)
        evaluate_levels(now=at(6, 4))
        sold(agent, date(2026, 6, 4), -1)
        assert evaluate_levels(now=at(6, 5)).lapsed == 1
        sold(agent, date(2026, 6, 5), 1)
        assert evaluate_levels(now=at(6, 6)).proposed == 1

    def test_declined_is_not_asked_again_about_the_same_time(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels), now=at(6, 1))
        (agent,) = grow([None], levels[1])
        sold(agent, date(2026, 6, 3), 1000)
        evaluate_levels(now=at(6, 4))
        decline_proposal(proposal_id=open_proposals()[0].pk, reason="under watch", now=at(6, 5))
        assert evaluate_levels(now=at(6, 6)).proposed == 0
        assert evaluate_levels(now=at(7, 2)).proposed == 0
        sold(agent, date(2026, 7, 3), 1000)
        assert evaluate_levels(now=at(7, 4)).proposed == 1

    def test_applied_by_itself_for_many_in_few_statements(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels, mode="apply"), now=at(6, 1))
        agents = grow([None] * 12, levels[1])
        for agent in agents:
            sold(agent, date(2026, 6, 3), 1000)
        with CaptureQueriesContext(connection) as queries:
            assert evaluate_levels(now=at(6, 4)).applied == 12
        assert len(queries) <= 25
        assert Agent.objects.filter(level=levels[0], level_since=at(6, 4)).count() == 12
        assert LevelProposal.objects.filter(state="applied").count() == 12
        assert LevelChange.objects.filter(cause="rule").count() == 12
        audited = AuditRecord.objects.filter(action="agents.level", subject__startswith="agent:", before__isnull=False)
        assert audited.count() == 12
        assert (audited[0].after or {})["net_sales"] == "1000.00"

    def test_team_sales_count_the_team_of_that_time(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels, measure="team"), now=at(6, 1))
        top, middle, leaf, other = grow([None, 0, 1, None], levels[1])
        sold(leaf, date(2026, 6, 20), 1000)
        change_sponsor(agent_id=middle.pk, sponsor_id=other.pk, now=at(7, 2))
        evaluate_levels(now=at(7, 3))
        assert {one.agent_id for one in open_proposals()} == {leaf.pk, middle.pk, top.pk}
        sold(leaf, date(2026, 7, 3), 1000)
        evaluate_levels(now=at(8, 1))
        assert {one.agent_id for one in open_proposals()} == {leaf.pk, middle.pk, other.pk}

    def test_quarter_and_rolling(self, levels: tuple[Level, Level]) -> None:
        gold, silver = levels
        top = rung("TOP", 3)
        save_rule(spec=up(levels, period="quarter"), now=at(6, 1))
        save_rule(
            spec=up(levels, from_level_id=top.pk, to_level_id=silver.pk, period="rolling", rolling_days=30),
            now=at(6, 1),
        )
        (by_quarter,) = grow([None], silver)
        (by_window,) = grow([None], top)
        for agent in (by_quarter, by_window):
            sold(agent, date(2026, 4, 1), 500)
            sold(agent, date(2026, 6, 15), 500)
        evaluate_levels(now=at(6, 16))
        assert [one.agent_id for one in open_proposals()] == [by_quarter.pk]
        sold(by_window, date(2026, 7, 14), 500)
        evaluate_levels(now=at(7, 14))
        assert by_window.pk in {one.agent_id for one in open_proposals()}
        assert evaluate_levels(now=at(7, 17)).lapsed == 1
        assert gold.pk == open_proposals()[0].to_level_id


class TestDemotion:
    def test_only_for_whole_periods_on_the_level(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=down(levels, mode="apply"), now=at(6, 1))
        (old,) = grow([None], levels[0])
        (new,) = grow([None], levels[0], joined=at(6, 2))
        assert evaluate_levels(now=at(6, 30)).applied == 1  # May was over, and the older was there all of it
        assert (level_of(old), level_of(new)) == ("SILVER", "GOLD")
        assert evaluate_levels(now=at(7, 1)).applied == 0
        assert evaluate_levels(now=at(8, 1)).applied == 1
        assert level_of(new) == "SILVER"

    def test_grace_gives_time_to_catch_up(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=down(levels, mode="apply", grace_days=10), now=at(6, 1))
        saved, lost = grow([None, None], levels[0])
        assert evaluate_levels(now=at(6, 1)).proposed == 2
        first = open_proposals()[0]
        assert first.effective_on == date(2026, 6, 11)
        with pytest.raises(GraceRunning):
            apply_proposal(proposal_id=first.pk, now=at(6, 5))
        assert evaluate_levels(now=at(6, 5)).proposed == 0
        assert open_proposals()[0].effective_on == date(2026, 6, 11)  # grace does not begin anew
        sold(saved, date(2026, 6, 6), 500)
        done = evaluate_levels(now=at(6, 11))
        assert (done.lapsed, done.applied) == (1, 1)
        assert (level_of(saved), level_of(lost)) == ("GOLD", "SILVER")

    def test_locked_frozen_and_moved_are_left_alone(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=down(levels), now=at(6, 1))
        locked, frozen, moved, free = grow([None] * 4, levels[0])
        move_to_level(
            agent_id=locked.pk, level_id=levels[0].pk, reason="promised", now=at(6, 1), locked_until=date(2026, 7, 1)
        )
        evaluate_levels(now=at(6, 1))
        assert {one.agent_id for one in open_proposals()} == {frozen.pk, moved.pk, free.pk}
        suspend_agent(agent_id=frozen.pk)
        proposal = LevelProposal.objects.get(agent=frozen)
        with pytest.raises(AgentMovedOn):
            apply_proposal(proposal_id=proposal.pk, now=at(6, 2))
        move_to_level(agent_id=moved.pk, level_id=levels[1].pk, reason="asked for it", now=at(6, 2))
        deliver_pending()
        assert LevelProposal.objects.get(agent=moved).state == "lapsed"
        assert evaluate_levels(now=at(6, 3)).lapsed == 1
        assert [one.agent_id for one in open_proposals()] == [free.pk]
        assert evaluate_levels(now=at(7, 2)).proposed == 1  # the lock is over

    def test_rising_wins_over_falling(self, levels: tuple[Level, Level]) -> None:
        gold, silver = levels
        bronze = rung("BRONZE", 3)
        save_rule(spec=down(levels, from_level_id=silver.pk, to_level_id=bronze.pk, grace_days=20), now=at(6, 1))
        save_rule(spec=up(levels, period="rolling", rolling_days=90), now=at(6, 1))
        (agent,) = grow([None], silver)
        evaluate_levels(now=at(6, 1))
        assert [one.to_level_id for one in open_proposals()] == [bronze.pk]
        sold(agent, date(2026, 4, 10), 1000)  # an import of what was sold before
        evaluate_levels(now=at(6, 2))
        assert [one.to_level_id for one in open_proposals()] == [gold.pk]


class TestOutlook:
    def test_how_much_more_until_when(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels), now=at(6, 1))
        (agent,) = grow([None], levels[1])
        sold(agent, date(2026, 6, 3), Decimal("250.50"))
        (outlook,) = get_outlook(agent_id=agent.pk, now=at(6, 10))
        assert (outlook.aim, outlook.level_name, outlook.missing) == ("reach", "GOLD", Decimal("749.50"))
        assert (outlook.since, outlook.until) == (date(2026, 6, 1), date(2026, 6, 30))
        sold(agent, date(2026, 6, 9), 5000)
        assert get_outlook(agent_id=agent.pk, now=at(6, 10))[0].missing == 0

    def test_to_keep_in_grace_and_after_a_late_start(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=down(levels, grace_days=10), now=at(6, 1))
        (old,) = grow([None], levels[0])
        (new,) = grow([None], levels[0], joined=at(6, 2))
        (before,) = get_outlook(agent_id=old.pk, now=at(5, 20))
        assert (before.aim, before.until, before.missing) == ("keep", date(2026, 5, 31), Decimal(500))
        assert not before.in_grace
        evaluate_levels(now=at(6, 1))
        sold(old, date(2026, 6, 2), 100)
        (grace,) = get_outlook(agent_id=old.pk, now=at(6, 3))
        assert (grace.in_grace, grace.until, grace.missing) == (True, date(2026, 6, 10), Decimal(400))
        (later,) = get_outlook(agent_id=new.pk, now=at(6, 3))
        assert (later.since, later.until, later.missing) == (date(2026, 7, 1), date(2026, 7, 31), Decimal(500))

    def test_what_is_promised_is_kept(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=up(levels, period="rolling", rolling_days=60, mode="apply"), now=at(6, 1))
        for fen, expected in ((Decimal(0), "GOLD"), (Decimal("-0.01"), "SILVER")):
            (agent,) = grow([None], levels[1])
            sold(agent, date(2026, 5, 30), 300)
            (outlook,) = get_outlook(agent_id=agent.pk, now=at(6, 10))
            sold(agent, outlook.until, outlook.missing + fen)
            evaluate_levels(now=datetime(2026, outlook.until.month, outlook.until.day, 12, tzinfo=UTC))
            assert level_of(agent) == expected

    def test_a_fixed_level_says_so(self, levels: tuple[Level, Level]) -> None:
        save_rule(spec=down(levels), now=at(6, 1))
        (agent,) = grow([None], levels[0])
        Agent.objects.filter(pk=agent.pk).update(level_locked_until=date(2026, 9, 30))
        assert get_outlook(agent_id=agent.pk, now=at(6, 3))[0].fixed_until == date(2026, 9, 30)
        assert get_outlook(agent_id=agent.pk, now=at(6, 3) + timedelta(days=150))[0].fixed_until is None
