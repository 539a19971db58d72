"""Read stock. `lock_reservations` is for this app's services."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid, NotFound
from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
from tenant_apps.inventory.models import Reservation, Stock, StockMovement, Warehouse
from tenant_apps.inventory.states import ReservationState

LOCK_RESERVATIONS = """
    SELECT reservation.id, reservation.variant_id, reservation.quantity, reservation.released,
           stock.id, stock.on_hand, stock.value, stock.warehouse_id
    FROM inventory_reservation AS reservation
    JOIN inventory_stock AS stock
      ON stock.variant_id = reservation.variant_id AND stock.warehouse_id = reservation.warehouse_id
    WHERE reservation.source = %s AND reservation.state = 'active'
    ORDER BY reservation.variant_id, reservation.warehouse_id
    FOR NO KEY UPDATE
"""


IS_LOW = Q(on_hand__lt=F("reserved") + F("low_stock_threshold"))
"""Fewer pieces are available than the row's threshold asks for."""


def count_warehouses() -> int:
    return Warehouse.objects.count()


def get_warehouse_ids() -> dict[str, int]:
    """Map code and name of each warehouse, lower case, to its id; "" is the default one. Codes take precedence."""
    rows = list(Warehouse.objects.order_by("id").values_list("id", "code", "name", "is_default"))
    found = {name.casefold(): warehouse_id for warehouse_id, _code, name, _default in rows}
    found |= {code.casefold(): warehouse_id for warehouse_id, code, _name, _default in rows}
    default = next((warehouse_id for warehouse_id, _code, _name, is_default in rows if is_default), None)
    return found if default is None else found | {"": default}


class StockNotFound(NotFound):
    code = "stock_not_found"
    title = _("No such stock")


class NoDefaultWarehouse(Invalid):
    code = "no_default_warehouse"
    title = _("No warehouse is the default one")


class UnknownSku(Invalid):
    code = "unknown_sku"
    title = _("Unknown SKU")


@dataclass(frozen=True, slots=True)
class HeldGoods:
    """An active reservation and its stock row, both locked."""

    id: int
    variant_id: int
    quantity: int
    released: int
    stock_id: int
    on_hand: int
    value: Decimal
    warehouse_id: int

    @property
    def open(self) -> int:
        return self.quantity - self.released


def lock_reservations(*, source: str) -> list[HeldGoods]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_RESERVATIONS, (source,))
        return [HeldGoods(*row) for row in cursor.fetchall()]


def default_warehouse_id() -> int:
    """Raises NoDefaultWarehouse."""
    found = Warehouse.objects.filter(is_default=True).values_list("id", flat=True).first()
    if found is None:
        raise NoDefaultWarehouse(field="warehouse_id")
    return found


def list_stock(*, warehouse_id: int | None = None, sku: str = "", low: bool = False) -> QuerySet[Stock]:
    """List stock rows with warehouse and variant; `low` keeps rows below their threshold."""
    stock = Stock.objects.select_related("warehouse", "variant__product").order_by("-id")
    if warehouse_id is not None:
        stock = stock.filter(warehouse_id=warehouse_id)
    if sku:
        stock = stock.filter(variant__sku=sku.strip().upper())
    return stock.filter(IS_LOW) if low else stock


def get_stock(*, stock_id: int) -> Stock:
    """Return the row with warehouse and variant. Raises StockNotFound."""
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


def get_available(*, variant_ids: Collection[int]) -> dict[int, int]:
    """Map each variant with stock to the pieces available in all warehouses."""
    return _sum_available(Stock.objects.filter(variant_id__in=variant_ids), "variant_id")


def get_available_of_products(*, product_ids: Collection[int]) -> dict[int, int]:
    """Map each product with stock to the pieces available of all its variants."""
    return _sum_available(Stock.objects.filter(variant__product_id__in=product_ids), "variant__product_id")


def _sum_available(stock: QuerySet[Stock], by: str) -> dict[int, int]:
    rows = stock.order_by().values(by).annotate(pieces=Sum(F("on_hand") - F("reserved")))
    return dict(rows.values_list(by, "pieces"))


def list_open_reservations(*, variant_id: int, warehouse_id: int) -> QuerySet[Reservation]:
    """List what is reserved and not yet shipped, the latest first."""
    found = Reservation.objects.filter(variant_id=variant_id, warehouse_id=warehouse_id)
    return found.filter(state=ReservationState.ACTIVE, quantity__gt=F("released")).order_by("-id")


def list_movements(*, sku: str = "", source: str = "") -> QuerySet[StockMovement]:
    movements = StockMovement.objects.select_related("variant").order_by("-id")
    if sku:
        movements = movements.filter(variant__sku=sku.strip().upper())
    return movements.filter(source=source) if source else movements


def list_warehouses() -> list[Warehouse]:
    return list(Warehouse.objects.order_by("code", "id"))
