"""Rules, proposals and the history of levels, for lists."""

from django.db.models import QuerySet

from tenant_apps.agents.models import LevelChange as LevelChange  # the type of what these return

_SECRETS = ("agent__id_number", "agent__bank_card")


def list_level_changes(*, agent_id: int) -> QuerySet[LevelChange]:
    """The agent's levels, the latest change first, each with its cause and the figures of that moment."""
    return LevelChange.objects.filter(agent_id=agent_id).select_related("from_level", "to_level").order_by("-id")
