"""The tree: who stands below whom. Moves in one brand happen one after another."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock, tenancy
from kernel.errors import Conflict, Invalid
from tenant_apps.agents import rules, selectors
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.services.writing import record, save_changes
from tenant_apps.agents.states import Standing


class UnknownSponsor(Invalid):
    code = "unknown_sponsor"
    title = _("There is no such sponsor")


class SponsorNotActive(Conflict):
    code = "sponsor_not_active"
    title = _("The sponsor is not an active agent")


class CyclicSponsor(Conflict):
    code = "cyclic_sponsor"
    title = _("The sponsor stands below the agent")


@transaction.atomic
def change_sponsor(*, agent_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    """Hang the agent, with the whole team, below another sponsor from `now` on; None makes the agent a root.

    The former row of the history is closed and a new one opened. Moves in one brand happen one after another, so that
    two at once cannot close a circle. Raises AgentNotFound, UnknownSponsor, SponsorNotActive, CyclicSponsor.
    """
    lock_tree()
    agent = selectors.get_agent(agent_id=agent_id)
    if agent.sponsor_id == sponsor_id:
        return agent
    if sponsor_id is not None:
        if selectors.stands_above(agent_id=agent_id, member_id=sponsor_id):
            raise CyclicSponsor(field="sponsor_id")
        check_sponsor(sponsor_id, as_of=clock.business_date(now))
    record("sponsor", agent, {"sponsor_id": agent.sponsor_id}, {"sponsor_id": sponsor_id})
    save_changes(agent, {"sponsor_id": sponsor_id})
    present = SponsorHistory.objects.get(agent=agent, valid_to=None)
    # Whoever waited for the lock may have read the clock before the one who had it: the history still runs forward.
    moment = max(now, present.valid_from)
    SponsorHistory.objects.filter(id=present.pk).update(valid_to=moment)
    SponsorHistory.objects.create(agent=agent, sponsor_id=sponsor_id, valid_from=moment)
    return selectors.get_agent(agent_id=agent_id)


def check_sponsor(sponsor_id: int, *, as_of: date) -> None:
    """Lock the sponsor against being suspended meanwhile, and refuse one who may not have a team."""
    sponsor = Agent.objects.select_for_update(no_key=True).filter(id=sponsor_id).first()
    if sponsor is None:
        raise UnknownSponsor(field="sponsor_id")
    if sponsor.standing(as_of) != Standing.ACTIVE:
        raise SponsorNotActive(field="sponsor_id")


def lock_tree() -> None:
    """Wait until nobody else moves agents in this brand's tree; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [rules.tree_lock_key(tenancy.current_schema())])
