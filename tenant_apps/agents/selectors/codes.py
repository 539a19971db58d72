"""Agents by code."""

from collections.abc import Iterable

from kernel.core.codes import normalise_code
from tenant_apps.agents.models import Agent


def get_ids_by_code(*, codes: Iterable[str]) -> dict[str, int]:
    """Map each code, as it was given, to the agent's id; unknown ones are left out. One statement."""
    wanted = {code: normalise_code(code) for code in codes}
    found = dict(Agent.objects.filter(code__in=set(wanted.values())).order_by("id").values_list("code", "id"))
    return {code: found[normal] for code, normal in wanted.items() if normal in found}
