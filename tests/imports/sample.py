"""A small importer to try the engine with: customers' tags by name, whose writing can be watched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from pytest_django import Settings

from kernel.core import clock
from kernel.core.errors import Conflict
from kernel.core.numbering import take_number
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import importer, jobs, running
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow


@dataclass(frozen=True)
class Parcel:
    line: int
    code: str
    weight: Decimal


class InUse(Conflict):
    code = "in_use"


class ParcelImporter(Importer[Parcel, list[Parcel]]):
    """Writes nothing but document numbers, which roll back like any row."""

    kind = "parcels"
    label = "Import parcels"
    permission = "orders.import"
    max_rows = 1_000
    figures = {"parcels": "parcels"}
    written: list[str] = []
    stop_at = ""
    refuses_undo = False

    def columns(self) -> Sequence[Column]:
        return (Column("code", "code", required=True, example="P-1"), Column("weight", "weight", aliases=("重量",)))

    def read_row(self, row: SourceRow, run: Run) -> Parcel:
        return Parcel(row.number, row.identifier("code", required=True), row.decimal("weight") or Decimal(0))

    def plan(self, rows: Iterator[Parcel], run: Run) -> list[Parcel]:
        parcels = list(rows)
        seen: set[str] = set()
        for parcel in parcels:
            if parcel.code in seen:
                run.refuse(parcel.line, "twice_in_file", "This stands in the file twice.", column="code")
            seen.add(parcel.code)
        return [parcel for parcel in parcels if not run.is_refused(parcel.line)]

    def write(self, plan: list[Parcel], run: Run) -> Outcome:
        numbers = [take_number(kind="PARCEL", day=clock.business_date(run.now)) for _parcel in plan]
        if self.stop_at in {parcel.code for parcel in plan}:
            raise InUse
        if not run.is_dry_run:
            self.written.extend(parcel.code for parcel in plan)
        return Outcome({"parcels": len(plan)}, {"numbers": numbers})

    def undo(self, run: Run) -> None:
        if self.refuses_undo:
            raise InUse
        self.written.clear()


def registered(**settings: Settings) -> ParcelImporter:
    """A fresh importer in the registry."""
    made = ParcelImporter()
    made.written = []
    for name, value in settings.items():
        setattr(made, name, value)
    importer.register(made)
    return made


def uploaded(text: str, **fields: Any) -> ImportJob:
    upload: Any = ContentFile(text.encode(), name="parcels.csv")
    return jobs.create_import(new=jobs.NewImport(kind="parcels", upload=upload, **fields))


def done(job: ImportJob, start: Any) -> ImportJob:
    start(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job
