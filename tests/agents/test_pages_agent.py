"""An agent's page: everything on it, acts as dialogs, and what each role sees."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from tenant_apps.agents.models import Agent, AgentTerm, Certificate, Level
from tenant_apps.agents.services import certificates, levels, sensitive
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.attribution.models import ReferralLink
from tenant_apps.attribution.services import referral_links
from tenant_apps.ranks.services.level_rules import RuleSpec, save_rule
from tenant_apps.ranks.services.results import post_sales

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def gold() -> Level:
    return levels.create_level(code="GOLD", name="金牌", rank=1)


@pytest.fixture
def silver(gold: Level) -> Level:
    return levels.create_level(code="SILVER", name="银牌", rank=2, deposit=Decimal("500.00"), contract_months=12)


@pytest.fixture
def agent(silver: Level) -> Agent:
    made = enrol_agent(name="王小明", phone="13800000001", level_id=silver.pk, now=NOW, code="wang")
    return sensitive.store(agent_id=made.pk, consented=True, id_number=ID_NUMBER, now=NOW)


def page(agent: Agent, action: str = "change") -> str:
    return f"/console/agents/agent/{agent.pk}/{action}/"


def test_everything_is_on_it(console: Client, agent: Agent, gold: Level, silver: Level) -> None:
    spec = RuleSpec("升金牌", "promote", silver.pk, gold.pk, "own", "month", Decimal("1000.00"))
    save_rule(spec=spec, now=NOW)
    post_sales(agent_id=agent.pk, source="order:1", day=clock.business_date(clock.now()), amount=Decimal("400.00"))
    certificate = certificates.issue(agent_id=agent.pk, now=NOW)
    link = referral_links.ensure_link(agent_id=agent.pk, now=NOW)
    text = console.get(page(agent)).content.decode()
    for word in ("WANG", "银牌", "¥600.00", certificate.number, link.code, "110105********002X", "¥400.00"):
        assert word in text
    assert ID_NUMBER not in text
    assert text.count('class="chart"') == 2


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_its_history_speaks_in_words(console: Client, agent: Agent, language: str) -> None:
    console.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    sensitive.look(agent_id=agent.pk, field="id_number", reason="Contract", now=NOW)
    history = console.get(page(agent)).content.decode().partition('id="history"')[2]
    assert history.count("<li>") >= 3
    assert "agents." not in history


def test_one_page_costs_a_handful_of_statements(
    console: Client, agent: Agent, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    console.get(page(agent))
    with django_assert_max_num_queries(60):
        console.get(page(agent))


def test_certificate_acts(console: Client, agent: Agent) -> None:
    assert console.post(page(agent, "certify"), {}).status_code == 302
    first = Certificate.objects.get()
    pdf = console.get(f"/console/certificates/{first.pk}.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert console.post(page(agent, "certify"), {}).status_code == 200  # one is valid already: the dialog says so
    assert console.post(page(agent, "recertify"), {}).status_code == 302
    assert console.post(page(agent, "decertify"), {"reason": ""}).status_code == 200
    assert console.post(page(agent, "decertify"), {"reason": "串货"}).status_code == 302
    assert not Certificate.objects.filter(revoked_at=None).exists()
    assert console.get("/console/certificates/999999.pdf").status_code == 404


def test_contract_acts(console: Client, agent: Agent, silver: Level) -> None:
    assert console.post(page(agent, "renew"), {"ends_on": "2020-01-01"}).status_code == 200
    assert console.post(page(agent, "renew"), {"ends_on": "2029-12-31"}).status_code == 302
    term = AgentTerm.objects.latest("starts_on")
    assert (str(term.ends_on), term.deposit) == ("2029-12-31", Decimal("500.00"))
    assert console.post(page(agent, "deposit_paid"), {}).status_code == 302
    assert console.post(page(agent, "deposit_returned"), {}).status_code == 302
    term.refresh_from_db()
    assert term.deposit_returned_at is not None


def test_a_level_by_hand_needs_a_reason_and_stays_fixed(console: Client, agent: Agent, gold: Level) -> None:
    form = {"level": gold.pk, "reason": "战略合作", "locked_until": "2027-06-30"}
    assert console.post(page(agent, "set_level"), form).status_code == 302
    text = console.get(page(agent)).content.decode()
    assert "战略合作" in text
    assert str(Agent.objects.get(pk=agent.pk).level_locked_until) == "2027-06-30"


def test_a_link_is_made_once(console: Client, agent: Agent) -> None:
    for _time in range(2):
        assert console.post(page(agent, "make_link"), {}).status_code == 302
    assert ReferralLink.objects.filter(agent=agent).count() == 1


@pytest.mark.parametrize("address", ["999999", "x", "99999999999999999999"])
def test_no_such_agent(console: Client, address: str) -> None:
    assert console.get(f"/console/agents/agent/{address}/change/").status_code == 404


ACTS = {
    "edit": "agents.edit",
    "suspend": "agents.approve",
    "resume": "agents.approve",
    "end": "agents.approve",
    "move": "agents.edit",
    "set_level": "agents.edit",
    "renew": "agents.approve",
    "certify": "agents.approve",
    "decertify": "agents.approve",
    "make_link": "agents.edit",
    "set_secrets": "agents.edit",
    "edit_file": "agents.edit",
    "write_note": "agents.edit",
    "add_document": "agents.edit",
    "choose_groups": "agents.edit",
    "anonymise": "agents.approve",
}
MAY = {
    "owner": {"agents.edit", "agents.approve"},
    "manager": {"agents.edit", "agents.approve"},
    "sales": {"agents.edit"},
    "finance": set(),
    "warehouse": set(),
}


@pytest.mark.parametrize("role", MAY)
def test_who_may_press_what(console_as: Callable[[str], Client], agent: Agent, role: str) -> None:
    client = console_as(role)
    assert client.get(page(agent)).status_code == (403 if role == "warehouse" else 200)
    for act, permission in ACTS.items():
        wanted = 200 if permission in MAY[role] else 403
        assert client.get(page(agent, act)).status_code == wanted, act


@pytest.mark.parametrize(
    ("role", "sees"),
    [("owner", {"orders", "commissions"}), ("finance", {"orders", "commissions"}), ("sales", {"orders"})],
)
def test_other_apps_add_their_boxes(
    console_as: Callable[[str], Client], agent: Agent, role: str, sees: set[str]
) -> None:
    text = console_as(role).get(page(agent)).content.decode()
    assert {box for box in ("orders", "commissions") if f'id="{box}"' in text} == sees
