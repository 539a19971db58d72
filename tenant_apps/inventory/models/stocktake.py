"""Tables of stocktakes: what the books said when one was opened, and what people counted."""

from datetime import datetime

from django.db import connection, models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tenant_apps.inventory.models.movement import StockMovement
from tenant_apps.inventory.models.warehouse import Warehouse
from tenant_apps.inventory.states import StocktakeState

MAX_COUNTED = 1_000_000

# Many may count at once; whoever ends or approves the stocktake waits for them.
SHARE_STOCKTAKE = "SELECT state FROM inventory_stocktake WHERE id = %s FOR SHARE"
# A piece scanned by each of two people is two pieces, whoever comes first.
ADD_COUNTED = """
    UPDATE inventory_stocktakeline AS line
    SET counted = COALESCE(line.counted, 0) + %s, counted_at = %s, counted_by = %s, counted_mark = GREATEST(
        line.snapshot_mark, line.counted_mark,
        (SELECT MAX(moved.id) FROM inventory_stockmovement AS moved
         WHERE moved.variant_id = line.variant_id AND moved.warehouse_id = line.warehouse_id))
    WHERE line.stocktake_id = %s AND line.variant_id = %s
"""
# The snapshot and its mark are read under the locks of the rows of stock: between them nothing can move.
SNAPSHOT = """
    INSERT INTO inventory_stocktakeline (stocktake_id, variant_id, warehouse_id, is_open, snapshot, snapshot_mark)
    SELECT %s, stock.variant_id, stock.warehouse_id, TRUE, stock.on_hand, COALESCE(
        (SELECT MAX(moved.id) FROM inventory_stockmovement AS moved
         WHERE moved.variant_id = stock.variant_id AND moved.warehouse_id = stock.warehouse_id), 0)
    FROM inventory_stock AS stock
    WHERE stock.warehouse_id = %s AND stock.variant_id = ANY(%s)
    ORDER BY stock.variant_id
"""


class StocktakeQuerySet(QuerySet["Stocktake"]):
    def share_state(self, stocktake_id: int) -> str | None:
        """Return the state, which nobody changes before the end of the transaction; None: there is no such one."""
        with connection.cursor() as cursor:
            cursor.execute(SHARE_STOCKTAKE, (stocktake_id,))
            row = cursor.fetchone()
        return row[0] if row else None


class Stocktake(models.Model):
    """A count of what stands in one warehouse: all goods, or those of one category."""

    number = models.CharField(_("number"), max_length=32)
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    # As it was when the stocktake was opened: a category may go, its stocktakes stay.
    category_id = models.BigIntegerField(_("category"), null=True, blank=True, editable=False)
    category_name = models.CharField(_("category"), max_length=500, blank=True, default="", db_default="")
    state = models.CharField(_("state"), max_length=10, choices=StocktakeState, default=StocktakeState.OPEN)
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("opened at"))
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = StocktakeQuerySet.as_manager()

    class Meta:
        verbose_name = _("stocktake")
        verbose_name_plural = _("stocktakes")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["number"], name="inventory_stocktake_number_unique")]

    def __str__(self) -> str:
        return self.number


class StocktakeLineQuerySet(QuerySet["StocktakeLine"]):
    def take_snapshot(self, *, stocktake_id: int, warehouse_id: int, variant_ids: list[int]) -> None:
        """Insert a line per variant from its row of stock, which the transaction has locked."""
        with connection.cursor() as cursor:
            cursor.execute(SNAPSHOT, (stocktake_id, warehouse_id, variant_ids))

    def add_counted(self, *, stocktake_id: int, variant_id: int, pieces: int, by: str, now: datetime) -> None:
        """Add pieces to what was counted of a variant."""
        with connection.cursor() as cursor:
            cursor.execute(ADD_COUNTED, (pieces, now, by, stocktake_id, variant_id))

    def with_expected(self) -> "StocktakeLineQuerySet":
        """Add `moved`, the pieces that came and went from the snapshot until the line was counted, or until now."""
        until = Coalesce(OuterRef("counted_mark"), 2**62)
        since = StockMovement.objects.filter(
            variant_id=OuterRef("variant_id"),
            warehouse_id=OuterRef("warehouse_id"),
            id__gt=OuterRef("snapshot_mark"),
            id__lte=until,
        )
        pieces = since.order_by().values("variant_id").annotate(pieces=Sum("quantity")).values("pieces")
        return self.annotate(moved=Coalesce(Subquery(pieces, output_field=models.IntegerField()), 0))


class StocktakeLine(models.Model):
    """One SKU of a stocktake.

    `snapshot` is what the books said at the movement `snapshot_mark`, and `counted` (None: not yet) is held against the
    books at the movement `counted_mark`. Movements of a row of stock are written under its lock, so their ids tell
    which came first. `difference` is what was posted at approval.
    """

    stocktake = models.ForeignKey(
        Stocktake, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("stocktake")
    )
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    is_open = models.BooleanField(default=True, db_default=True, editable=False)
    snapshot = models.IntegerField(_("on hand at opening"))
    snapshot_mark = models.BigIntegerField(default=0, db_default=0, editable=False)
    counted = models.IntegerField(_("counted"), null=True, blank=True)
    counted_mark = models.BigIntegerField(null=True, blank=True, editable=False)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    counted_by = models.CharField(_("counted by"), max_length=150, blank=True, default="", db_default="")
    difference = models.IntegerField(_("difference"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")

    objects = StocktakeLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("stocktake line")
        verbose_name_plural = _("stocktake lines")
        ordering = ["stocktake_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["stocktake", "variant"], name="inventory_stocktake_line_once"),
            # Two counts of the same goods at once would each correct what the other one corrects.
            models.UniqueConstraint(
                fields=["variant", "warehouse"], condition=Q(is_open=True), name="inventory_stocktake_no_overlap"
            ),
            models.CheckConstraint(
                condition=Q(counted__isnull=True) | Q(counted__gte=0, counted__lte=MAX_COUNTED),
                name="inventory_stocktake_counted_range",
            ),
            models.CheckConstraint(
                condition=Q(counted__isnull=True, counted_mark__isnull=True)
                | Q(counted__isnull=False, counted_mark__gte=F("snapshot_mark")),
                name="inventory_stocktake_counted_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku}: {self.counted}"

    @property
    def expected(self) -> int:
        """Return what the books said when the line was counted, where the list has added up what moved."""
        moved: int = self.__dict__.get("moved", 0)
        return self.snapshot + moved

    @property
    def found(self) -> int | None:
        """Return the pieces counted more than expected (< 0: fewer); None where nothing was counted."""
        return None if self.counted is None else self.counted - self.expected
