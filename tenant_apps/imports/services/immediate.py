"""Import a small file within the request that brings it: no job, no dry run; all of it or an error for each cell."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid, TooLarge
from tenant_apps.imports.services.importer import JobFacts, Outcome, Run, get_importer
from tenant_apps.imports.services.issues import issue_list
from tenant_apps.imports.services.reading.source import Source

MAX_BYTES: Final = 10_000_000
MAX_ERRORS: Final = 100


class RowsNotValid(Invalid):
    code = "rows_not_valid"
    title = _("Some rows of the file break a rule")


class FileTooLargeForRequest(TooLarge):
    code = "file_too_large"
    title = _("A file that is read at once has 10 MB at most")


def import_upload(*, kind: str, upload: "File[Any]", options: Mapping[str, Any], now: datetime) -> Outcome:
    """Read an upload of at most 10 MB and write it. Raises FileTooLargeForRequest and what `import_file` raises."""
    if (upload.size or 0) > MAX_BYTES:
        raise FileTooLargeForRequest(field="file")
    with NamedTemporaryFile(suffix=".upload") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        return import_file(kind=kind, path=Path(file.name), options=options, now=now)


@transaction.atomic
def import_file(*, kind: str, path: Path, options: Mapping[str, Any], now: datetime) -> Outcome:
    """Read and write the file, in one transaction.

    Raises RowsNotValid with an error `rows.<number>.<heading>` for each cell (a hundred at most), UnmappedColumns,
    UnreadableFile, FileTooLarge, HarmfulWorkbook, and what the importer's `plan` and `write` raise.
    """
    importer = get_importer(kind)
    source = Source(path, importer.columns(), max_rows=importer.max_rows)
    source.match.ensure_complete()
    with issue_list() as issues:
        run = Run(
            job=JobFacts(0, options=options),
            now=now,
            zone=clock.brand_zone(),
            is_dry_run=False,
            issues=issues,
            source=source,
        )
        plan = importer.plan(importer.read(run), run)
        if issues.lines:
            headings = source.match.named()
            errors = [
                FieldError(f"rows.{one.line}.{headings.get(one.column, one.column)}"[:100], one.reason, one.detail)
                for one in issues.read_back(MAX_ERRORS)
            ]
            raise RowsNotValid(errors=errors)
        return importer.write(plan, run)
