"""Read batches: where they stand, which are near their expiry, and where they went."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.catalog.selectors.products import get_variant
from tenant_apps.inventory.models import Batch, BatchMovement, BatchStock, SkuSetting
from tenant_apps.inventory.states import MovementKind


class BatchNotFound(NotFound):
    code = "batch_not_found"
    title = _("No such batch")


IS_ON_HAND = Exists(BatchStock.objects.filter(batch_id=OuterRef("pk"), on_hand__gt=0))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Pieces of a batch that a document ("order:42") took and that have not come back."""

    document: str
    shipped: int
    returned: int


def get_setting(*, variant_id: int) -> SkuSetting:
    """Return how the SKU's stock is kept, not saved where it is as usual. Raises VariantNotFound."""
    found = SkuSetting.objects.filter(variant_id=variant_id).first()
    return found or SkuSetting(variant_id=get_variant(variant_id=variant_id).pk)


def list_batches(*, sku: str = "", expires_by: date | None = None) -> QuerySet[Batch]:
    """List batches with SKU and pieces on hand; `expires_by` keeps those on hand that expire until that day."""
    here = BatchStock.objects.filter(batch_id=OuterRef("pk")).order_by().values("batch_id")
    pieces = here.annotate(pieces=Sum("on_hand")).values("pieces")
    warned = SkuSetting.objects.filter(variant_id=OuterRef("variant_id")).values("warn_days")
    found = Batch.objects.select_related("variant__product").annotate(
        pieces=Coalesce(Subquery(pieces, output_field=IntegerField()), 0),
        warn_days=Coalesce(Subquery(warned, output_field=IntegerField()), 0),
    )
    if sku:
        found = found.filter(variant__sku=sku.strip().upper())
    if expires_by is not None:
        found = found.filter(Q(expires_on__lte=expires_by), IS_ON_HAND)
    return found.order_by("-id")


def list_near_expiry(*, today: date) -> QuerySet[Batch]:
    """List batches on hand that are within their SKU's days of warning, or expired, the first to expire first."""
    near = Q(pk__in=[])
    for days in SkuSetting.objects.order_by("warn_days").values_list("warn_days", flat=True).distinct():
        near |= Q(warn_days=days, expires_on__lte=today + timedelta(days=days))
    return list_batches().filter(near, IS_ON_HAND).order_by("expires_on", "id")


def count_pieces(batch: Batch) -> int:
    """Return the pieces on hand of a batch that was listed here."""
    pieces: int = batch.__dict__["pieces"]
    return pieces


def is_near_expiry(batch: Batch, today: date) -> bool:
    """Tell whether a batch that was listed here is within its SKU's days of warning."""
    days: int = batch.__dict__["warn_days"]
    return batch.expires_on is not None and batch.expires_on <= today + timedelta(days=days)


def get_batch(*, batch_id: int) -> Batch:
    """Raises BatchNotFound."""
    found = list_batches().filter(pk=batch_id).first()
    if found is None:
        raise BatchNotFound
    return found


def list_batch_stock(*, batch_id: int) -> QuerySet[BatchStock]:
    """List the warehouses that have pieces of the batch."""
    return BatchStock.objects.filter(batch_id=batch_id, on_hand__gt=0).select_related("warehouse").order_by("id")


def list_deliveries(*, batch_id: int) -> list[Delivery]:
    """Return the documents that pieces of the batch left by, for a recall, the latest first."""
    moved = BatchMovement.objects.filter(batch_id=batch_id, kind__in=[MovementKind.SHIPMENT, MovementKind.RETURN])
    found: dict[str, Delivery] = {}
    for source, kind, quantity in moved.order_by("-id").values_list("source", "kind", "quantity"):
        document = ":".join(source.split(":")[:2])
        known = found.get(document, Delivery(document, 0, 0))
        gone = -quantity if kind == MovementKind.SHIPMENT else 0
        back = quantity if kind == MovementKind.RETURN else 0
        found[document] = Delivery(document, known.shipped + gone, known.returned + back)
    return list(found.values())


def list_batch_movements() -> QuerySet[BatchMovement]:
    return BatchMovement.objects.select_related("batch__variant__product", "warehouse").order_by("-id")
