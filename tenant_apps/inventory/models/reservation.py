"""Table of reservations."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.inventory.models.warehouse import Warehouse
from tenant_apps.inventory.rules.sourcing import Part
from tenant_apps.inventory.states import ReservationState

INSERT_RESERVATIONS = """
    INSERT INTO inventory_reservation AS reservation (source, variant_id, warehouse_id, quantity, state, expires_at)
    VALUES """
# Those of a source that is at work on them are left to it: it holds their rows, and may wait for the stock held here.
EXPIRE_RESERVATIONS = """
    UPDATE inventory_reservation AS reservation SET state = 'expired', released = reservation.released + due.open
    FROM (
        SELECT held.id, stock.id AS stock_id, held.quantity - held.released - held.shipped AS open
        FROM inventory_reservation AS held
        JOIN inventory_stock AS stock ON stock.variant_id = held.variant_id AND stock.warehouse_id = held.warehouse_id
        WHERE held.state = 'active' AND held.expires_at <= %s AND stock.id = ANY(%s)
        ORDER BY held.variant_id, held.warehouse_id, held.id FOR NO KEY UPDATE OF held SKIP LOCKED
    ) AS due
    WHERE reservation.id = due.id RETURNING due.stock_id, due.open
"""
# More for a source that has reserved before, whatever became of that.
_MORE = """
    ON CONFLICT (source, variant_id, warehouse_id) DO UPDATE
    SET quantity = reservation.quantity + EXCLUDED.quantity, state = 'active', expires_at = EXCLUDED.expires_at
"""
RESERVATION_VALUES = "(%s, %s, %s, %s, %s, %s)"


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def open_rows(self, source: str, goods: Sequence[Part], expires_at: datetime | None, *, is_more: bool) -> None:
        """Insert an active row per part, in one statement; `is_more` adds to what the source has reserved before."""
        parameters: list[int | str | datetime | None] = []
        for part in goods:
            state = ReservationState.ACTIVE.value
            parameters += [source, part.variant_id, part.warehouse_id, part.quantity, state, expires_at]
        rows = ", ".join([RESERVATION_VALUES] * len(goods))
        with connection.cursor() as cursor:
            cursor.execute(INSERT_RESERVATIONS + rows + (_MORE if is_more else ""), parameters)

    def expire_rows(self, now: datetime, stock_ids: Sequence[int]) -> dict[int, int]:
        """Expire what is due of rows of stock that the transaction has locked; map stock id to the pieces freed."""
        freed: dict[int, int] = {}
        with connection.cursor() as cursor:
            cursor.execute(EXPIRE_RESERVATIONS, (now, list(stock_ids)))
            for stock_id, pieces in cursor.fetchall():
                freed[stock_id] = freed.get(stock_id, 0) + pieces
        return freed

    def blocking(self, now: datetime) -> "ReservationQuerySet":
        """Keep what is reserved at `now`: active, and not past its hour."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), state=ReservationState.ACTIVE)


class Reservation(models.Model):
    """Pieces reserved for one source ("order:42"): `released` of them were given up, `shipped` of them have left."""

    source = models.CharField(_("source"), max_length=80)
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    quantity = models.IntegerField(_("quantity"))
    released = models.IntegerField(_("released"), default=0, db_default=0)
    shipped = models.IntegerField(_("shipped"), default=0, db_default=0)
    state = models.CharField(_("state"), max_length=10, choices=ReservationState, default=ReservationState.ACTIVE)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "variant", "warehouse"], name="inventory_reservation_once_per_source"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_reservation_positive"),
            models.CheckConstraint(
                condition=Q(released__gte=0, released__lte=F("quantity")), name="inventory_released_within_reserved"
            ),
            models.CheckConstraint(
                condition=Q(shipped__gte=0, shipped__lte=F("quantity") - F("released")),
                name="inventory_shipped_within_reserved",
            ),
        ]
        indexes = [
            # Small: what has no end is not in it, nor what is over.
            models.Index(
                fields=["variant", "warehouse", "expires_at"],
                condition=Q(state=ReservationState.ACTIVE, expires_at__isnull=False),
                name="inventory_reservation_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku} × {self.quantity}"

    @property
    def open(self) -> int:
        """Return the pieces neither released nor shipped."""
        return self.quantity - self.released - self.shipped
