"""The protocol of importers, and the registry in which apps enter theirs.

class StockImporter(Importer[NewStock, list[NewStock]]):
    kind = "opening_stock"
    ...

class InventoryConfig(AppConfig):
    def ready(self) -> None:
        from tenant_apps.imports.services import importer
        from tenant_apps.inventory.importers import StockImporter

        importer.register(StockImporter())
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid, NotFound, Text
from tenant_apps.imports.services.issues import IssueWriter
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow, show_value
from tenant_apps.imports.services.reading.source import Source
from tenant_apps.imports.services.reading.tables import MAX_ROWS, BrokenRow, Numbered

RowT = TypeVar("RowT")
PlanT = TypeVar("PlanT")

MAX_PREVIEW_ROWS: Final = 50

BROKEN_ROWS: Final[Mapping[str, Text]] = {
    "broken_quotes": _("A quotation mark is not closed"),
    "nul_character": _("The row holds a NUL character"),
    "undecodable": _("The row holds bytes that are no characters"),
}


# Words of the codes that reading gives, and that several kinds share; a kind's own words go before.
READING_REASONS: Final[Mapping[str, Text]] = {
    **BROKEN_ROWS,
    "bad_date": _("Not a date"),
    "bad_number": _("Not a number"),
    "bad_phone": _("Not a phone number"),
    "bad_word": _("Not one of the words"),
    "damaged_identifier": _("A number that a spreadsheet program rounded"),
    "incomplete": _("Something belongs to it that is missing"),
    "missing": _("Something needed is missing"),
    "moved_before": _("Stock that was moved before"),
    "out_of_range": _("A number out of range"),
    "too_long": _("Too long"),
    "too_many_places": _("Too many decimals"),
    "twice_in_file": _("Twice in the file"),
    "unknown_agent": _("No such agent"),
    "unknown_level": _("No such level"),
    "unknown_sku": _("No such SKU"),
    "unknown_sponsor": _("No such sponsor"),
    "unknown_warehouse": _("No such warehouse"),
    "year_out_of_range": _("A year far from this one"),
}


class UnknownKind(NotFound):
    code = "unknown_import_kind"
    title = _("There is no such import")


class InvalidOption(Invalid):
    code = "invalid_option"
    title = _("The rule is not valid")


@dataclass(frozen=True)
class JobFacts:
    """The facts of a job that an importer may ask for. `result` is that of the commit, for undoing."""

    id: int
    mode: str = ""
    channel: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    """One dry run, commit or undo at work.

    `is_dry_run` tells an importer that writes in transactions of its own to take each one back; the others are rolled
    back by the engine. `heartbeat` is to be called at least every ten seconds of work, outside threads; it raises
    ImportCancelled when the user gave the job up.
    """

    job: JobFacts
    now: datetime
    zone: ZoneInfo
    is_dry_run: bool
    issues: IssueWriter
    heartbeat: Callable[[int], None] = lambda _rows: None
    attachment: Path | None = None
    source: Source | None = None
    preview: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, line: int, code: str, detail: Text, *, column: str = "") -> None:
        """Note that the row is not imported: for faults that show only beside other rows, or in the database."""
        self.issues.write(line, code, detail=detail, column=column)

    def is_refused(self, line: int) -> bool:
        """The row has a fault already."""
        return line in self.issues.lines

    def show(self, line: int, values: Mapping[str, object]) -> None:
        """Add a row to the preview, by field, as it is understood. Ignored beyond the first fifty."""
        if len(self.preview) < MAX_PREVIEW_ROWS:
            shown = {name: show_value(value, self.zone) for name, value in values.items()}
            self.preview.append({"line": line, "values": shown})


@dataclass(frozen=True)
class Outcome:
    """Result of writing, or of trying to. `figures` are shown to people under the importer's `figures`' labels.

    `result` is what undoing needs, as JSON. `imported_rows` is to be given where it is not all rows without faults.
    """

    figures: Mapping[str, int | str] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    imported_rows: int | None = None


class Importer(ABC, Generic[RowT, PlanT]):
    """One kind of file. Instances are stateless: the same one serves all brands.

    The engine reads the file, calls `read_row` for each row, `plan` with what came of them, and `write` with the plan.
    The dry run does all three in a transaction that it rolls back, so that what it finds clean can be written.
    """

    kind: str
    label: Text  # "Import customers"
    permission: str  # to see and to do it
    feature: str = ""  # of the plan
    max_rows: int = MAX_ROWS
    modes: Sequence[tuple[str, Text]] = ()  # the first is the default
    attachment_label: Text = ""  # of a second file, such as a ZIP of pictures
    figures: Mapping[str, Text] = {}
    reasons: Mapping[str, Text] = {}  # the words of issue codes
    done_url: str = ""  # name of the page that shows what came in
    # All rows or none: a file with a refused row is not written.
    is_whole: bool = True
    # The dry run writes and rolls back. False for what takes minutes: then `plan` has to find everything itself.
    writes_in_dry_run: bool = True
    # Blank rows are refused rows and not skipped.
    lists_blank_rows: bool = False

    def channels(self) -> Sequence[tuple[str, str]] | None:
        """Code and name of the channels that files belong to; None where they belong to none."""
        return None

    def open_channel(self, name: str) -> str:
        """Make a channel of this name; returns its code."""
        raise NotImplementedError

    @property
    def can_open_channel(self) -> bool:
        """A new channel may be named on the upload page."""
        return type(self).open_channel is not Importer.open_channel

    @abstractmethod
    def columns(self) -> Sequence[Column]:
        """The columns, in the order of the template. They may depend on the brand, such as one for each level."""

    @abstractmethod
    def read_row(self, row: SourceRow, run: Run) -> RowT:
        """Read one row; faults are noted in the row, and one with faults goes no further."""

    @abstractmethod
    def plan(self, rows: Iterator[RowT], run: Run) -> PlanT:
        """Compare the rows with each other and with the database. Reads, never writes; faults go to `run.refuse`.

        A lock that `write` needs is to be taken here, so that nothing changes between the two.
        """

    @abstractmethod
    def write(self, plan: PlanT, run: Run) -> Outcome:
        """Carry the plan out, in the engine's transaction. A DomainError stops the import, and nothing is written."""

    def summarise(self, plan: PlanT, run: Run) -> Outcome:
        """The figures of a dry run that does not write, or may not because rows are refused."""
        return Outcome()

    def undo(self, run: Run) -> None:
        """Take away what the job wrote, in the engine's transaction. Raises a Conflict where something hangs on it."""
        raise NotImplementedError

    @property
    def can_undo(self) -> bool:
        """The importer knows how to undo."""
        return type(self).undo is not Importer.undo

    def can_undo_mode(self, mode: str) -> bool:
        """`can_undo`, where it depends on the mode."""
        return self.can_undo

    def ensure_options(self, options: Mapping[str, Any]) -> None:
        """Raises InvalidOption for a rule that this kind does not have, or with a value it cannot have."""
        for name in options:
            raise InvalidOption(_("There is no rule of this name."), field=f"options.{name}"[:100])

    def option_fields(self) -> Sequence["OptionField"]:
        """The rules as the mapping page asks for them."""
        return ()

    def hint(self, reasons: Mapping[str, int]) -> Text:
        """Advice for the result of a dry run, by the counts of its issue codes; "" for none."""
        return ""

    def is_atomic(self, job: JobFacts) -> bool:
        """One transaction for the whole file. Where not, `write` keeps its own and knows what it wrote before."""
        return True

    def dry_run_writes(self, job: JobFacts) -> bool:
        """`writes_in_dry_run`, where it depends on the mode."""
        return self.writes_in_dry_run

    def dump_plan(self, plan: PlanT, run: Run) -> bytes:
        """The dry run's plan as bytes, for `load_plan`. Empty: the commit plans again."""
        return b""

    def load_plan(self, stored: bytes, run: Run) -> PlanT:
        """The dry run's plan for the commit, less what has changed since. Only where `dump_plan` gives one."""
        raise NotImplementedError

    def read(self, run: Run) -> Iterator[RowT]:
        """All good rows of the file, in order. An importer of very large files may read cells faster by itself."""
        source = run.source
        if source is None:
            return
        positions = list(source.match.positions.items())
        for batch in source.batches(run.heartbeat):
            for line, cells in batch:
                if isinstance(cells, BrokenRow):
                    run.issues.write(line, cells.reason, detail=BROKEN_ROWS[cells.reason], cells=cells)
                    continue
                width = len(cells)
                texts = {name: cells[place] if place < width else "" for name, place in positions}
                row = SourceRow(line, texts, run.zone, run.now)
                read = self.read_row(row, run)
                if len(run.preview) < MAX_PREVIEW_ROWS:
                    run.preview.append({"line": line, "values": row.values})
                if not row.faults:
                    yield read
                for fault in row.faults:
                    run.issues.write(line, fault.code, detail=fault.detail, column=fault.column, cells=cells)


@dataclass(frozen=True)
class OptionField:
    """A rule on the mapping page. A list is written with commas between."""

    name: str
    label: Text
    is_list: bool = False


_importers: Final[dict[str, Importer[Any, Any]]] = {}


def register(importer: Importer[Any, Any]) -> None:
    """Enter an importer, when its app is ready."""
    _importers[importer.kind] = importer


def get_importer(kind: str) -> Importer[Any, Any]:
    """The importer of a kind. Raises UnknownKind."""
    if kind not in _importers:
        raise UnknownKind(field="kind")
    return _importers[kind]


def list_importers() -> list[Importer[Any, Any]]:
    """All importers, by kind."""
    return [_importers[kind] for kind in sorted(_importers)]


def rows_again(source: Source) -> Iterable[Numbered]:
    """All data rows of a source that was not read yet."""
    for batch in source.batches():
        yield from batch
