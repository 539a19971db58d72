"""Table of reservations."""

from collections.abc import Sequence

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.inventory.models.warehouse import Warehouse
from tenant_apps.inventory.states import ReservationState

INSERT_RESERVATIONS = "INSERT INTO inventory_reservation (source, variant_id, warehouse_id, quantity, state) VALUES "


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def open_rows(self, source: str, goods: Sequence[tuple[int, int, int]]) -> None:
        """Insert an active row per (variant id, warehouse id, quantity), in one statement."""
        parameters: list[int | str] = []
        for variant_id, warehouse_id, quantity in goods:
            parameters += [source, variant_id, warehouse_id, quantity, ReservationState.ACTIVE.value]
        with connection.cursor() as cursor:
            cursor.execute(INSERT_RESERVATIONS + ", ".join(["(%s, %s, %s, %s, %s)"] * len(goods)), parameters)


class Reservation(models.Model):
    """Pieces reserved for one source ("order:42"); `released` of them were given up before shipment."""

    source = models.CharField(_("source"), max_length=80)
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, verbose_name=_("warehouse")
    )
    quantity = models.IntegerField(_("quantity"))
    released = models.IntegerField(_("released"), default=0, db_default=0)
    state = models.CharField(_("state"), max_length=10, choices=ReservationState, default=ReservationState.ACTIVE)

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
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku} × {self.quantity}"
