"""Save rows."""

from collections.abc import Mapping

from django.db import models


def write_changes(row: models.Model, changes: Mapping[str, object]) -> None:
    """Save the changed columns only, so that concurrent changes of others stay."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, *(["updated_at"] if hasattr(row, "updated_at") else [])])
