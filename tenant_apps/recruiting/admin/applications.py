"""The list of all applications; one is looked at and decided in the review queue."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.display import Tone, state_label
from console.exports import ExportsList
from console.history import name_actor
from console.sites import brand_site
from kernel.china.phones import spell_phone
from kernel.core.errors import Text
from kernel.privacy.masking import mask_phone
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.states import ApplicationState

TONES: dict[str, Tone] = {
    ApplicationState.APPLIED: "info",
    ApplicationState.APPROVED: "success",
    ApplicationState.REJECTED: "danger",
}


@admin.register(Application, site=brand_site)
class ApplicationAdmin(ExportsList[Application], BrandModelAdmin[Application]):
    view_permission = "agents.view"
    list_display = (
        "number",
        "name",
        "masked_phone",
        "wanted_level",
        "referrer",
        state_label("state", _("state"), TONES),
        "applied_at",
        "who_decided",
    )
    list_filter = ("state", "rejection")
    search_fields = ("number", "name", "phone", "wechat_id")
    search_help_text = _("Number, name, phone, WeChat ID")
    hit_icon = "how_to_reg"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """Without decrypting anything."""
        return (
            super()
            .get_queryset(request)
            .select_related("wanted_level", "referrer")
            .defer("id_number", "referrer__id_number", "referrer__bank_card")
        )

    @admin.display(description=_("decided by"), ordering="decided_by")
    def who_decided(self, application: Application) -> Text:
        return name_actor(application.decided_by)

    @admin.display(description=_("phone"))
    def masked_phone(self, application: Application) -> str:
        """As in the API's list: the number whole stands on the application's page."""
        return spell_phone(mask_phone(application.phone))

    def describe_hit(self, application: Application) -> tuple[Text, Text]:
        note = f"{gettext('Application')} · {application.number} · {application.get_state_display()}"
        return application.name, note

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        """Its page is the queue's."""
        return redirect("recruiting:review_one", application_id=int(object_id))
