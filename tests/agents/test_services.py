"""Levels, the life of an agent, and what is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.core.states import IllegalTransition
from kernel.models import AuditRecord
from tenant_apps.agents.models import Agent, Level, SponsorHistory
from tenant_apps.agents.rules import agents as rules
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import enrolment, sensitive
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import (
    DuplicateLevel,
    InvalidLevel,
    LevelInUse,
    UnknownLevel,
    change_level,
    create_level,
    delete_level,
    move_to_level,
)
from tenant_apps.agents.services.lifecycle import (
    end_agent,
    resume_agent,
    suspend_agent,
)
from tenant_apps.agents.services.register import DuplicateAgent, InvalidAgent, change_agent
from tenant_apps.agents.services.tree import SponsorNotActive, UnknownSponsor
from tenant_apps.agents.states import AgentState, AgentStatus

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


@pytest.fixture
def level() -> Level:
    return create_level(code="gold", name="总代", rank=1)


@pytest.fixture
def hire(level: Level) -> Callable[..., Agent]:
    """Enrol an agent."""
    count = 0

    def make(*, sponsor: Agent | None = None, now: datetime = NOW, **details: object) -> Agent:
        nonlocal count
        count += 1
        return enrol_agent(
            name=f"代理 {count}",
            phone=f"1380000{count:04d}",
            level_id=level.pk,
            now=now,
            sponsor_id=sponsor.pk if sponsor else None,
            **details,  # type: ignore[arg-type]
        )

    return make


Hire = Callable[..., Agent]


class TestLevels:
    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"code": "GOLD", "name": "x", "rank": 2}, "code"),
            ({"code": "x", "name": "总代", "rank": 2}, "name"),
            ({"code": "x", "name": "x", "rank": 1}, "rank"),
        ],
    )
    def test_code_name_and_rank_are_unique(self, level: Level, fields: dict[str, object], field: str) -> None:
        with pytest.raises(DuplicateLevel) as refusal:
            create_level(**fields)  # type: ignore[arg-type]
        assert refusal.value.errors[0].field == field

    def test_ranks_begin_with_one(self) -> None:
        with pytest.raises(InvalidLevel) as refusal:
            create_level(code="x", name="x", rank=0)
        assert refusal.value.errors[0].field == "rank"

    def test_levels_created_out_of_order(self) -> None:
        create_level(code="C", name="c", rank=3)
        create_level(code="A", name="a", rank=1)
        create_level(code="B", name="b", rank=2)
        assert [level.code for level in selectors.list_levels()] == ["A", "B", "C"]

    def test_level_in_use_stays(self, level: Level, hire: Hire) -> None:
        hire()
        with pytest.raises(LevelInUse):
            delete_level(level_id=level.pk)

    def test_change(self, level: Level) -> None:
        assert change_level(level_id=level.pk, code="top").code == "TOP"


class TestRegistration:
    def test_codes_are_made_up(self, level: Level) -> None:
        agent = enrol_agent(name="王小明", phone="13800000001", level_id=level.pk, now=NOW)
        assert (agent.phone, agent.state, agent.joined_at) == ("+8613800000001", AgentState.ACTIVE, NOW)
        assert agent.code.startswith("A")
        assert len(agent.referral_code) == 8

    def test_taken_made_up_codes_are_made_up_again(
        self, level: Level, hire: Hire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = hire()
        codes = iter([first.code, "22222222", "A2222222", first.referral_code, "A3333333", "33333333"])
        monkeypatch.setattr(rules, "make_agent_code", lambda: next(codes))
        monkeypatch.setattr(enrolment, "make_code", lambda _length: next(codes))
        agent = enrol_agent(name="x", phone="13900000001", level_id=level.pk, now=NOW)
        assert (agent.code, agent.referral_code) == ("A3333333", "33333333")

    def test_given_code_of_another_is_refused(self, level: Level, hire: Hire) -> None:
        hire(code="vip")
        with pytest.raises(DuplicateAgent) as refusal:
            enrol_agent(name="x", phone="13900000001", level_id=level.pk, now=NOW, code="VIP")
        assert refusal.value.errors[0].field == "code"

    def test_phone_of_another_is_refused(self, level: Level, hire: Hire) -> None:
        hire()
        with pytest.raises(DuplicateAgent) as refusal:
            enrol_agent(name="x", phone="+86 138 0000 0001", level_id=level.pk, now=NOW)
        assert refusal.value.errors[0].field == "phone"

    def test_unknown_level_and_sponsor(self, level: Level) -> None:
        with pytest.raises(UnknownLevel):
            enrol_agent(name="x", phone="13900000001", level_id=999_999, now=NOW)
        with pytest.raises(UnknownSponsor):
            enrol_agent(name="x", phone="13900000001", level_id=level.pk, now=NOW, sponsor_id=999_999)

    def test_sponsor_must_be_active_today(self, level: Level, hire: Hire) -> None:
        expired = hire(valid_until=date(2026, 11, 20), now=NOW - timedelta(days=9))
        with pytest.raises(SponsorNotActive) as refusal:
            hire(sponsor=expired)
        assert refusal.value.errors[0].field == "sponsor_id"
        assert hire(sponsor=hire(valid_until=TODAY))

    def test_secrets_are_encrypted_and_the_audit_log_shows_none(self, hire: Hire) -> None:
        agent = hire()
        numbers = {"id_number": "11010519491231002X", "bank_card": "4111111111111111"}
        sensitive.store(agent_id=agent.pk, consented=True, now=NOW, **numbers)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id_number, bank_card FROM agents_agent WHERE id = %s", [agent.pk])
            stored = cursor.fetchone()
        assert "19491231" not in stored[0]
        assert "4111" not in stored[1]
        sensitive.store(agent_id=agent.pk, consented=False, now=NOW, bank_card="6222021234567890128")
        change_agent(agent_id=agent.pk, phone="13700000001")
        fresh = selectors.get_agent(agent_id=agent.pk)
        assert (fresh.id_number, fresh.bank_card) == ("11010519491231002X", "6222021234567890128")
        log = str(list(AuditRecord.objects.values_list("before", "after")))
        for secret in ("19491231", "4111111111111111", "6222021234567890128", "13700000001"):
            assert secret not in log

    def test_every_wrong_field_is_named(self, level: Level) -> None:
        with pytest.raises(InvalidAgent) as refusal:
            enrol_agent(name="x", phone="12", level_id=level.pk, now=NOW, code="a b")
        assert {error.field for error in refusal.value.errors} == {"phone", "code"}


class TestLife:
    def test_every_step(self, level: Level) -> None:
        agent = enrol_agent(name="x", phone="13900000001", level_id=level.pk, now=NOW)
        suspend_agent(agent_id=agent.pk, reason="复核")
        resumed = resume_agent(agent_id=agent.pk)
        assert (resumed.state, resumed.joined_at) == (AgentState.ACTIVE, NOW)
        assert end_agent(agent_id=agent.pk).state == AgentState.ENDED
        actions = (
            AuditRecord.objects.filter(subject=f"agent:{agent.pk}").order_by("id").values_list("action", flat=True)
        )
        assert list(actions) == [
            "agents.registered",
            "agents.suspended",
            "agents.active",
            "agents.ended",
        ]

    def test_steps_that_are_not_possible(self, hire: Hire) -> None:
        agent = hire()
        with pytest.raises(IllegalTransition):
            resume_agent(agent_id=agent.pk)
        suspend_agent(agent_id=agent.pk)
        with pytest.raises(IllegalTransition):
            suspend_agent(agent_id=agent.pk)
        end_agent(agent_id=agent.pk)
        for step in (suspend_agent, resume_agent, end_agent):
            with pytest.raises(IllegalTransition):
                step(agent_id=agent.pk)

    def test_who_ended_comes_back_as_the_same_agent(self, hire: Hire, level: Level) -> None:
        agent = hire(code="WANG")
        end_agent(agent_id=agent.pk)
        back = enrol_agent(name="王", phone=agent.phone, level_id=level.pk, now=NOW)
        assert (back.pk, back.code, back.state, back.name) == (agent.pk, "WANG", AgentState.ACTIVE, "王")

    def test_unknown_agent(self) -> None:
        with pytest.raises(selectors.AgentNotFound):
            suspend_agent(agent_id=999_999)

    def test_another_level(self, hire: Hire) -> None:
        silver = create_level(code="S", name="银", rank=2)
        agent = hire()
        assert move_to_level(agent_id=agent.pk, level_id=silver.pk, reason="good work", now=NOW).level_id == silver.pk
        with pytest.raises(UnknownLevel):
            move_to_level(agent_id=agent.pk, level_id=999_999, reason="good work", now=NOW)


class TestSelling:
    def test_by_id_code_and_referral_code(self, hire: Hire) -> None:
        agent = hire(code="WANG")
        assert selectors.get_selling_agent(agent_id=agent.pk, as_of=TODAY) == agent
        assert selectors.get_selling_agent(code=" wang ", as_of=TODAY) == agent
        assert selectors.get_selling_agent(code=agent.referral_code.lower(), as_of=TODAY) == agent

    def test_own_code_wins_over_anothers_referral_code(self, hire: Hire) -> None:
        first = hire()
        second = hire(code=first.referral_code)
        assert selectors.get_selling_agent(code=first.referral_code, as_of=TODAY) == second

    def test_last_day_of_the_contract(self, hire: Hire) -> None:
        agent = hire(valid_until=TODAY)
        assert selectors.get_selling_agent(agent_id=agent.pk, as_of=TODAY).status(TODAY) == AgentStatus.ACTIVE
        with pytest.raises(selectors.AgentExpired) as refusal:
            selectors.get_selling_agent(agent_id=agent.pk, as_of=date(2026, 11, 22))
        assert refusal.value.errors[0].field == "agent_id"

    def test_suspended_and_ended_do_not_sell(self, hire: Hire) -> None:
        ended = hire()
        end_agent(agent_id=ended.pk)
        suspended = hire()
        suspend_agent(agent_id=suspended.pk)
        for agent in (ended, suspended):
            with pytest.raises(selectors.AgentNotActive):
                selectors.get_selling_agent(agent_id=agent.pk, as_of=TODAY)

    @pytest.mark.parametrize("code", ["NOBODY", "", "  "])
    def test_unknown_code(self, code: str) -> None:
        with pytest.raises(selectors.AgentNotFound) as refusal:
            selectors.get_selling_agent(code=code, as_of=TODAY)
        assert refusal.value.errors[0].field == "agent_code"

    def test_lists_by_what_holds_today(self, hire: Hire) -> None:
        active = hire()
        expired = hire(valid_until=date(2026, 11, 20), now=NOW - timedelta(days=9))
        last_day = hire(valid_until=TODAY)
        suspended = hire()
        suspend_agent(agent_id=suspended.pk)

        def listed(status: str) -> set[Agent]:
            return set(selectors.list_agents(as_of=TODAY, status=status))

        assert listed("active") == {active, last_day}
        assert listed("expired") == {expired}
        assert listed("suspended") == {suspended}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE agents_agent SET sponsor_id = id WHERE id = %s",
        "UPDATE agents_agent SET state = 'gone' WHERE id = %s",
        "UPDATE agents_agent SET phone = '13800000000' WHERE id = %s",
        "UPDATE agents_agent SET code = 'lower' WHERE id = %s",
        "UPDATE agents_agent SET joined_at = NULL WHERE id = %s",
        "INSERT INTO agents_sponsorhistory (agent_id, valid_from) VALUES (%s, now())",
        "UPDATE agents_sponsorhistory SET valid_to = valid_from - interval '1 second' WHERE agent_id = %s",
        "UPDATE agents_level SET rank = 0 WHERE id = (SELECT level_id FROM agents_agent WHERE id = %s)",
    ],
)
def test_the_database_refuses(hire: Hire, sql: str) -> None:
    agent = hire()
    assert SponsorHistory.objects.filter(agent=agent, valid_to=None).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [agent.pk])
