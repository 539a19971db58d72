"""The list of parcels: where each is, what somebody should look at, and their labels."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.bulk_actions import selection_action
from console.columns import name_documents
from console.display import Tone, clamped, state_label
from console.exports import ExportsList
from console.sites import brand_site
from kernel.core import clock
from tenant_apps.shipping.models import Parcel
from tenant_apps.shipping.selectors.parcels import alarms
from tenant_apps.shipping.services.label_jobs import print_labels
from tenant_apps.shipping.states import ParcelState

TONES: dict[str, Tone] = {
    ParcelState.PREPARED: "warning",
    ParcelState.ISSUED: "info",
    ParcelState.PICKED_UP: "info",
    ParcelState.IN_TRANSIT: "info",
    ParcelState.OUT_FOR_DELIVERY: "info",
    ParcelState.AT_STATION: "info",
    ParcelState.SIGNED: "success",
    ParcelState.TROUBLE: "danger",
    ParcelState.RETURNING: "danger",
    ParcelState.RETURNED: "danger",
}


class AlarmFilter(admin.SimpleListFilter):
    """Parcels that somebody should look at."""

    title = _("alarm")
    parameter_name = "alarm"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("no_pickup", gettext("Not picked up for 24 hours")),
            ("no_event", gettext("No news for 72 hours")),
            ("trouble", gettext("Trouble")),
            ("going_back", gettext("Going back")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> QuerySet[Parcel]:
        condition = alarms(clock.now()).get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Parcel, site=brand_site)
class ParcelAdmin(ExportsList[Parcel], BrandModelAdmin[Parcel]):
    view_permission = "shipping.view"
    list_display = (
        "number",
        "document",
        "carrier",
        state_label("state", _("State"), TONES),
        "goods",
        "shipped_at",
        "state_at",
        "carrier_reason",
    )
    list_filter = (AlarmFilter, "state", "carrier_code", "shipped_at")
    search_fields = ("tracking_number", "reference")
    ordering = ("-id",)
    actions = ("print_selected", "print_selected_on_a4")
    fields = (
        "reference",
        "seq",
        "state",
        "carrier",
        "carrier_reason",
        "tracking_number",
        "weight_grams",
        "shipped_at",
        "state_at",
        "signed_at",
    )

    def prepare_rows(self, request: HttpRequest, rows: list[Parcel]) -> None:
        """Name the documents of all rows at once."""
        super().prepare_rows(request, rows)
        names = name_documents(request, [row.source for row in rows])
        for row in rows:
            row.named_document = names.get(row.source, (row.reference, ""))

    @admin.display(description=_("Tracking number"), ordering="tracking_number")
    def number(self, parcel: Parcel) -> str:
        return parcel.tracking_number or gettext("no number")

    @admin.display(description=_("Document"))
    def document(self, parcel: Parcel) -> SafeString | str:
        name, link = parcel.named_document
        return format_html('<a href="{}">{}</a>', link, name) if link else name

    @admin.display(description=_("Goods"))
    def goods(self, parcel: Parcel) -> SafeString:
        return clamped(", ".join(f"{one['name']} ×{one['quantity']}" for one in parcel.contents))

    @selection_action(_("Print labels (100 × 180 mm)"), permission="orders.ship")
    def print_selected(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> HttpResponse:
        return _print(queryset, "label")

    @selection_action(_("Print labels on A4"), permission="orders.ship")
    def print_selected_on_a4(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> HttpResponse:
        return _print(queryset, "a4")


def _print(parcels: QuerySet[Parcel], paper: str) -> HttpResponse:
    """Start the job for the ticked parcels, the oldest first, without those that have no number."""
    ids = parcels.exclude(tracking_number="").order_by("id").values_list("id", flat=True)
    return redirect("shipping:job", print_labels(parcel_ids=list(ids), paper=paper, now=clock.now()))
