"""Tables of batches: which SKUs keep them, their dates, where they stand, and where they went."""

from collections.abc import Sequence

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.database.append_only import AppendOnly
from tenant_apps.inventory.models.warehouse import Warehouse
from tenant_apps.inventory.states import MovementKind, OversellPolicy

OPEN_BATCHES = """
    INSERT INTO inventory_batchstock (batch_id, warehouse_id, on_hand)
    SELECT batch_id, warehouse_id, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS pair (batch_id, warehouse_id)
    ON CONFLICT (batch_id, warehouse_id) DO NOTHING
"""
CHANGE_BATCHES = """
    UPDATE inventory_batchstock AS stock SET on_hand = stock.on_hand + change.pieces
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS change (batch_id, warehouse_id, pieces)
    WHERE stock.batch_id = change.batch_id AND stock.warehouse_id = change.warehouse_id
    RETURNING stock.batch_id, stock.warehouse_id, stock.on_hand
"""


class SkuSetting(models.Model):
    """Setting of how stock of a SKU is kept; a SKU without a row keeps no batches.

    `warn_days` before its expiry a batch is listed as near it. Sold beyond stock (`oversell`) it is promised by a day,
    and no more than `oversell_limit` pieces (None: any number) wait at a time.
    """

    variant = models.OneToOneField("catalog.Variant", models.PROTECT, related_name="+", verbose_name=_("variant"))
    keeps_batches = models.BooleanField(_("keeps batches"), default=False, db_default=False)
    warn_days = models.SmallIntegerField(_("days of warning before expiry"), default=90, db_default=90)
    oversell = models.CharField(
        _("sold beyond stock"),
        max_length=10,
        choices=OversellPolicy,
        default=OversellPolicy.NONE,
        db_default=OversellPolicy.NONE.value,
    )
    promised_on = models.DateField(_("promised by"), null=True, blank=True)
    oversell_limit = models.IntegerField(_("most pieces that may wait"), null=True, blank=True)
    waiting = models.IntegerField(_("pieces that wait"), default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("stock setting")
        verbose_name_plural = _("stock settings")
        constraints = [
            models.CheckConstraint(condition=Q(warn_days__gte=0, warn_days__lte=3_650), name="inventory_warn_days"),
            models.CheckConstraint(
                condition=Q(
                    oversell=OversellPolicy.NONE, waiting=0, promised_on__isnull=True, oversell_limit__isnull=True
                )
                | (~Q(oversell=OversellPolicy.NONE) & Q(promised_on__isnull=False)),
                name="inventory_oversell_is_promised",
            ),
            models.CheckConstraint(
                condition=Q(waiting__gte=0)
                & (Q(oversell_limit__isnull=True) | Q(oversell_limit__gte=1, waiting__lte=F("oversell_limit"))),
                name="inventory_waiting_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return self.variant.sku


class Batch(models.Model):
    """Goods of one SKU made together. The batch without a code holds pieces whose batch nobody knows."""

    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    code = models.CharField(_("batch number"), max_length=40, blank=True)
    produced_on = models.DateField(_("produced on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["expires_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="inventory_batch_code_once"),
            models.CheckConstraint(
                condition=Q(produced_on__isnull=True)
                | Q(expires_on__isnull=True)
                | Q(expires_on__gte=F("produced_on")),
                name="inventory_batch_dates_in_order",
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="inventory_batch_expiry")]

    def __str__(self) -> str:
        return self.code or str(_("Batch unknown"))


class BatchStockQuerySet(models.QuerySet["BatchStock"]):
    def change(self, rows: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int], int]:
        """Add (batch, warehouse, pieces), each pair once; map the pairs to what is on hand after it."""
        columns = [list(column) for column in zip(*sorted(rows), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(OPEN_BATCHES, columns[:2])
            cursor.execute(CHANGE_BATCHES, columns)
            return {(batch_id, warehouse_id): left for batch_id, warehouse_id, left in cursor.fetchall()}


class BatchStock(models.Model):
    """Pieces of a batch in a warehouse. Changed under the lock of the SKU's row of stock there."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="stock", db_index=False, verbose_name=_("batch"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    on_hand = models.IntegerField(_("on hand"), default=0, db_default=0)

    objects = BatchStockQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch in a warehouse")
        verbose_name_plural = _("batches in warehouses")
        constraints = [
            models.UniqueConstraint(fields=["batch", "warehouse"], name="inventory_batch_place_unique"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="inventory_batch_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} · {self.warehouse.name}"


class BatchMovement(AppendOnly):
    """Pieces of a batch in (quantity > 0) or out (< 0), under the source of the stock's own movement."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False, verbose_name=_("batch"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    source = models.CharField(_("source"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=MovementKind)
    quantity = models.IntegerField(_("quantity"))
    balance_after = models.IntegerField(_("on hand after"))
    occurred_at = models.DateTimeField(_("occurred at"))

    document_named: tuple[str, str] | None = None
    """Name and address of the source, where a list has looked them up."""

    class Meta:
        verbose_name = _("batch movement")
        verbose_name_plural = _("batch movements")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="inventory_batch_movement_moves"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="inventory_batch_balance_not_negative"),
        ]
        indexes = [
            models.Index(fields=["batch", "-id"], name="inventory_batch_movements"),
            models.Index(fields=["source"], name="inventory_batch_source"),
        ]

    def __str__(self) -> str:
        return f"{self.batch}: {self.quantity:+d}"
