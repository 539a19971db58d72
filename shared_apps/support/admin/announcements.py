"""Announcements: written, changed and ended here, shown in brands' consoles."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_tenants.utils import get_tenant_model

from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin
from console.display import state_label
from console.sites import platform_site
from kernel.core import clock
from shared_apps.support.models import Announcement
from shared_apps.support.services import announcements
from shared_apps.support.states import Audience, Severity


class AnnouncementForm(forms.ModelForm):  # type: ignore[type-arg]
    """The selection is typed as words with commas between them; what they must be, the service says."""

    selection = forms.CharField(
        label=_("selection"),
        required=False,
        help_text=_("States, codes of plans, or subdomains of brands, with commas. Empty for all brands."),
    )

    class Meta:
        model = Announcement
        fields = ("title_zh", "title_en", "link", "severity", "audience", "selection", "starts_at", "ends_at")
        field_classes: ClassVar = {"link": forms.CharField}  # what an address must be, the service says

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "selection" in self.fields:
            chosen: list[Any] = self.instance.selection or []
            brand_ids = [word for word in chosen if isinstance(word, int)]
            brands = get_tenant_model()._default_manager.filter(pk__in=brand_ids)
            slugs = dict(brands.values_list("id", "slug"))
            self.initial["selection"] = ", ".join(str(slugs.get(word, word)) for word in chosen)

    def clean_selection(self) -> list[str | int]:
        """The words; subdomains as the ids of their brands."""
        typed: str = self.cleaned_data["selection"]
        words = [word.strip() for word in typed.replace("\x00", "").replace("，", ",").split(",") if word.strip()]
        if self.cleaned_data.get("audience") != Audience.BRANDS:
            return list(words)
        ids = dict(get_tenant_model()._default_manager.filter(slug__in=words).values_list("slug", "id"))
        return [ids.get(word, word) for word in words]


@admin.register(Announcement, site=platform_site)
class AnnouncementAdmin(PlatformModelAdmin[Announcement]):
    view_permission: ClassVar[str] = "support.view"
    edit_permission: ClassVar[str] = "support.announce"
    add_permission: ClassVar[str] = "support.announce"
    form = AnnouncementForm
    list_display = (
        "title_zh",
        "title_en",
        state_label(
            "severity",
            _("severity"),
            {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "danger"},
        ),
        "audience",
        "starts_at",
        "ends_at",
        "runs",
    )
    list_filter = ("severity", "audience")
    search_fields = ("title_zh", "title_en")
    ordering = ("-starts_at", "-id")
    fields = ("title_zh", "title_en", "link", "severity", "audience", "selection", "starts_at", "ends_at")
    actions_detail = ("end",)

    @admin.display(description=pgettext_lazy("announcement", "runs"), boolean=True)
    def runs(self, announcement: Announcement) -> bool:
        return announcement.starts_at <= clock.now() < announcement.ends_at

    def save_by_service(self, request: HttpRequest, form: Any, existing: Announcement | None) -> Announcement:
        spec = announcements.NewAnnouncement(**{name: form.cleaned_data[name] for name in self.fields})
        if existing is None:
            return announcements.create_announcement(spec=spec, now=clock.now())
        return announcements.change_announcement(announcement_id=existing.pk, spec=spec, now=clock.now())

    @object_action(
        _("End now"),
        permission="support.announce",
        icon="event_busy",
        offered=lambda announcement: announcement.ends_at > clock.now(),
    )
    def end(self, request: HttpRequest, announcement: Announcement, form: DialogForm) -> None:
        """Brands see it no more."""
        announcements.end_announcement(announcement_id=announcement.pk, now=clock.now())
