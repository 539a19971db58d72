"""Save rows."""

from collections.abc import Mapping

from django.db import models

from kernel.database.term_index import own_terms_of


def write_changes(row: models.Model, changes: Mapping[str, object]) -> None:
    """Save the changed columns only, so that concurrent changes of others stay; terms of the row follow."""
    for name, value in changes.items():
        setattr(row, name, value)
    stamps = ["updated_at"] if hasattr(row, "updated_at") else []
    row.save(update_fields=[*changes, *stamps, *own_terms_of(type(row))])
