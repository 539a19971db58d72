"""Forget the person behind an agent whose contract has ended."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.database.rows import write_changes
from kernel.files import storage as files
from shared_apps.accounts.services import agent_logins
from tenant_apps.agents.models import Agent, AgentDocument, AgentNote
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import sensitive
from tenant_apps.agents.services.locking import lock_agent
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import AgentState


class NotGone(Conflict):
    code = "agent_not_gone"
    title = _("Only an agent whose contract has ended can be anonymised")


class AnonymisedAlready(Conflict):
    code = "anonymised_already"
    title = _("The agent is anonymised already")


@transaction.atomic
def anonymise_agent(*, agent_id: int, reason: str, now: datetime) -> Agent:
    """Forget name, numbers, login, documents and notes for good; tree and terms stay with a nameless agent.

    Raises AgentNotFound, NotGone, AnonymisedAlready.
    """
    agent = lock_agent(agent_id)
    if agent.state != AgentState.ENDED:
        raise NotGone
    if agent.anonymised_at is not None:
        raise AnonymisedAlready
    # +999 is given to no country: the number is in the right form, is unique, and reaches nobody.
    nobody = f"+999{agent.pk:011d}"
    name = f"#{agent.pk}"
    if agent.user_id is not None:
        agent_logins.forget_login(user_id=agent.user_id, name=name, phone=nobody)
    sensitive.forget(agent_id=agent_id)
    documents = AgentDocument.objects.filter(agent=agent)
    files.delete_after_commit([document.path for document in documents])
    documents.delete()
    AgentNote.objects.filter(agent=agent).delete()
    write_changes(agent, {"name": name, "phone": nobody, "wechat_id": "", "channel": "", "anonymised_at": now})
    record("anonymised", agent, after={"reason": reason})
    return selectors.get_agent(agent_id=agent_id)
