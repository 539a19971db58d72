"""Groups of agents: by hand, by channel, by what they sold."""

from collections.abc import Collection
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from tenant_apps.agents.models import Agent, AgentGroup, GroupMember
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import groups as reads
from tenant_apps.agents.states import GroupKind


class GroupFields(TypedDict, total=False):
    """Rule of a group: a channel; or net sales of the last `days` from `sales_from` on, below `sales_below`."""

    channel: str
    days: int | None
    sales_from: Decimal | None
    sales_below: Decimal | None


class DuplicateGroup(Conflict):
    code = "duplicate_group"
    title = _("Another group has this name")


class InvalidGroup(Invalid):
    code = "invalid_group"
    title = _("The group breaks a rule")


class MembersNotByHand(Conflict):
    code = "members_not_by_hand"
    title = _("The members of this group follow from its rule")


_REFUSALS = {
    "agents_group_name_unique": lambda: DuplicateGroup(field="name"),
    "agents_group_performance_has_days": lambda: InvalidGroup(_("Between 1 and 366 days."), field="days"),
}


@transaction.atomic
def create_group(*, name: str, kind: str, **fields: Unpack[GroupFields]) -> AgentGroup:
    """Add a group. Raises DuplicateGroup, InvalidGroup."""
    group = AgentGroup(name=name.strip(), kind=GroupKind(kind), **fields)
    _ensure_sound(group)
    with refine_integrity_error(_REFUSALS), transaction.atomic():
        group.save(force_insert=True)
    audit.record(action="agents.group_created", subject=f"agent_group:{group.pk}", after={"name": group.name})
    return group


@transaction.atomic
def change_group(*, group_id: int, name: str | None = None, **fields: Unpack[GroupFields]) -> AgentGroup:
    """Change name or rule; the kind stays. Raises GroupNotFound, DuplicateGroup, InvalidGroup."""
    group = reads.get_group(group_id=group_id)
    changes: dict[str, object] = dict(fields)
    if name is not None:
        changes["name"] = name.strip()
    for field, value in changes.items():
        setattr(group, field, value)
    _ensure_sound(group)
    with refine_integrity_error(_REFUSALS), transaction.atomic():
        write_changes(group, changes)
    audit.record(action="agents.group_changed", subject=f"agent_group:{group.pk}", after=changes)
    return group


@transaction.atomic
def delete_group(*, group_id: int) -> None:
    """Remove a group; its members stay agents. Raises GroupNotFound."""
    group = reads.get_group(group_id=group_id)
    audit.record(action="agents.group_deleted", subject=f"agent_group:{group.pk}", before={"name": group.name})
    group.delete()


@transaction.atomic
def add_members(*, group_id: int, agent_ids: Collection[int]) -> int:
    """Put agents into a group made by hand; who is in it stays. Returns how many it has.

    Raises GroupNotFound, MembersNotByHand, AgentNotFound.
    """
    group = _by_hand(group_id)
    wanted = sorted(set(agent_ids))
    if Agent.objects.filter(id__in=wanted).count() != len(wanted):
        raise selectors.AgentNotFound(_("There is no such agent."), field="agent_ids")
    members = (GroupMember(group=group, agent_id=agent_id) for agent_id in wanted)
    GroupMember.objects.bulk_create(members, ignore_conflicts=True)
    return group.members.count()


@transaction.atomic
def remove_members(*, group_id: int, agent_ids: Collection[int]) -> int:
    """Take agents out of a group made by hand; returns how many are left. Raises GroupNotFound, MembersNotByHand."""
    group = _by_hand(group_id)
    group.members.filter(agent_id__in=set(agent_ids)).delete()
    return group.members.count()


def _by_hand(group_id: int) -> AgentGroup:
    group = reads.get_group(group_id=group_id)
    if group.kind != GroupKind.MANUAL:
        raise MembersNotByHand
    return group


def _ensure_sound(group: AgentGroup) -> None:
    if not group.name or len(group.name) > 100:
        raise InvalidGroup(_("A name has 1 to 100 characters."), field="name")
    if group.kind == GroupKind.CHANNEL and not group.channel:
        raise InvalidGroup(_("Which channel?"), field="channel")
    if group.kind == GroupKind.PERFORMANCE:
        if group.days is None or not 1 <= group.days <= 366:
            raise InvalidGroup(_("Between 1 and 366 days."), field="days")
        _ensure_range(group)


def _ensure_range(group: AgentGroup) -> None:
    if group.sales_from is None and group.sales_below is None:
        raise InvalidGroup(_("From which or below which net sales?"), field="sales_from")
    if group.sales_from is not None and group.sales_below is not None and group.sales_from >= group.sales_below:
        raise InvalidGroup(_("The range is empty."), field="sales_below")
