"""Table of stock per warehouse and variant: pieces, cost, and reserved pieces."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField
from tenant_apps.inventory.models.warehouse import Warehouse

# Locked in the order of variants and warehouses, always: two baskets with the same goods never wait for each other in a
# circle.
LOCK_EVERYWHERE = """
    SELECT id FROM inventory_stock WHERE variant_id = ANY(%s)
    ORDER BY variant_id, warehouse_id FOR NO KEY UPDATE
"""
# Everything an order could be served from, or one warehouse of it.
LOCK_OFFERS = """
    SELECT stock.id, stock.variant_id, stock.warehouse_id, stock.on_hand, stock.reserved, stock.value,
           warehouse.priority, warehouse.regions::text,
           EXISTS (SELECT 1 FROM inventory_reservation AS held
                   WHERE held.variant_id = stock.variant_id AND held.warehouse_id = stock.warehouse_id
                     AND held.state = 'active' AND held.expires_at <= %s),
           COALESCE((SELECT sum(there.on_hand) FROM inventory_batch AS batch
                     JOIN inventory_batchstock AS there ON there.batch_id = batch.id
                     WHERE batch.variant_id = stock.variant_id AND batch.expires_on < %s
                       AND there.warehouse_id = stock.warehouse_id), 0),
           COALESCE((SELECT setting.waiting FROM inventory_skusetting AS setting
                     WHERE setting.variant_id = stock.variant_id), 0)
    FROM inventory_stock AS stock JOIN inventory_warehouse AS warehouse ON warehouse.id = stock.warehouse_id
    WHERE stock.variant_id = ANY(%s) AND {where}
    ORDER BY stock.variant_id, stock.warehouse_id
    FOR NO KEY UPDATE OF stock
"""
IN_SELLING = "warehouse.is_open AND warehouse.kind IN ('main', 'branch', 'store')"
IN_ONE = "warehouse.id = %s"
CHANGE_STOCK = """
    UPDATE inventory_stock AS stock
    SET on_hand = stock.on_hand + change.on_hand,
        reserved = stock.reserved + change.reserved,
        value = stock.value + change.value
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::numeric[]) AS change (id, on_hand, reserved, value)
    WHERE stock.id = change.id
    RETURNING stock.id, stock.variant_id, stock.warehouse_id, stock.on_hand, stock.reserved, stock.value,
              {turned}, {awaited}
"""
# Low and not known to be, or known to be and low no more.
TURNED = """
    (stock.low_stock_threshold > 0 AND stock.on_hand < stock.reserved + stock.low_stock_threshold)
    <> (stock.low_since IS NOT NULL)
"""
# Somebody bought pieces of this SKU beyond stock, and waits for them.
AWAITED = """
    EXISTS (SELECT 1 FROM inventory_skusetting AS setting
            WHERE setting.variant_id = stock.variant_id AND setting.waiting > 0)
"""
ADD_STOCK = """
    INSERT INTO inventory_stock AS stock (warehouse_id, variant_id, on_hand, reserved, value, low_stock_threshold)
    VALUES {rows}
    ON CONFLICT (variant_id, warehouse_id) DO UPDATE
    SET on_hand = stock.on_hand + EXCLUDED.on_hand, value = stock.value + EXCLUDED.value
    RETURNING stock.id, stock.variant_id, stock.warehouse_id, stock.on_hand, stock.reserved, stock.value,
              {turned}, {awaited}
"""
# Rows that are there are locked but not changed, each at its place in the order: a new row, too, is one that others
# wait for.
OPEN_STOCK = """
    INSERT INTO inventory_stock AS stock (variant_id, warehouse_id, on_hand, reserved, value, low_stock_threshold)
    SELECT variant_id, warehouse_id, 0, 0, 0, 0
    FROM unnest(%s::bigint[], %s::bigint[]) AS place (variant_id, warehouse_id)
    ORDER BY variant_id, warehouse_id
    ON CONFLICT (variant_id, warehouse_id) DO UPDATE SET on_hand = stock.on_hand WHERE false
"""
READ_PAIRS = """
    SELECT stock.id, stock.variant_id, stock.warehouse_id, stock.on_hand, stock.reserved, stock.value
    FROM inventory_stock AS stock
    JOIN unnest(%s::bigint[], %s::bigint[]) AS place (variant_id, warehouse_id) USING (variant_id, warehouse_id)
"""
# Rows that somebody is changing are left out: whoever changes a row that turned has this done again.
MARK_LOW = """
    UPDATE inventory_stock AS stock SET low_since = CASE WHEN stock.low_since IS NULL THEN %s::timestamptz END
    WHERE stock.id IN (
        SELECT stock.id FROM inventory_stock AS stock WHERE {turned}
        ORDER BY stock.variant_id, stock.warehouse_id FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING stock.id, stock.variant_id, stock.warehouse_id, stock.on_hand - stock.reserved,
              stock.low_stock_threshold, stock.low_since
"""
# The latest movement that had a value tells what a piece cost, wherever it was.
LAST_UNIT_COSTS = """
    SELECT wanted.id, last.value / last.quantity
    FROM unnest(%s::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT value, quantity FROM inventory_stockmovement
        WHERE variant_id = wanted.id AND value <> 0 ORDER BY id DESC LIMIT 1
    ) AS last
"""

_CHANGE = CHANGE_STOCK.format(turned=TURNED, awaited=AWAITED)
_MARK = MARK_LOW.format(turned=TURNED)


@dataclass(frozen=True, slots=True)
class StockBalance:
    """A row of stock, as read under its lock or as changed."""

    id: int
    variant_id: int
    warehouse_id: int
    on_hand: int
    reserved: int
    value: Decimal
    has_turned: bool = False
    """The row is low, or low no more, and does not know it yet; only told after a change."""
    is_awaited: bool = False
    """Pieces of the SKU were sold beyond stock and wait; only told after a change."""

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class LowRow:
    """A row of stock that became low at `since`, or recovered (None)."""

    stock_id: int
    variant_id: int
    warehouse_id: int
    available: int
    threshold: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class LockedOffer:
    """A row of stock that an order could take from, under its lock, and its warehouse.

    `regions` is JSON; `has_expired` tells that pieces are reserved whose hour is past; `stale` pieces are of batches
    that have expired, and nobody's to sell; `awaited` pieces of the SKU, wherever, are those of orders that wait.
    """

    balance: StockBalance
    priority: int
    regions: str
    has_expired: bool
    stale: int
    awaited: int


@dataclass(frozen=True, slots=True)
class Change:
    """Differences to add to one row of stock; negative numbers reduce it."""

    stock_id: int
    on_hand: int = 0
    reserved: int = 0
    value: Decimal = Decimal(0)


class StockQuerySet(models.QuerySet["Stock"]):
    """Writes of stock, one statement for all lines."""

    def lock_everywhere(self, variant_ids: Iterable[int]) -> None:
        """Lock all the variants' rows, whatever their warehouses."""
        with connection.cursor() as cursor:
            cursor.execute(LOCK_EVERYWHERE, (list(variant_ids),))

    def lock_offers(
        self, variant_ids: Iterable[int], *, warehouse_id: int | None, now: datetime, today: date
    ) -> list[LockedOffer]:
        """Lock the variants' rows in all warehouses that sell, or in one of any kind; by variant and warehouse."""
        statement = LOCK_OFFERS.format(where=IN_SELLING if warehouse_id is None else IN_ONE)
        place = () if warehouse_id is None else (warehouse_id,)
        with connection.cursor() as cursor:
            cursor.execute(statement, (now, today, list(variant_ids), *place))
            return [LockedOffer(StockBalance(*row[:6]), *row[6:]) for row in cursor.fetchall()]

    def lock_pairs(
        self, variant_ids: Sequence[int], warehouse_ids: Sequence[int]
    ) -> dict[tuple[int, int], StockBalance]:
        """Lock the variants' rows in these warehouses, made where there is none; map (variant, warehouse) to them."""
        return self.lock_places({(variant, place) for variant in variant_ids for place in warehouse_ids})

    def lock_places(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], StockBalance]:
        """Do the same for these (variant, warehouse) alone."""
        columns = [[variant for variant, _place in places], [place for _variant, place in places]]
        with connection.cursor() as cursor:
            cursor.execute(OPEN_STOCK, columns)
            cursor.execute(READ_PAIRS, columns)
            return {(row[1], row[2]): StockBalance(*row) for row in cursor.fetchall()}

    def available_somewhere(self, kinds: Sequence[str]) -> "models.QuerySet[Stock, int]":
        """Return the variants of which an open warehouse of these kinds has pieces that are not reserved."""
        free = self.filter(on_hand__gt=F("reserved"), warehouse__is_open=True, warehouse__kind__in=kinds)
        return free.order_by().values_list("variant_id", flat=True)

    def mark_low(self, now: datetime) -> list[LowRow]:
        """Note on each row whether it is low; return those that were not noted so before."""
        with connection.cursor() as cursor:
            cursor.execute(_MARK, (now,))
            return [LowRow(*row) for row in cursor.fetchall()]

    def last_unit_costs(self, variant_ids: Sequence[int]) -> dict[int, Decimal]:
        """Map the variants that ever moved with a value to the cost of a piece in the latest such movement."""
        with connection.cursor() as cursor:
            cursor.execute(LAST_UNIT_COSTS, (list(variant_ids),))
            return dict(cursor.fetchall())

    def change_balances(self, changes: Sequence[Change]) -> dict[int, StockBalance]:
        """Apply changes to rows that the transaction has locked; map stock id to the new balance."""
        columns = zip(*((c.stock_id, c.on_hand, c.reserved, c.value) for c in changes), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_CHANGE, [list(column) for column in columns])
            return {row[0]: StockBalance(*row) for row in cursor.fetchall()}

    def add_goods(self, warehouse_id: int, goods: dict[int, tuple[int, Decimal]]) -> list[StockBalance]:
        """Add (pieces, value) per variant, creating missing rows; return the new balances."""
        parameters: list[int | Decimal] = []
        for variant_id, (pieces, value) in sorted(goods.items()):
            parameters += [warehouse_id, variant_id, pieces, value]
        rows = ", ".join(["(%s, %s, %s, 0, %s, 0)"] * len(goods))
        with connection.cursor() as cursor:
            cursor.execute(ADD_STOCK.format(rows=rows, turned=TURNED, awaited=AWAITED), parameters)
            return [StockBalance(*row) for row in cursor.fetchall()]


class Stock(models.Model):
    """Pieces of one variant in one warehouse; `value` is the cost of the pieces on hand (moving average)."""

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    on_hand = models.IntegerField(_("on hand"), default=0, db_default=0)
    reserved = models.IntegerField(_("reserved"), default=0, db_default=0)
    value = MoneyField(_("value"), default=ZERO, db_default=0)
    low_stock_threshold = models.IntegerField(_("low-stock threshold"), default=0, db_default=0)
    low_since = models.DateTimeField(_("low since"), null=True, blank=True, editable=False)

    objects = StockQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        ordering = ["variant_id", "warehouse_id"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="inventory_stock_place_unique"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="inventory_stock_never_oversold"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="inventory_stock_never_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="inventory_reserved_never_negative"),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(on_hand__gt=0) | Q(value=0)), name="inventory_stock_value_of_goods"
            ),
            models.CheckConstraint(condition=Q(low_stock_threshold__gte=0), name="inventory_threshold_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku} · {self.warehouse.name}"

    @property
    def held(self) -> int:
        """Return the pieces reserved, without those whose hour is past where the list has counted them."""
        expired: int = self.__dict__.get("expired", 0)
        return self.reserved - expired

    @property
    def available(self) -> int:
        """Return the pieces an order could take: none where orders are not served from."""
        stale: int = self.__dict__.get("stale", 0)
        return max(self.on_hand - self.held - stale, 0) if self.warehouse.sells else 0

    @property
    def in_transit(self) -> int:
        """Return the pieces on their way here, where the list has counted them."""
        pieces: int = self.__dict__.get("coming", 0)
        return pieces

    @property
    def projected(self) -> int:
        """Return the pieces that will be free here once all that is on its way has come.

        Those sold beyond stock count against the default warehouse.
        """
        return self.on_hand - self.held + self.in_transit - self.awaited

    @property
    def awaited(self) -> int:
        """Return the pieces sold beyond stock that count against this row, where the list has counted them."""
        pieces: int = self.__dict__.get("backordered", 0)
        return pieces

    @property
    def is_low(self) -> bool:
        return self.available < self.low_stock_threshold
