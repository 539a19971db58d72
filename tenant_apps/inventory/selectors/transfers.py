"""Read transfers and what could be transferred."""

from collections.abc import Collection

from django.db.models import F, Prefetch, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import NotFound
from tenant_apps.inventory.models import Stock, Transfer, TransferLine
from tenant_apps.inventory.rules.transfers import StockFacts, Suggestion, suggest_transfers
from tenant_apps.inventory.selectors.stock import count_quantities
from tenant_apps.inventory.states import SELLING_KINDS, TransferState


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    title = _("No such transfer")


def list_transfers(*, state: str = "", warehouse_id: int | None = None) -> QuerySet[Transfer]:
    """List transfers with warehouses and lines, the newest first; `warehouse_id` keeps those from or to it."""
    lines = Prefetch("lines", TransferLine.objects.select_related("variant__product").order_by("id"))
    found = Transfer.objects.select_related("origin", "target").prefetch_related(lines).order_by("-id")
    if state:
        found = found.filter(state=state)
    if warehouse_id is not None:
        found = found.filter(origin_id=warehouse_id) | found.filter(target_id=warehouse_id)
    return found


def get_transfer(*, transfer_id: int) -> Transfer:
    """Return it with warehouses and lines. Raises TransferNotFound."""
    found = list_transfers().filter(pk=transfer_id).first()
    if found is None:
        raise TransferNotFound
    return found


def get_transfer_numbers(*, transfer_ids: Collection[int]) -> dict[int, str]:
    """Map each known transfer to its number."""
    return dict(Transfer.objects.filter(pk__in=transfer_ids).order_by("id").values_list("id", "number"))


def list_suggestions() -> list[Suggestion]:
    """Suggest transfers between the warehouses that sell, counting drafts as if they were done."""
    sold = Stock.objects.filter(warehouse__is_open=True, warehouse__kind__in=SELLING_KINDS)
    short = sold.filter(low_stock_threshold__gt=0, on_hand__lt=F("reserved") + F("low_stock_threshold"))
    rows = sold.filter(variant_id__in=short.values("variant_id")).select_related("warehouse")
    drafts = TransferLine.objects.filter(transfer__state=TransferState.DRAFT).order_by()
    leaving = _sum_pieces(drafts, "transfer__origin_id")
    coming = _sum_pieces(drafts, "transfer__target_id")
    return suggest_transfers(
        [
            StockFacts(
                row.variant_id,
                row.warehouse_id,
                row.available - leaving.get((row.variant_id, row.warehouse_id), 0),
                row.projected + coming.get((row.variant_id, row.warehouse_id), 0),
                row.low_stock_threshold,
            )
            for row in count_quantities(rows.order_by("variant_id", "warehouse_id"), now=clock.now())
        ]
    )


def _sum_pieces(lines: QuerySet[TransferLine], place: str) -> dict[tuple[int, int], int]:
    rows = lines.values_list("variant_id", place).annotate(pieces=Sum("quantity"))
    return {(variant_id, warehouse_id): pieces for variant_id, warehouse_id, pieces in rows}
