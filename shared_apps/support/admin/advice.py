"""Notes, advisers and follow-ups in lists; a brand's page is where they are written."""

from datetime import date
from typing import ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin
from console.sites import platform_site
from kernel.core import clock
from shared_apps.support.models import AdviserAssignment, BrandNote, FollowUp
from shared_apps.support.services import advice


class OutcomeForm(DialogForm):
    outcome = forms.CharField(
        label=_("outcome"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@admin.register(FollowUp, site=platform_site)
class FollowUpAdmin(PlatformModelAdmin[FollowUp]):
    view_permission: ClassVar[str] = "support.view"
    list_display = ("due_on", "text", "brand", "staff_name", "is_late", "done_at")
    list_display_links = ("due_on", "text")
    list_filter = (("done_at", admin.EmptyFieldListFilter), "staff_name")
    list_select_related = ("brand",)
    search_fields = ("text", "brand__name", "brand__slug", "staff_name")
    ordering = ("done_at", "due_on", "id")
    fields = ("brand", "text", "due_on", "staff_name", "created_at", "done_at", "outcome")
    actions_detail = ("finish",)

    @admin.display(description=_("overdue"), boolean=True)
    def is_late(self, promise: FollowUp) -> bool:
        """Promised for a day that is over."""
        today: date = clock.business_date(clock.now())
        return promise.done_at is None and promise.due_on < today

    @object_action(
        _("Done"),
        permission="support.advise",
        form=OutcomeForm,
        icon="task_alt",
        offered=lambda promise: promise.done_at is None,
    )
    def finish(self, request: HttpRequest, promise: FollowUp, form: OutcomeForm) -> None:
        """With what came of it."""
        advice.finish_follow_up(follow_up_id=promise.pk, outcome=form.cleaned_data["outcome"], now=clock.now())


@admin.register(BrandNote, site=platform_site)
class BrandNoteAdmin(PlatformModelAdmin[BrandNote]):
    view_permission: ClassVar[str] = "support.view"
    list_display = ("created_at", "brand", "text", "author")
    list_display_links = ("created_at",)
    list_filter = ("author",)
    list_select_related = ("brand",)
    search_fields = ("text", "brand__name", "brand__slug", "author")
    ordering = ("-id",)
    fields = ("brand", "text", "author", "created_at")


@admin.register(AdviserAssignment, site=platform_site)
class AdviserAdmin(PlatformModelAdmin[AdviserAssignment]):
    view_permission: ClassVar[str] = "support.view"
    list_display = ("brand", "staff_name", "assigned_by", "assigned_at")
    list_filter = ("staff_name",)
    list_select_related = ("brand",)
    search_fields = ("brand__name", "brand__slug", "staff_name")
    ordering = ("-id",)
    fields = ("brand", "staff_name", "assigned_by", "assigned_at")
