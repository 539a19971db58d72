"""Find agents as files name them."""

from collections.abc import Collection

from django.db.models import Q

from tenant_apps.agents.models import Agent


def get_agent_ids(*, words: Collection[str]) -> dict[str, int]:
    """Map each known word, a code or a phone number as E.164, to its agent's id, in one query. Codes win."""
    wanted = list(words)
    rows = Agent.objects.filter(Q(code__in=wanted) | Q(phone__in=wanted)).values_list("id", "code", "phone")
    found: dict[str, int] = {}
    for agent_id, _code, phone in rows.order_by("id"):
        found.setdefault(phone, agent_id)
    found |= {code: agent_id for agent_id, code, _phone in rows}
    return {word: found[word] for word in wanted if word in found}
