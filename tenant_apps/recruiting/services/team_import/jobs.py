"""Imports of teams: uploaded and checked, written, undone."""

import io
from datetime import datetime
from pathlib import Path, PurePath
from typing import IO, Any, Final

import xlsxwriter
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, TooLarge
from kernel.database.rows import write_changes
from kernel.files import storage as files
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.services.tree import lock_tree
from tenant_apps.recruiting.models import TeamImport
from tenant_apps.recruiting.selectors.team_imports import ImportNotFound
from tenant_apps.recruiting.services.team_import.checking import Team, check_team
from tenant_apps.recruiting.services.team_import.reading import COLUMNS, Sheet, read_team
from tenant_apps.recruiting.services.team_import.writing import remove_team, write_team
from tenant_apps.recruiting.states import TeamImportState

MAX_BYTES: Final = 20 * 1_048_576
MAX_ISSUES: Final = 1_000


class ImportTooLarge(TooLarge):
    code = "file_too_large"
    title = _("The file is too large")


class ImportHasErrors(Conflict):
    code = "import_has_errors"
    title = _("The file has errors: correct it and upload it again")


class ImportNotPossible(Conflict):
    code = "import_not_possible"
    title = _("The import is not in a state for this")


@transaction.atomic
def upload_team(*, file_name: str, content: "File[Any] | IO[bytes]", now: datetime) -> TeamImport:
    """Keep the file and check it; nothing is written yet. What is wrong by row stands in `errors`.

    Raises ImportTooLarge, UnknownColumns, UnreadableWorkbook, HarmfulWorkbook, WorkbookTooLarge.
    """
    data = content.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImportTooLarge(_("A file may have 20 MB at most."), field="file")
    stored_as = files.store(File(io.BytesIO(data)), folder="imports", suffix=".xlsx")
    try:
        job = TeamImport.objects.create(
            file_name=PurePath(file_name.replace("\\", "/")).name[-200:] or "team.xlsx",
            stored_as=stored_as,
            created_by=current_actor().label[:200],
            created_at=now,
            started_at=now,
        )
        sheet, _team = _check(job, now)
    except Exception:
        files.delete_file(stored_as)
        raise
    _note_check(job, sheet)
    audit.record(action="agents.team_checked", subject=f"team_import:{job.pk}", after={"rows": job.total_rows})
    return job


@transaction.atomic
def commit_team(*, import_id: int, now: datetime) -> TeamImport:
    """Write the whole team, all or nothing. The file is checked again: others may have added agents meanwhile.

    Raises ImportNotFound, ImportNotPossible, ImportHasErrors, QuotaExceeded, RegionTaken.
    """
    job = _lock(import_id, TeamImportState.CHECKED)
    lock_tree()
    sheet, team = _check(job, now)
    if sheet.issues or not team.rows:
        raise ImportHasErrors(errors_count=len(sheet.issues))
    agent_ids = write_team(team, now=now)
    write_changes(
        job, {"state": TeamImportState.COMMITTED, "agent_ids": agent_ids, "started_at": now, "finished_at": clock.now()}
    )
    audit.record(action="agents.team_imported", subject=f"team_import:{job.pk}", after={"agents": len(agent_ids)})
    return job


@transaction.atomic
def undo_team(*, import_id: int, now: datetime) -> TeamImport:
    """Take an imported team away while nothing hangs on it. Raises ImportNotFound, ImportNotPossible, TeamInUse."""
    job = _lock(import_id, TeamImportState.COMMITTED)
    lock_tree()
    remove_team(job.agent_ids)
    write_changes(job, {"state": TeamImportState.UNDONE, "finished_at": now})
    audit.record(action="agents.team_undone", subject=f"team_import:{job.pk}", after={"agents": len(job.agent_ids)})
    return job


def template() -> bytes:
    """An empty workbook with the heading and one row to show how it is meant."""
    out = io.BytesIO()
    example = ("王小明", "13800000000", "总代理", "13900000000", "", "wang_xm", "4403", "微信私域", "2026-01-15", "")
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for place, (words, text) in enumerate(zip(COLUMNS.values(), example, strict=True)):
            sheet.write_string(0, place, words[0])
            sheet.write_string(1, place, text)
    return out.getvalue()


def _check(job: TeamImport, now: datetime) -> tuple[Sheet, Team]:
    sheet = read_team(Path(files.path_of(job.stored_as)))
    return sheet, check_team(sheet, as_of=clock.business_date(now))


def _note_check(job: TeamImport, sheet: Sheet) -> None:
    broken = {issue.row for issue in sheet.issues}
    write_changes(
        job,
        {
            "state": TeamImportState.CHECKED,
            "total_rows": sheet.total,
            "valid_rows": sheet.total - len(broken),
            "errors": [issue.as_json() for issue in sheet.issues[:MAX_ISSUES]],
            "finished_at": clock.now(),
        },
    )


def _lock(import_id: int, expected: TeamImportState) -> TeamImport:
    job = TeamImport.objects.select_for_update(no_key=True).filter(id=import_id).first()
    if job is None:
        raise ImportNotFound
    if job.state != expected:
        raise ImportNotPossible
    return job
