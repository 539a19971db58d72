"""Mail about agents: the link with which they choose a password, and that a contract ends."""

from datetime import datetime

from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors as accounts
from tenant_apps.agents.events import AgentWelcomed, ContractEndsSoon
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import logins


@transaction.atomic
def send_welcome(event: AgentWelcomed, *, now: datetime) -> bool:
    """Send the link that sets the password; says whether there was a login to open."""
    agent = selectors.get_agent(agent_id=event.agent_id)
    user = accounts.get_user(user_id=agent.user_id) if agent.user_id else None
    if user is None or not user.is_active:
        return False
    with translation.override(user.language):
        brand = getattr(current_brand(), "name", "")
        text = logins.write_invitation(agent, origin=event.origin, now=now)
        send_mail(gettext("You are an agent of %(brand)s") % {"brand": brand}, text, None, [event.email])
    return True


def send_ending(event: ContractEndsSoon) -> int:
    """Tell the agent's adviser, or else the owners, that the contract ends; returns how many were written to."""
    agent = selectors.get_agent(agent_id=event.agent_id)
    adviser = accounts.get_user(user_id=agent.adviser_id) if agent.adviser_id else None
    people = [adviser] if adviser and adviser.is_active and adviser.email else list(accounts.list_owners())
    written = 0
    for person in people:
        if not person.email:
            continue
        with translation.override(person.language):
            words = {"name": agent.name, "code": agent.code, "day": event.valid_until.isoformat()}
            subject = gettext("The contract of %(name)s (%(code)s) ends on %(day)s") % words
            text = gettext("Renew the contract in the console, or the agent can no longer sell after that day.")
            send_mail(subject, f"{subject}\n\n{text}\n", None, [person.email])
        written += 1
    return written
