"""Buttons of an agent's page by which an agent leaves: end the contract, anonymise."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.states import AgentState
from tenant_apps.recruiting.services import termination


class EndForm(DialogForm):
    """Successor of team and customers, and the reason the contract ends."""

    successor_code = forms.CharField(
        label=_("Successor's code"),
        max_length=32,
        required=False,
        help_text=_("Takes over team and customers. Needed where there is a team; without one the customers are free."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class AnonymiseForm(DialogForm):
    """Reason; nothing is done without it."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


@object_action(
    _("End contract"),
    permission="agents.approve",
    icon="logout",
    form=EndForm,
    explanation=_("For good: the certificate, the term and the login end. Nobody is deleted."),
    offered=lambda agent: agent.state in {AgentState.ACTIVE, AgentState.SUSPENDED},
)
def end(model_admin: Any, request: HttpRequest, agent: Any, form: EndForm) -> Text:
    now = clock.now()
    code = form.cleaned_data["successor_code"].strip()
    successor = selectors.get_selling_agent(code=code, as_of=clock.business_date(now)) if code else None
    handed = termination.terminate_agent(
        agent_id=agent.pk,
        successor_id=successor.pk if successor else None,
        reason=form.cleaned_data["reason"],
        now=now,
    )
    said = gettext("The contract has ended. Handed over: %(team)d agents of the direct team, %(customers)d customers.")
    return said % {"team": handed.team, "customers": handed.customers}


@object_action(
    _("Anonymise"),
    permission="agents.approve",
    icon="person_off",
    form=AnonymiseForm,
    explanation=_("Name, numbers, documents and notes are deleted for good; orders and earnings stay."),
    offered=lambda agent: agent.state == AgentState.ENDED and agent.anonymised_at is None,
)
def anonymise(model_admin: Any, request: HttpRequest, agent: Any, form: AnonymiseForm) -> None:
    termination.anonymise(agent_id=agent.pk, reason=form.cleaned_data["reason"], now=clock.now())
