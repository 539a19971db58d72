"""Groups of agents and who is in them."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.agents.models import AgentGroup


class GroupNotFound(NotFound):
    code = "agent_group_not_found"
    title = _("There is no such group")


def list_groups() -> QuerySet[AgentGroup]:
    """By name."""
    return AgentGroup.objects.order_by("name", "id")


def get_group(*, group_id: int) -> AgentGroup:
    """Raises GroupNotFound."""
    group = AgentGroup.objects.filter(id=group_id).first()
    if group is None:
        raise GroupNotFound
    return group
