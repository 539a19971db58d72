"""Read stock and movements."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid, NotFound
from tenant_apps.catalog.selectors.sellable import get_variants, get_variants_by_sku
from tenant_apps.inventory.models import BatchStock, Reservation, SkuSetting, Stock, StockMovement, TransferLine
from tenant_apps.inventory.states import SELLING_KINDS, ReservationState, TransferState

OPEN_PIECES = F("quantity") - F("released") - F("shipped")
IS_LOW = Q(on_hand__lt=F("reserved") + F("low_stock_threshold"))
"""Fewer pieces are available than the row's threshold asks for."""


class StockNotFound(NotFound):
    code = "stock_not_found"
    title = _("No such stock")


class UnknownSku(Invalid):
    code = "unknown_sku"
    title = _("Unknown SKU")


def count_quantities(stock: QuerySet[Stock], *, now: datetime) -> QuerySet[Stock]:
    """Add what the rows themselves don't know.

    These are the pieces reserved whose hour is past (`expired`), and those on their way here (`coming`),
    and those of batches that have expired (`stale`), and of the default warehouse those sold beyond stock
    (`backordered`).
    """
    due = Reservation.objects.filter(
        variant_id=OuterRef("variant_id"),
        warehouse_id=OuterRef("warehouse_id"),
        state=ReservationState.ACTIVE,
        expires_at__lte=now,
    )
    pieces = due.order_by().values("variant_id").annotate(pieces=Sum(OPEN_PIECES)).values("pieces")
    moving = TransferLine.objects.filter(
        variant_id=OuterRef("variant_id"),
        transfer__target_id=OuterRef("warehouse_id"),
        transfer__state=TransferState.SHIPPED,
    )
    left = F("quantity") - F("received") - F("lost")
    coming = moving.order_by().values("variant_id").annotate(pieces=Sum(left)).values("pieces")
    over = BatchStock.objects.filter(
        batch__variant_id=OuterRef("variant_id"),
        warehouse_id=OuterRef("warehouse_id"),
        batch__expires_on__lt=clock.business_date(now),
    )
    sold_ahead = SkuSetting.objects.filter(variant_id=OuterRef("variant_id")).values("waiting")
    stale = over.order_by().values("warehouse_id").annotate(pieces=Sum("on_hand")).values("pieces")
    return stock.annotate(
        stale=Coalesce(Subquery(stale, output_field=IntegerField()), 0),
        expired=Coalesce(Subquery(pieces, output_field=IntegerField()), 0),
        coming=Coalesce(Subquery(coming, output_field=IntegerField()), 0),
        backordered=Case(
            When(warehouse__is_default=True, then=Coalesce(Subquery(sold_ahead, output_field=IntegerField()), 0)),
            default=0,
            output_field=IntegerField(),
        ),
    )


def has_unnoted_lows() -> bool:
    """Tell whether a row became low, or recovered, and does not know it."""
    is_low = Q(low_stock_threshold__gt=0) & IS_LOW
    turned = Stock.objects.filter((is_low & Q(low_since=None)) | (~is_low & Q(low_since__isnull=False)))
    return turned.exists()


def list_stock(*, warehouse_id: int | None = None, sku: str = "", low: bool = False) -> QuerySet[Stock]:
    """List stock rows with warehouse and variant; `low` keeps rows below their threshold."""
    stock = Stock.objects.select_related("warehouse", "variant__product").order_by("-id")
    if warehouse_id is not None:
        stock = stock.filter(warehouse_id=warehouse_id)
    if sku:
        stock = stock.filter(variant__sku=sku.strip().upper())
    return count_quantities(stock.filter(IS_LOW) if low else stock, now=clock.now())


def get_stock(*, stock_id: int) -> Stock:
    """Raises StockNotFound."""
    stock = list_stock().filter(pk=stock_id).first()
    if stock is None:
        raise StockNotFound
    return stock


def get_variant_ids(*, skus: Sequence[str]) -> list[int]:
    """Return variant ids in the order of the SKUs. Raises UnknownSku with an error `lines.N.sku` per unknown SKU."""
    found = get_variants_by_sku(skus=skus, now=clock.now())
    ids: list[int] = []
    errors = []
    for index, sku in enumerate(skus):
        variant = found.get(sku.strip().upper())
        if variant is None or variant.kind != "goods":
            detail = _("No goods have the SKU %(sku)s") % {"sku": sku}
            errors.append(FieldError(f"lines.{index}.sku", UnknownSku.code, detail))
        else:
            ids.append(variant.id)
    if errors:
        raise UnknownSku(errors=errors)
    return ids


def get_variant_skus(*, variant_ids: Collection[int]) -> dict[int, str]:
    """Map variants to their SKUs."""
    return {pk: variant.sku for pk, variant in get_variants(variant_ids=variant_ids, now=clock.now()).items()}


def get_variant_names(*, variant_ids: Collection[int]) -> dict[int, str]:
    """Map variants to product, specification and SKU in words."""
    found = get_variants(variant_ids=variant_ids, now=clock.now())
    return {pk: f"{one.product_name} {one.variant_name}".strip() + f" ({one.sku})" for pk, one in found.items()}


def get_available(*, variant_ids: Collection[int]) -> dict[int, int]:
    """Map each variant with stock to the pieces available in all warehouses that sell."""
    return _sum_available(Stock.objects.filter(variant_id__in=variant_ids), "variant_id")


def get_available_of_products(*, product_ids: Collection[int]) -> dict[int, int]:
    """Map each product with stock to the pieces available of all its variants."""
    return _sum_available(Stock.objects.filter(variant__product_id__in=product_ids), "variant__product_id")


def _sum_available(stock: QuerySet[Stock], by: str) -> dict[int, int]:
    sold = Q(warehouse__is_open=True, warehouse__kind__in=SELLING_KINDS)
    pieces = Greatest(F("on_hand") - F("reserved") + F("expired") - F("stale"), 0)
    rows = count_quantities(stock.order_by(), now=clock.now()).values(by)
    return dict(rows.annotate(pieces=Coalesce(Sum(pieces, filter=sold), 0)).values_list(by, "pieces"))


def list_movements(*, sku: str = "", source: str = "") -> QuerySet[StockMovement]:
    movements = StockMovement.objects.select_related("variant").order_by("-id")
    if sku:
        movements = movements.filter(variant__sku=sku.strip().upper())
    return movements.filter(source=source) if source else movements
