"""Import orders, and tracking numbers of orders, from files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text
from tenant_apps.imports.services.importer import Importer, JobFacts, OptionField, Outcome, Run
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow
from tenant_apps.inventory.services.stock import GoodsNotArrived
from tenant_apps.orders.models import Channel
from tenant_apps.orders.services import channels, tracking_files
from tenant_apps.orders.services.order_files import columns, history, live, planning, undoing
from tenant_apps.orders.services.order_files.collecting import Collected, collect, read_lines
from tenant_apps.orders.services.order_files.history import History
from tenant_apps.orders.services.order_files.lines import REASONS, Line, Refused
from tenant_apps.orders.services.tracking_files import OrderParcels, TrackingRow
from tenant_apps.orders.states import ChannelKind

HISTORY = "history"
LIVE = "live"


class OrderImporter(Importer[Line | Refused, Collected | History]):
    """Import a channel's orders: finished ones as history by COPY, new ones by the ordinary services."""

    kind = "orders"
    label = _("Import orders")
    permission = "orders.import"
    feature = "order_import"
    modes = (
        (HISTORY, _("History (finished orders, stock unchanged)")),
        (LIVE, _("New orders (reserve stock, pay agents)")),
    )
    figures = {
        "order_count": _("Orders"),
        "sales_amount": _("Sales"),
        "returns_amount": _("Returns"),
    }
    reasons = REASONS
    done_url = "brand:orders_order_changelist"
    is_whole = False
    lists_blank_rows = True

    def channels(self) -> Sequence[tuple[str, str]]:
        return list(Channel.objects.order_by("code").values_list("code", "name"))

    def open_channel(self, name: str) -> str:
        return channels.create_channel(code=name, name=name, kind=ChannelKind.IMPORT).code

    def columns(self) -> Sequence[Column]:
        return columns.COLUMNS

    def option_fields(self) -> Sequence[OptionField]:
        return columns.OPTION_FIELDS

    def ensure_options(self, options: Mapping[str, Any]) -> None:
        columns.ensure_options(options)

    def hint(self, reasons: Mapping[str, int]) -> Text:
        if "negative_quantity" not in reasons:
            return ""
        return _(
            "Are the lines with negative quantities returns? Say below, under “What the columns mean”, how their "
            "order numbers begin, and check again."
        )

    def is_atomic(self, job: JobFacts) -> bool:
        return job.mode == HISTORY

    def dry_run_writes(self, job: JobFacts) -> bool:
        return job.mode == LIVE

    def can_undo_mode(self, mode: str) -> bool:
        return mode == HISTORY

    def read(self, run: Run) -> Iterator[Line | Refused]:
        """Parse lines with a cached parser: a file has up to half a million of them."""
        assert run.source is not None  # noqa: S101 - there is a file to read
        # The commit of history reads in a thread, which must not touch the database.
        in_thread = run.job.mode == HISTORY and not run.is_dry_run
        for line in read_lines(run, run.source, heartbeat=None if in_thread else run.heartbeat):
            if run.is_dry_run and isinstance(line, Line) and len(run.preview) < 50:
                run.show(line.line_no, _shown(line))
            yield line

    def read_row(self, row: SourceRow, run: Run) -> Line | Refused:
        """Never called: `read` reads the rows."""
        raise NotImplementedError

    def plan(self, rows: Iterator[Line | Refused], run: Run) -> Collected | History:
        is_history = run.job.mode == HISTORY
        if is_history:
            history.lock_channel(run)
        collected = collect(rows, run)
        own = live.find_placed(run, collected) if not is_history else ()
        agents = planning.drop_unfit(collected, run, is_history=is_history, own=own)
        if not is_history:
            return collected
        plan = planning.make_plan(collected, agents)
        history.ensure_references(plan, run)
        return History(plan, iter(()))

    def summarise(self, plan: Collected | History, run: Run) -> Outcome:
        return plan.plan.outcome() if isinstance(plan, History) else Outcome()

    def dump_plan(self, plan: Collected | History, run: Run) -> bytes:
        return planning.dump_plan(plan.plan) if isinstance(plan, History) else b""

    def load_plan(self, stored: bytes, run: Run) -> History:
        history.lock_channel(run)
        plan = planning.load_plan(stored)
        return History(plan, history.planned_lines(self.read(run), plan, run))

    def write(self, plan: Collected | History, run: Run) -> Outcome:
        if isinstance(plan, Collected):
            return live.place_orders(plan, run)
        result = history.write_orders(plan, run)
        outcome = plan.plan.outcome()
        return Outcome(outcome.figures, result, outcome.imported_rows)

    def undo(self, run: Run) -> None:
        undoing.undo_history(run)


def _shown(line: Line) -> dict[str, object]:
    values: dict[str, object] = {
        "order_number": line.order_number,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "placed_at": line.placed_at,
        "customer": line.customer,
    }
    values |= dict(zip(columns.FACTS, line.facts, strict=False))
    return {name: value for name, value in values.items() if value != ""}


class TrackingImporter(Importer[TrackingRow, list[OrderParcels]]):
    """Ship orders by the tracking numbers of a file: a row for an order, or for each SKU of each parcel."""

    kind = "tracking_numbers"
    label = _("Import tracking numbers")
    permission = "orders.ship"
    max_rows = 10_000
    figures = {
        "orders": _("Orders"),
        "parcels": _("Parcels"),
        "unusual": _("Numbers that their carrier does not usually give out"),
    }
    reasons = {
        **tracking_files.REASONS,
        GoodsNotArrived.code: GoodsNotArrived.title,
        "illegal_transition": _("Shipped, cancelled or returned before"),
        "invalid_shipment": _("More than is left to ship"),
        "order_not_open": _("The order is not open"),
        "order_not_paid": _("The order is not paid"),
        "prepared_otherwise": _("Packed with another waybill"),
    }
    done_url = "brand:orders_order_changelist"
    is_whole = False

    def columns(self) -> Sequence[Column]:
        return (
            Column("order_number", required=True, example="SO20261201-0001"),
            Column("carrier", aliases=("快递", "快递名称", "快递编码", "carrier code"), required=True, example="SF"),
            Column("tracking_number", required=True, example="SF1234567890123"),
            Column("sku", example=""),
            Column("quantity", example=""),
        )

    def read_row(self, row: SourceRow, run: Run) -> TrackingRow:
        number = row.identifier("order_number", required=True)
        carrier = row.text("carrier", required=True, max_length=40)
        tracking_number = row.identifier("tracking_number", required=True).upper()
        sku = row.identifier("sku").upper()
        quantity = row.whole("quantity", least=1)
        if row.has("sku") != row.has("quantity"):
            detail = _("A parcel's content is a SKU and how many pieces of it: fill in both, or neither.")
            row.refuse("quantity" if row.has("sku") else "sku", "incomplete", detail)
        # The other rows of the order have to know of a refused one: `plan` notes the faults.
        faults = tuple(row.faults)
        row.faults.clear()
        return TrackingRow(row.number, number, carrier, tracking_number, sku, quantity, faults)

    def is_atomic(self, job: JobFacts) -> bool:
        return False

    def plan(self, rows: Iterator[TrackingRow], run: Run) -> list[OrderParcels]:
        return tracking_files.plan_parcels(rows, run)

    def write(self, plan: list[OrderParcels], run: Run) -> Outcome:
        return tracking_files.ship_parcels(plan, run)
