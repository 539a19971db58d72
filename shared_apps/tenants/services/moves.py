"""Prepare a brand's move to another database cluster (cell); the runbook carries it out."""

import re
from contextlib import closing
from datetime import datetime
from typing import Final

import psycopg2
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid, NotFound
from kernel.core.integrity import Refusal, refine_integrity_error
from kernel.events import queue
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand, BrandMove
from shared_apps.tenants.services import archiving, lifecycle, snapshots
from shared_apps.tenants.services.archives import BrandNotSetUp, SchemaDropped
from shared_apps.tenants.states import ProvisioningState

_CELL: Final = re.compile(r"[a-z][a-z0-9-]{0,19}\Z")


class CellUnknown(Invalid):
    code = "cell_unknown"
    title = _("Write a cell's name: small letters, digits and hyphens")


class MoveGoesNowhere(Invalid):
    code = "move_goes_nowhere"
    title = _("The brand lives on this cell already")


class MoveUnderWay(Conflict):
    code = "move_under_way"
    title = _("A move of this brand is prepared already")


class MoveNotFound(NotFound):
    code = "move_not_found"
    title = _("There is no such move under way")


def request_move(*, brand_id: int, to_cell: str, reason: str) -> None:
    """Queue the preparation, which takes seconds to minutes. A refusal is recorded in the brand's history."""
    queue.after_commit("tenants.prepare_move", brand_id, to_cell, reason)


def prepare_move(*, brand_id: int, to_cell: str, reason: str, now: datetime) -> BrandMove:
    """Plan a brand's move with a reason and a verified archive; the brand is not interrupted.

    The archive shows that the brand can be moved and how long it takes; the move itself uses a new one (see the
    runbook). Takes seconds to minutes; not inside a transaction. Raises BrandNotFound, BrandNotSetUp, SchemaDropped,
    CellUnknown, MoveGoesNowhere, MoveUnderWay, ReasonMissing, BrandBusy, ArchiveFailed.
    """
    reason = lifecycle.clean_reason(reason)
    cell = to_cell.strip().lower()
    if not _CELL.match(cell):
        raise CellUnknown(field="to_cell")
    with public_schema():
        brand = _movable(brand_id)
        move = _note(brand, cell, reason, now)
        try:
            move.archive = archiving.make_archive(brand=brand, retained_until=now, now=now)
        except Exception:
            _cancel(move, now, "the archive could not be made")
            raise
        BrandMove.objects.filter(pk=move.pk).update(archive=move.archive)
    return move


@transaction.atomic
def cancel_move(*, move_id: int, now: datetime) -> BrandMove:
    """Cancel a prepared move; its archive stays. Raises MoveNotFound if it is cancelled or finished."""
    with public_schema():
        move = _under_way(move_id)
        _cancel(move, now, "")
    return move


def list_differences(*, brand_id: int, target: str) -> list[str]:
    """List differences between the brand's schema here and the one of the same name in another database.

    `target` is that database's address (`postgresql://…`). Reads both row by row. Raises BrandNotFound, BrandNotSetUp,
    SchemaDropped, psycopg2.OperationalError if the database cannot be reached.
    """
    with public_schema():
        schema = _movable(brand_id).schema_name
    with closing(psycopg2.connect(target)) as there, there.cursor() as cursor:
        snapshots.use_text_output(cursor, scope="SESSION")
        found = snapshots.content_of(cursor, schema)
    with snapshots.own_session() as here, here.cursor() as cursor:
        return snapshots.differences(snapshots.content_of(cursor, schema), found)


def _movable(brand_id: int) -> Brand:
    brand: Brand | None = Brand.objects.filter(pk=brand_id).first()
    if brand is None:
        raise lifecycle.BrandNotFound
    if brand.provisioning_state != ProvisioningState.READY:
        raise BrandNotSetUp
    if brand.schema_dropped_at is not None:
        raise SchemaDropped
    return brand


@transaction.atomic
def _note(brand: Brand, cell: str, reason: str, now: datetime) -> BrandMove:
    refusals: dict[str, Refusal] = {
        "tenants_move_one_at_a_time": MoveUnderWay,
        "tenants_move_goes_elsewhere": lambda: MoveGoesNowhere(field="to_cell"),
    }
    with refine_integrity_error(refusals), transaction.atomic():
        move = BrandMove.objects.create(
            brand=brand,
            from_cell=brand.cell,
            to_cell=cell,
            reason=reason,
            requested_by=current_actor().label[:200],
            requested_at=now,
        )
    _record("move_prepared", move, reason)
    return move


def _under_way(move_id: int) -> BrandMove:
    open_moves = BrandMove.objects.select_for_update(of=("self",)).filter(
        cancelled_at__isnull=True, finished_at__isnull=True
    )
    move = open_moves.filter(pk=move_id).first()
    if move is None:
        raise MoveNotFound
    return move


def _cancel(move: BrandMove, now: datetime, because: str) -> None:
    BrandMove.objects.filter(pk=move.pk, finished_at__isnull=True).update(cancelled_at=now)
    move.cancelled_at = now
    _record("move_cancelled", move, because)


def _record(what: str, move: BrandMove, reason: str) -> None:
    after = {"move": move.pk, "from": move.from_cell, "to": move.to_cell, "reason": reason}
    audit.record(action=f"tenants.{what}", subject=f"brand:{move.brand_id}", after=after)
