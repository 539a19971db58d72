"""Boxes of an agent's page about the person: who it is, the contract, what is sensitive, certificates, links."""

from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.display import Tone
from console.money import format_money
from console.panels import Fact, Panel, Row, facts, written
from console.rates import percent_text
from kernel.core.errors import Text
from shared_apps.accounts import selectors as accounts
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import certificates as certificate_reads

SHOWN = 6


def person(request: HttpRequest, agent: Agent) -> Panel:
    """Name, ways to reach the agent, where and how the agent sells."""
    adviser = accounts.get_user(user_id=agent.adviser_id) if agent.adviser_id else None
    discount = percent_text(agent.personal_discount) if agent.personal_discount else ""
    return Panel(
        key="person",
        title=_("Person"),
        icon="person",
        acting=("edit", "edit_file", "welcome"),
        facts=facts(
            [
                (pgettext_lazy("person", "Name"), agent.name),
                (_("Phone"), agent.phone),
                (_("WeChat id"), agent.wechat_id),
                (_("Region"), agent.region),
                (_("Sells through"), agent.channel),
                (_("Joined"), agent.joined_at),
                (_("Adviser"), adviser.name if adviser else ""),
                (_("Personal discount"), discount),
                (_("Sign-in"), _("has a login") if agent.user_id else _("none")),
            ]
        ),
    )


def contract(request: HttpRequest, agent: Agent) -> Panel:
    """The terms with their deposits, the newest first."""
    rows = []
    for term in agent.terms.select_related("level").order_by("-starts_on")[:SHOWN]:
        label, tone = _deposit(term.deposit_paid_at, term.deposit_returned_at) if term.deposit else ("", "")
        end = written(term.ends_on) if term.ends_on else gettext("without an end")
        rows.append(
            Row(
                title=f"{written(term.starts_on)} – {end}",
                note=term.level.name,
                side=format_money(term.deposit) if term.deposit else "",
                label=label,
                tone=tone,
            )
        )
    return Panel(
        key="contract",
        title=_("Contract and deposit"),
        icon="contract",
        acting=("renew", "deposit_paid", "deposit_returned"),
        facts=[Fact(_("Valid until"), written(agent.valid_until) if agent.valid_until else _("without an end"))],
        rows=rows,
    )


def _deposit(paid: datetime | None, returned: datetime | None) -> tuple[Text, Tone]:
    if returned:
        return _("Deposit returned"), ""
    return (_("Deposit paid"), "success") if paid else (_("Deposit due"), "warning")


def certificate(request: HttpRequest, agent: Agent) -> Panel:
    """Show the certificate that consumers can check."""
    rows = [
        Row(
            title=one.number,
            note=_period(one.valid_from, one.valid_until, one.level_name),
            label=_("Revoked") if one.revoked_at else _("Valid"),
            tone="" if one.revoked_at else "success",
            more="" if one.revoked_at else "PDF",
            more_link="" if one.revoked_at else reverse("agents:certificate_pdf", args=[one.pk]),
        )
        for one in certificate_reads.list_certificates(agent_id=agent.pk)[:SHOWN]
    ]
    return Panel(
        key="certificates",
        title=_("Certificates"),
        icon="workspace_premium",
        acting=("certify", "recertify", "decertify"),
        rows=rows,
        empty=_("None yet."),
    )


def _period(since: object, until: object, level: str) -> str:
    end = written(until) if until else gettext("without an end")
    return f"{level} · {written(since)} – {end}"
