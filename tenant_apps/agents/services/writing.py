"""How every change of an agent is saved and recorded."""

from collections.abc import Mapping

from django.db import models

from kernel.core import audit
from tenant_apps.agents.models import Agent


def save_changes(row: models.Model, changes: Mapping[str, object]) -> None:
    """Save the changed columns only, so that what somebody else changed meanwhile stays."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, *(["updated_at"] if hasattr(row, "updated_at") else [])])


def record(
    what: str, agent: Agent, before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None
) -> None:
    audit.record(action=f"agents.{what}", subject=f"agent:{agent.pk}", before=before, after=after)
