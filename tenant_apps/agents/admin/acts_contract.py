"""Buttons of an agent's page: terms, deposits, certificates, links, the way in."""

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.agents.admin.forms import NeededReasonForm, RenewForm
from tenant_apps.agents.models import Agent, AgentTerm
from tenant_apps.agents.selectors import certificates as certificate_reads
from tenant_apps.agents.services import certificates, logins, terms
from tenant_apps.agents.states import AgentState


def _last_term(agent: Agent) -> AgentTerm | None:
    return agent.terms.order_by("-starts_on").first()


def _deposit_is_due(agent: Agent) -> bool:
    term = _last_term(agent)
    return term is not None and term.deposit > 0 and term.deposit_paid_at is None


def _deposit_is_held(agent: Agent) -> bool:
    term = _last_term(agent)
    return term is not None and term.deposit_paid_at is not None and term.deposit_returned_at is None


def _deposit_of(agent: Agent) -> Text:
    term = _last_term(agent)
    return f"{agent.name} · {agent.code} · {format_money(term.deposit)}" if term else str(agent)


def _is_certified(agent: Agent) -> bool:
    known = agent.__dict__  # three buttons of a page ask it of the same agent
    if "is_certified" not in known:
        known["is_certified"] = certificate_reads.get_valid(agent_id=agent.pk) is not None
    return bool(known["is_certified"])


def _has_contract(agent: Agent) -> bool:
    return agent.state in {AgentState.ACTIVE, AgentState.SUSPENDED}


def origin_of(request: HttpRequest) -> str:
    """The brand's address as the person at the screen sees it."""
    return request.build_absolute_uri("/").rstrip("/")


class ContractActs:
    """Actions on contract, deposit and certificate."""

    @object_action(
        _("Renew"),
        permission="agents.approve",
        icon="event_repeat",
        form=RenewForm,
        offered=_has_contract,
        explanation=_("The next term follows the last one; a valid certificate is issued anew."),
    )
    def renew(self, request: HttpRequest, agent: Agent, form: RenewForm) -> None:
        terms.renew(agent_id=agent.pk, ends_on=form.cleaned_data["ends_on"], now=clock.now())

    @object_action(
        _("Deposit paid"),
        permission="agents.approve",
        icon="savings",
        explanation=_deposit_of,
        offered=_deposit_is_due,
    )
    def deposit_paid(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        if (term := _last_term(agent)) is not None:
            terms.record_deposit(term_id=term.pk, what="paid", now=clock.now())

    @object_action(
        _("Deposit returned"),
        permission="agents.approve",
        icon="undo",
        explanation=_deposit_of,
        offered=_deposit_is_held,
    )
    def deposit_returned(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        if (term := _last_term(agent)) is not None:
            terms.record_deposit(term_id=term.pk, what="returned", now=clock.now())

    @object_action(
        _("Issue a certificate"),
        permission="agents.approve",
        icon="workspace_premium",
        offered=lambda agent: agent.state == AgentState.ACTIVE and not _is_certified(agent),
    )
    def certify(self, request: HttpRequest, agent: Agent, form: DialogForm) -> Text:
        certificate = certificates.issue(agent_id=agent.pk, now=clock.now())
        return gettext("Certificate %(number)s is issued.") % {"number": certificate.number}

    @object_action(_("Issue anew"), permission="agents.approve", icon="autorenew", offered=_is_certified)
    def recertify(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        certificates.reissue(agent_id=agent.pk, because=gettext("Issued anew."), now=clock.now())

    @object_action(
        _("Revoke the certificate"),
        permission="agents.approve",
        icon="block",
        form=NeededReasonForm,
        offered=_is_certified,
    )
    def decertify(self, request: HttpRequest, agent: Agent, form: NeededReasonForm) -> None:
        valid = certificate_reads.get_valid(agent_id=agent.pk)
        if valid is not None:
            certificates.revoke(certificate_id=valid.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("New sign-in link"),
        permission="agents.approve",
        icon="key",
        offered=lambda agent: agent.user_id is not None,
        explanation=_("A text with a link that sets the agent's password; earlier links stop working."),
    )
    def welcome(self, request: HttpRequest, agent: Agent, form: DialogForm) -> Text:
        return logins.resend_invitation(agent_id=agent.pk, origin=origin_of(request), now=clock.now())
