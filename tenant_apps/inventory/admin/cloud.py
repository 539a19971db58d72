"""Cloud stock in the brand console: balances, statement, and the panel on an agent's page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.admin import BrandModelAdmin
from console.columns import name_documents
from console.exports import ExportsList
from console.panels import Panel, Row
from console.sites import brand_site
from tenant_apps.inventory.models import CloudMovement, CloudStock
from tenant_apps.inventory.selectors import cloud as selectors

SHOWN = 8


def cloud_stock_of_agent(request: HttpRequest, agent_id: int) -> Panel | None:
    """Return what the brand keeps for the agent, with the way to the statement; None without permission."""
    if not may_read(request, "inventory.view"):
        return None
    kept = selectors.list_cloud_stock(agent_id=agent_id)[:SHOWN]
    return Panel(
        key="cloud-stock",
        title=_("Cloud stock"),
        icon="cloud",
        rows=[
            Row(
                title=f"{row.variant.product.name} {row.variant.name}".strip(),
                note=row.variant.sku,
                side=f"{row.balance}",
            )
            for row in kept
        ],
        empty=_("Nothing is kept for this agent."),
        more=f"{reverse('brand:inventory_cloudmovement_changelist')}?agent__id__exact={agent_id}",
    )


@admin.register(CloudStock, site=brand_site)
class CloudStockAdmin(ExportsList[CloudStock], BrandModelAdmin[CloudStock]):
    view_permission = "inventory.view"
    list_display = ("agent_name", "agent_code", "goods", "sku", "balance")
    search_fields = ("agent__code__istartswith", "agent__name", "variant__sku__istartswith", "variant__product__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CloudStock]:
        return selectors.list_cloud_stock()

    @admin.display(description=_("Agent"), ordering="agent__name")
    def agent_name(self, row: CloudStock) -> str:
        return row.agent.name

    @admin.display(description=_("Agent code"), ordering="agent__code")
    def agent_code(self, row: CloudStock) -> str:
        return row.agent.code

    @admin.display(description=_("Goods"), ordering="variant__product__name")
    def goods(self, row: CloudStock) -> str:
        return f"{row.variant.product.name} {row.variant.name}".strip()

    @admin.display(description=_("SKU"), ordering="variant__sku")
    def sku(self, row: CloudStock) -> str:
        return row.variant.sku


@admin.register(CloudMovement, site=brand_site)
class CloudMovementAdmin(ExportsList[CloudMovement], BrandModelAdmin[CloudMovement]):
    view_permission = "inventory.view"
    list_display = ("occurred_at", "kind", "agent_name", "goods", "sku", "quantity", "balance_after", "document_name")
    list_filter = ("kind", "occurred_at")
    list_select_related = ("agent", "variant__product")
    search_fields = ("agent__code__istartswith", "agent__name", "variant__sku__istartswith", "source")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the link of an agent's page, which filters by the agent."""
        return lookup == "agent__id__exact" or super().lookup_allowed(lookup, value, request)

    def prepare_rows(self, request: HttpRequest, rows: list[CloudMovement]) -> None:
        super().prepare_rows(request, rows)
        names = name_documents(request, [row.source for row in rows])
        for row in rows:
            row.document_named = names.get(row.source)

    @admin.display(description=_("Agent"), ordering="agent__name")
    def agent_name(self, movement: CloudMovement) -> str:
        return movement.agent.name

    @admin.display(description=_("Goods"), ordering="variant__product__name")
    def goods(self, movement: CloudMovement) -> str:
        return f"{movement.variant.product.name} {movement.variant.name}".strip()

    @admin.display(description=_("SKU"), ordering="variant__sku")
    def sku(self, movement: CloudMovement) -> str:
        return movement.variant.sku

    @admin.display(description=_("Document"), ordering="source")
    def document_name(self, movement: CloudMovement) -> SafeString | str:
        """The order."""
        if movement.document_named is None:
            return movement.source.partition(":")[2] or movement.source
        name, link = movement.document_named
        return format_html('<a class="bn-link" href="{}">{}</a>', link, name) if link else name
