"""History is written once."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kernel.database.append_only import AppendOnlyViolation
from kernel.models import AuditRecord

pytestmark = pytest.mark.django_db


def _record(action: str = "x") -> AuditRecord:
    return AuditRecord(
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC), actor_kind="system", actor_label="x", action=action, subject="x:1"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.save(),
        lambda row: row.delete(),
        lambda row: AuditRecord.objects.update(action="y"),
        lambda row: AuditRecord.objects.filter(pk=row.pk).delete(),
        lambda row: AuditRecord.objects.bulk_update([row], ["action"]),
        lambda row: AuditRecord.objects.update_or_create(pk=row.pk, action="y"),
        lambda row: AuditRecord.objects.bulk_create(
            [row], update_conflicts=True, update_fields=["action"], unique_fields=["id"]
        ),
        lambda row: AuditRecord.objects.all()._raw_delete("default"),
    ],
)
def test_every_way_to_change_a_row_is_refused(change: Callable[[AuditRecord], object]) -> None:
    row = _record()
    row.save()
    with pytest.raises(AppendOnlyViolation):
        change(row)
    assert AuditRecord.objects.get(subject="x:1").action == "x"


def test_rows_are_added() -> None:
    _record().save()
    AuditRecord.objects.create(
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC), actor_kind="system", actor_label="x", action="z", subject="x:1"
    )
    AuditRecord.objects.bulk_create([_record("y"), _record("y")])
    assert AuditRecord.objects.filter(subject="x:1").count() == 4
