"""Table of pieces sold beyond stock, which wait for goods to arrive."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.inventory.models.batch import SkuSetting
from tenant_apps.inventory.states import OversellPolicy

# In the order of variants, always: whoever changes what waits holds the settings of all its SKUs.
LOCK_SETTINGS = """
    SELECT variant_id, oversell, promised_on, oversell_limit, waiting FROM inventory_skusetting
    WHERE variant_id = ANY(%s) AND oversell <> 'none' ORDER BY variant_id FOR NO KEY UPDATE
"""
CHANGE_WAITING = """
    UPDATE inventory_skusetting AS setting SET waiting = setting.waiting + change.pieces
    FROM unnest(%s::bigint[], %s::int[]) AS change (variant_id, pieces) WHERE setting.variant_id = change.variant_id
"""
INSERT_BACKORDERS = """
    INSERT INTO inventory_backorder AS backorder (source, variant_id, kind, quantity, promised_on)
    SELECT %s, variant_id, kind, pieces, promised_on
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::date[]) AS one (variant_id, kind, pieces, promised_on)
    ON CONFLICT (source, variant_id) DO UPDATE
    SET quantity = backorder.quantity + EXCLUDED.quantity, kind = EXCLUDED.kind, promised_on = EXCLUDED.promised_on
"""
MOVE_BACKORDERS = """
    UPDATE inventory_backorder AS backorder
    SET filled = backorder.filled + change.filled, released = backorder.released + change.released
    FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS change (id, filled, released) WHERE backorder.id = change.id
"""
IS_OPEN = Q(quantity__gt=F("filled") + F("released"))


class BackorderQuerySet(models.QuerySet["Backorder"]):
    """Writes of backorders, one statement for all lines, below the lock of their SKUs' settings."""

    def lock_settings(self, variant_ids: Sequence[int]) -> dict[int, SkuSetting]:
        """Lock the settings of the variants that may be sold beyond stock, in their order; map variant id to them."""
        with connection.cursor() as cursor:
            cursor.execute(LOCK_SETTINGS, [sorted(variant_ids)])
            return {
                row[0]: SkuSetting(
                    variant_id=row[0], oversell=row[1], promised_on=row[2], oversell_limit=row[3], waiting=row[4]
                )
                for row in cursor.fetchall()
            }

    def change_waiting(self, pieces: Mapping[int, int]) -> None:
        """Add to the pieces that wait of each variant."""
        with connection.cursor() as cursor:
            cursor.execute(CHANGE_WAITING, [list(pieces), list(pieces.values())])

    def open_rows(self, source: str, pieces: Mapping[int, int], settings: Mapping[int, SkuSetting]) -> None:
        """Let pieces of each variant wait for the source, with the promise its SKU makes now."""
        kinds: list[str] = [str(settings[one].oversell) for one in pieces]
        days: list[date | None] = [settings[one].promised_on for one in pieces]
        with connection.cursor() as cursor:
            cursor.execute(INSERT_BACKORDERS, [source, list(pieces), kinds, list(pieces.values()), days])

    def move(self, changes: Sequence[tuple[int, int, int]]) -> None:
        """Add (id, filled, released) to rows that the transaction has locked."""
        columns = [list(column) for column in zip(*changes, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(MOVE_BACKORDERS, columns)

    def waiting(self) -> "BackorderQuerySet":
        """Keep those of which pieces wait."""
        return self.filter(IS_OPEN)


class Backorder(models.Model):
    """Pieces that a source ("order:42") bought beyond stock: `filled` of them have come, `released` were given up."""

    source = models.CharField(_("source"), max_length=80)
    variant = models.ForeignKey(
        "catalog.Variant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("variant")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=OversellPolicy)
    quantity = models.IntegerField(_("quantity"))
    filled = models.IntegerField(_("filled"), default=0, db_default=0)
    released = models.IntegerField(_("released"), default=0, db_default=0)
    promised_on = models.DateField(_("promised by"))

    document_named: tuple[str, str] | None = None
    """Name and address of the source, where a list has looked them up."""

    objects = BackorderQuerySet.as_manager()

    class Meta:
        verbose_name = _("backorder")
        verbose_name_plural = _("backorders")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "variant"], name="inventory_backorder_once_per_source"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, filled__gte=0, released__gte=0)
                & Q(quantity__gte=F("filled") + F("released")),
                name="inventory_backorder_within_sold",
            ),
            models.CheckConstraint(condition=~Q(kind=OversellPolicy.NONE), name="inventory_backorder_kind"),
        ]
        indexes = [models.Index(fields=["variant", "id"], condition=IS_OPEN, name="inventory_backorder_waiting")]

    def __str__(self) -> str:
        return f"{self.variant.sku} × {self.open}"

    @property
    def open(self) -> int:
        """Return the pieces that still wait."""
        return self.quantity - self.filled - self.released
