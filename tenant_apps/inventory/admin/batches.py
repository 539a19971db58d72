"""Batches in the brand console: their dates, where they stand, and where they went."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.columns import name_documents
from console.exports import ExportsList
from console.panels import Panel, Row, facts
from console.shows_panels import ShowsPanels
from console.sites import brand_site
from kernel.core import clock
from tenant_apps.inventory.models import Batch, BatchMovement
from tenant_apps.inventory.rules.batches import is_expired
from tenant_apps.inventory.selectors import batches as selectors

SHOWN = 50


class NearExpiryFilter(admin.SimpleListFilter):
    title = _("expiry")
    parameter_name = "near"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", str(_("Near expiry or expired")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Batch]) -> QuerySet[Batch]:
        if self.value() != "yes":
            return queryset
        near = selectors.list_near_expiry(today=clock.business_date(clock.now()))
        return queryset.filter(pk__in=near.order_by().values("pk"))


@admin.register(Batch, site=brand_site)
class BatchAdmin(ShowsPanels[Batch], ExportsList[Batch], BrandModelAdmin[Batch]):
    view_permission = "inventory.view"
    list_display = ("goods", "sku", "number", "produced_on", "expires_on", "on_hand", "state")
    list_filter = (NearExpiryFilter, "expires_on")
    search_fields = ("code", "variant__sku__istartswith", "variant__product__name")
    fields = ("code", "produced_on", "expires_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return selectors.list_batches()

    @admin.display(description=_("Goods"), ordering="variant__product__name")
    def goods(self, batch: Batch) -> str:
        return f"{batch.variant.product.name} {batch.variant.name}".strip()

    @admin.display(description=_("SKU"), ordering="variant__sku")
    def sku(self, batch: Batch) -> str:
        return batch.variant.sku

    @admin.display(description=_("Batch number"), ordering="code")
    def number(self, batch: Batch) -> str:
        return str(batch)

    @admin.display(description=_("On hand"))
    def on_hand(self, batch: Batch) -> int:
        return selectors.count_pieces(batch)

    @admin.display(description=_("State"))
    def state(self, batch: Batch) -> str:
        today = clock.business_date(clock.now())
        if is_expired(batch.expires_on, today):
            return str(_("Expired"))
        near = selectors.is_near_expiry(batch, today)
        return str(_("Near expiry")) if near else ""

    def list_panels(self, request: HttpRequest, object_id: int) -> list[Panel]:
        """Return where the batch stands, and the orders that got pieces of it."""
        batch = selectors.get_batch(batch_id=object_id)
        went = selectors.list_deliveries(batch_id=object_id)[:SHOWN]
        names = name_documents(request, [one.document for one in went])
        rows = []
        for one in went:
            name, link = names.get(one.document, (one.document.partition(":")[2], ""))
            note = str(_("%(pieces)d came back") % {"pieces": one.returned}) if one.returned else ""
            rows.append(Row(title=name, note=note, side=f"× {one.shipped}", link=link))
        movements = f"{reverse('brand:inventory_batchmovement_changelist')}?batch__id__exact={batch.pk}"
        return [
            Panel(
                key="batch",
                title=_("Batch"),
                icon="qr_code_2",
                facts=facts(
                    [
                        (_("Goods"), self.goods(batch)),
                        (_("SKU"), batch.variant.sku),
                        (_("Batch number"), str(batch)),
                        (_("Produced on"), batch.produced_on),
                        (_("Expires on"), batch.expires_on),
                        (_("State"), self.state(batch)),
                    ]
                ),
            ),
            Panel(
                key="stock",
                title=_("On hand"),
                icon="warehouse",
                rows=[
                    Row(title=row.warehouse.name, side=f"{row.on_hand}")
                    for row in selectors.list_batch_stock(batch_id=object_id)
                ],
                empty=_("Nothing of this batch is on hand."),
            ),
            Panel(
                key="deliveries",
                title=_("Where it went"),
                icon="local_shipping",
                rows=rows,
                empty=_("Nothing of this batch has left."),
                more=movements,
            ),
        ]


@admin.register(BatchMovement, site=brand_site)
class BatchMovementAdmin(ExportsList[BatchMovement], BrandModelAdmin[BatchMovement]):
    view_permission = "inventory.view"
    list_display = (
        "occurred_at",
        "kind",
        "goods",
        "sku",
        "number",
        "warehouse",
        "quantity",
        "balance_after",
        "document_name",
    )
    list_filter = ("kind", "warehouse", "occurred_at")
    list_select_related = ("batch__variant__product", "warehouse")
    search_fields = ("batch__code", "batch__variant__sku__istartswith", "source")

    def prepare_rows(self, request: HttpRequest, rows: list[BatchMovement]) -> None:
        super().prepare_rows(request, rows)
        names = name_documents(request, [row.source for row in rows])
        for row in rows:
            row.document_named = names.get(row.source)

    @admin.display(description=_("Goods"), ordering="batch__variant__product__name")
    def goods(self, movement: BatchMovement) -> str:
        return f"{movement.batch.variant.product.name} {movement.batch.variant.name}".strip()

    @admin.display(description=_("SKU"), ordering="batch__variant__sku")
    def sku(self, movement: BatchMovement) -> str:
        return movement.batch.variant.sku

    @admin.display(description=_("Batch number"), ordering="batch__code")
    def number(self, movement: BatchMovement) -> str:
        return str(movement.batch)

    @admin.display(description=_("Document"), ordering="source")
    def document_name(self, movement: BatchMovement) -> SafeString | str:
        """The order, or the number of the delivery note or count."""
        if movement.document_named is None:
            return movement.source.partition(":")[2] or movement.source
        name, link = movement.document_named
        return format_html('<a class="bn-link" href="{}">{}</a>', link, name) if link else name
