"""Archive, restore, move and export brands, and recheck their domains."""

from datetime import datetime

from kernel.core import audit, clock
from kernel.core.errors import DomainError
from kernel.events.due import due_work
from kernel.events.queue import HOUSEKEEPING, LONG
from kernel.tenancy.tasks import brand_task, public_task
from shared_apps.tenants.services import archives, claims, exports, moves, restores


@public_task(name="tenants.archive_brand", queue=LONG)
def archive_brand(brand_id: int, reason: str, now: str) -> None:
    """Archive a brand; `now` is the time of the decision."""
    archives.archive_brand(brand_id=brand_id, reason=reason, now=datetime.fromisoformat(now))


@public_task(name="tenants.restore_brand", queue=LONG)
def restore_brand(brand_id: int, now: str) -> None:
    restores.restore_brand(brand_id=brand_id, now=datetime.fromisoformat(now))


@public_task(name="tenants.prepare_move", queue=LONG)
def prepare_move(brand_id: int, to_cell: str, reason: str) -> None:
    try:
        moves.prepare_move(brand_id=brand_id, to_cell=to_cell, reason=reason, now=clock.now())
    except DomainError as refusal:
        after = {"to": to_cell, "because": str(refusal)}
        audit.record(action="tenants.move_refused", subject=f"brand:{brand_id}", after=after)


@public_task(name="tenants.drop_retained_schemas", queue=LONG)
def drop_retained_schemas() -> int:
    return archives.drop_retained_schemas(now=clock.now())


@brand_task(name="tenants.run_export", queue=LONG, writes=False)
def run_export(export_id: int) -> None:
    """Write a full export; allowed for read-only brands."""
    exports.run_export(export_id=export_id, now=clock.now())


@due_work("tenants.resume_exports", queue=HOUSEKEEPING, find=exports.next_look, scope="public")
def resume_exports(now: datetime) -> datetime | None:
    exports.resume_exports(now=now)
    return exports.next_look(now)


@public_task(name="tenants.delete_expired_exports", queue=HOUSEKEEPING)
def delete_expired_exports() -> int:
    return exports.delete_expired_exports(now=clock.now())


@public_task(name="tenants.recheck_domains", queue=HOUSEKEEPING)
def recheck_domains() -> int:
    return claims.recheck_domains(now=clock.now())
