"""Test contracts and their ends: renewal, notice, hand-over, erasure."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail

from kernel.core import clock
from kernel.events import outbox
from shared_apps.accounts.selectors import get_user
from shared_apps.entitlements.models import Quota
from tenant_apps.agents.models import Agent, AgentNote, AgentTerm, SponsorHistory
from tenant_apps.agents.services import notices
from tenant_apps.attribution.models import Binding
from tenant_apps.customers.models import Customer
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.models import LedgerEntry
from tenant_apps.finance.states import AccountCode
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.services import applications
from tenant_apps.recruiting.services.applications import Decision, NewApplication
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

ID_NUMBER = "11010519491231002X"


@pytest.fixture
def level_id(api: ApiClient) -> int:
    body = {"code": "gold", "name": "总代", "rank": 1, "contract_months": 1, "deposit": "500.00"}
    return int(api.post("/api/v1/agent-levels", body).json()["id"])


@pytest.fixture
def join(level_id: int) -> Callable[..., Agent]:
    """Let people become agents, with login and term."""
    phones = iter(range(13_800_000_001, 13_800_000_100))

    def make(sponsor: Agent | None = None) -> Agent:
        new = NewApplication(
            name="王小明",
            phone=str(next(phones)),
            consent_version=1,
            wechat_id="wang_xm",
            id_number=ID_NUMBER,
            sensitive_consent=True,
            channel="抖音",
            experience="三年",
        )
        now = clock.now()
        application, _secret = applications.submit_application(new=new, now=now)
        decision = Decision(level_id=level_id, sponsor_id=sponsor.pk if sponsor else None)
        done = applications.approve_application(
            application_id=application.pk, decision=decision, origin="https://x.example", now=now
        )
        return Agent.objects.get(pk=done.agent_id)

    return make


def path_of(agent: Agent) -> str:
    return f"/api/v1/agents/{agent.pk}"


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def today() -> date:
    return clock.business_date(clock.now())


def test_a_renewal_follows_the_term_before(api: ApiClient, join: Callable[..., Agent]) -> None:
    agent = join()
    certificate = api.post(f"{path_of(agent)}/certificates").json()
    assert agent.valid_until is not None
    until = agent.valid_until + timedelta(days=365)
    term = api.post(f"{path_of(agent)}/terms", {"ends_on": until.isoformat()})
    assert term.status_code == 201, term.content
    assert term.json()["starts_on"] == (agent.valid_until + timedelta(days=1)).isoformat()
    valid, former = api.get(f"{path_of(agent)}/certificates").json()["items"]
    assert (former["id"], valid["valid_until"]) == (certificate["id"], until.isoformat())
    assert former["revoked_at"] is not None
    early = {"starts_on": today().isoformat(), "ends_on": None}
    assert code_of(api.post(f"{path_of(agent)}/terms", early)) == (422, "invalid_term")
    backwards = {"starts_on": (until + timedelta(days=9)).isoformat(), "ends_on": until.isoformat()}
    assert code_of(api.post(f"{path_of(agent)}/terms", backwards)) == (422, "invalid_term")
    assert api.post(f"{path_of(agent)}/terms", {}).status_code == 422
    api.post(f"{path_of(agent)}/end", {})
    assert code_of(api.post(f"{path_of(agent)}/terms", {"ends_on": None})) == (409, "term_not_possible")
    assert len(api.get(f"{path_of(agent)}/terms").json()["items"]) == 2


def deposits_in_ledger() -> list[tuple[str, Decimal]]:
    entries = LedgerEntry.objects.filter(source__startswith="deposit:").order_by("id")
    return [(entry.source.rpartition(":")[2], entry.transfers.get().amount) for entry in entries]


def test_a_deposit_is_paid_once_and_returned_once(api: ApiClient, join: Callable[..., Agent]) -> None:
    term = AgentTerm.objects.get(agent=join())
    path = f"/api/v1/agent-terms/{term.pk}"
    assert code_of(api.post(f"{path}/deposit-returned")) == (409, "deposit_refused")
    assert api.post(f"{path}/deposit-paid").json()["deposit_paid_at"]
    assert code_of(api.post(f"{path}/deposit-paid")) == (409, "deposit_refused")
    outbox.deliver_pending()
    assert deposits_in_ledger() == [("paid", Decimal("500.00"))]
    trial = finance.trial_balance()
    assert trial.balance_of(AccountCode.BANK) == trial.balance_of(AccountCode.OTHER_PAYABLES) == Decimal("500.00")
    assert api.post(f"{path}/deposit-returned").json()["deposit_returned_at"]
    assert code_of(api.post(f"{path}/deposit-returned")) == (409, "deposit_refused")
    outbox.deliver_pending()
    assert deposits_in_ledger() == [("paid", Decimal("500.00")), ("returned", Decimal("500.00"))]
    assert finance.trial_balance().balance_of(AccountCode.OTHER_PAYABLES) == 0
    assert code_of(api.post("/api/v1/agent-terms/999/deposit-paid")) == (404, "term_not_found")


def test_notices_go_out_once_each_and_anew_after_a_renewal(api: ApiClient, join: Callable[..., Agent]) -> None:
    agent = join()
    now = clock.now()
    day = timedelta(days=1)

    def left(days: int) -> int:
        Agent.objects.filter(id=agent.pk).update(valid_until=today() + days * day)
        return notices.record_endings(now=now)

    assert left(31) == 0
    Agent.objects.filter(id=agent.pk).update(valid_until=today() + 30 * day)
    sent = [notices.record_endings(now=now + passed * day) for passed in (0, 1, 22, 23, 24, 28, 29, 30, 31)]
    assert sent == [1, 0, 0, 1, 0, 0, 1, 0, 0]
    outbox.deliver_pending(limit=50)
    assert [letter.to for letter in mail.outbox] == [["owner@acme.example"]] * 3
    assert agent.code in mail.outbox[0].subject
    assert left(5) == 1  # another end: noticed anew, and the 30 days that were missed are not made up for
    (row,) = api.get("/api/v1/agent-contracts/ending?within_days=7").json()["items"]
    assert row["id"] == agent.pk
    assert api.get("/api/v1/agent-contracts/ending?within_days=400").status_code == 422


def test_termination_hands_over_team_and_customers(api: ApiClient, join: Callable[..., Agent]) -> None:
    top = join()
    leaver = join(top)
    team = [join(leaver) for _number in range(3)]
    now = clock.now()
    for name in ("甲", "乙"):
        Binding.objects.create(
            customer=Customer.objects.create(name=name),
            agent=leaver,
            source="link",
            bound_at=now - timedelta(days=1),
            protected_until=now + timedelta(days=9),
            expires_at=now + timedelta(days=99),
        )
    api.post(f"{path_of(leaver)}/certificates")
    used = Quota.objects.get(name="agents").used
    path = f"{path_of(leaver)}/terminate"
    reason = "违约"
    assert code_of(api.post(path, {"successor_id": None, "reason": reason})) == (422, "successor_needed")
    assert code_of(api.post(path, {"successor_id": leaver.pk, "reason": reason}))[0] in {409, 422}
    assert code_of(api.post(path, {"successor_id": 99_999, "reason": reason})) == (422, "unknown_sponsor")
    assert api.post(path, {"successor_id": top.pk, "reason": ""}).status_code == 422
    leaver.refresh_from_db()
    assert leaver.state == "active"  # nothing of a refused hand-over stays
    done = api.post(path, {"successor_id": team[0].pk, "reason": reason})
    assert done.json() == {"agent_id": leaver.pk, "team": 2, "customers": 2}
    for agent in (*team, leaver):
        agent.refresh_from_db()
    assert [agent.sponsor_id for agent in team] == [top.pk, team[0].pk, team[0].pk]
    assert (leaver.state, leaver.valid_until) == ("ended", today())
    assert SponsorHistory.objects.filter(sponsor=leaver, valid_to__isnull=False).count() == 3
    assert Binding.objects.filter(agent=team[0], ended_at=None).count() == 2
    assert Binding.objects.filter(agent=leaver, ended_because="handed_over").count() == 2
    assert not leaver.certificates.filter(revoked_at=None).exists()
    login = get_user(user_id=leaver.user_id or 0)
    assert login is not None
    assert not login.is_active
    assert Quota.objects.get(name="agents").used == used - 1
    assert code_of(api.post(path, {"successor_id": top.pk, "reason": reason}))[0] == 409
    assert code_of(api.post(f"{path_of(leaver)}/welcome")) == (409, "no_login")


def test_who_has_ended_is_forgotten_on_request_and_the_trade_stays(api: ApiClient, join: Callable[..., Agent]) -> None:
    agent = join()
    api.post(f"{path_of(agent)}/notes", {"text": "王小明的电话"})
    path = f"{path_of(agent)}/anonymise"
    assert code_of(api.post(path, {"reason": "本人要求"})) == (409, "agent_not_gone")
    api.post(f"{path_of(agent)}/terminate", {"successor_id": None, "reason": "离开"})
    assert api.post(path, {"reason": ""}).status_code == 422
    gone = api.post(path, {"reason": "本人要求"}).json()
    assert (gone["name"], gone["phone"], gone["id_number"]) == (f"#{agent.pk}", f"+999{agent.pk:011d}", "")
    assert code_of(api.post(path, {"reason": "again"})) == (409, "anonymised_already")
    fresh = Agent.objects.get(id=agent.pk)
    assert (fresh.wechat_id, fresh.identity_digest, fresh.channel) == ("", "", "")
    assert (fresh.code, fresh.joined_at, AgentTerm.objects.filter(agent=agent).count()) == (
        agent.code,
        agent.joined_at,
        1,
    )
    assert not AgentNote.objects.exists()
    application = Application.objects.get(agent=agent)
    assert (application.name, application.experience, application.id_number) == (fresh.name, "", "")
    login = get_user(user_id=agent.user_id or 0)
    assert login is not None
    assert (login.name, login.phone, login.is_active) == (fresh.name, fresh.phone, False)
    again = NewApplication(name="王小明", phone=agent.phone, consent_version=1)
    assert applications.submit_application(new=again, now=clock.now())  # a stranger by that number begins anew
    assert code_of(api.post("/api/v1/agents/999/anonymise", {"reason": "x"})) == (404, "agent_not_found")
