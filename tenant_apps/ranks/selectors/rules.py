"""Rules of levels and what they proposed, for lists."""

from django.db.models import QuerySet

from tenant_apps.ranks.models import LevelProposal, LevelRule

_SECRETS = ("agent__id_number", "agent__bank_card")


def list_rules(*, active_only: bool = False) -> QuerySet[LevelRule]:
    """Rules with their levels, the latest first; those out of force stay for what they decided."""
    found = LevelRule.objects.select_related("from_level", "to_level").order_by("-id")
    return found.filter(is_active=True) if active_only else found


def list_proposals(
    *, state: str | None = None, agent_id: int | None = None, rule_id: int | None = None
) -> QuerySet[LevelProposal]:
    """Proposals with agent, rule and levels, the latest first."""
    found = LevelProposal.objects.select_related("agent", "rule", "from_level", "to_level").defer(*_SECRETS)
    wanted = {"state": state, "agent_id": agent_id, "rule_id": rule_id}
    return found.filter(**{name: value for name, value in wanted.items() if value}).order_by("-id")
