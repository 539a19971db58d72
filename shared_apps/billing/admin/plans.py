"""Plans and their versions: drafted by form, published by an act, never changed again."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from console.actions import DialogForm, dress_field, object_action
from console.admin import PlatformModelAdmin, ReadOnlyInline
from console.display import NOTHING, money
from console.sites import platform_site
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.billing.models import Plan, PlanVersion
from shared_apps.billing.rules.plans import FEATURES, QUOTAS
from shared_apps.billing.services import plans


def _limit_field(quota: str) -> str:
    return f"limit_{quota}"


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The spec of a draft: a tick per feature, a number per quota."""

    features = forms.MultipleChoiceField(
        label=_("features"),
        required=False,
        choices=list(FEATURES.items()),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = PlanVersion
        fields = ("plan", "price_month", "price_year", "features")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = self.instance.limits or {}
        for quota, name in QUOTAS.items():
            field = self.fields.get(_limit_field(quota))
            if field is not None:
                field.label = str(name)
                field.initial = limits.get(quota)
                dress_field(field)

    def spec(self) -> plans.PlanVersionSpec:
        """As typed; what is left empty is unlimited."""
        typed = self.cleaned_data
        limits = {quota: typed[_limit_field(quota)] for quota in QUOTAS if typed.get(_limit_field(quota)) is not None}
        return plans.PlanVersionSpec(
            price_month=typed["price_month"],
            price_year=typed["price_year"],
            features=typed["features"],
            limits=limits,
        )


for _quota in QUOTAS:
    VersionForm.base_fields[_limit_field(_quota)] = forms.IntegerField(
        required=False, min_value=0, help_text=_("Empty: unlimited.")
    )
    VersionForm.declared_fields[_limit_field(_quota)] = VersionForm.base_fields[_limit_field(_quota)]


class VersionInline(ReadOnlyInline[PlanVersion, Plan]):
    model = PlanVersion
    fields = ("version", "price_month", "price_year", "published_at", "retired_at")
    show_change_link = True


@admin.register(Plan, site=platform_site)
class PlanAdmin(PlatformModelAdmin[Plan]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("code", "name_zh", "name_en", "rank", "is_offered")
    ordering = ("rank",)
    inlines = (VersionInline,)


@admin.register(PlanVersion, site=platform_site)
class PlanVersionAdmin(PlatformModelAdmin[PlanVersion]):
    view_permission: ClassVar[str] = "billing.view"
    edit_permission: ClassVar[str] = "billing.edit"
    add_permission: ClassVar[str] = "billing.edit"
    form = VersionForm
    list_display = (
        "__str__",
        money("price_month", _("price per month")),
        money("price_year", _("price per year")),
        "published_at",
        "retired_at",
    )
    list_select_related = ("plan",)
    list_filter = ("plan",)
    ordering = ("plan__rank", "-version")
    actions_detail = ("publish",)

    def has_change_permission(self, request: HttpRequest, obj: PlanVersion | None = None) -> bool:
        """A draft only."""
        is_draft = obj is None or obj.published_at is None
        return is_draft and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: PlanVersion | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return (
                "plan",
                "version",
                "price_month",
                "price_year",
                "what_is_included",
                "published_at",
                "retired_at",
            )
        return ("plan", "price_month", "price_year", "features", *map(_limit_field, QUOTAS))

    def get_readonly_fields(self, request: HttpRequest, obj: PlanVersion | None = None) -> Any:
        if obj is None:
            return ()
        is_open = self.has_change_permission(request, obj)
        return ("plan",) if is_open else self.get_fields(request, obj)

    @admin.display(description=_("what is included"))
    def what_is_included(self, version: PlanVersion) -> Any:
        """Limits and features in words."""
        lines: list[tuple[Text, Text]] = [
            (name, version.limits.get(quota, _("unlimited"))) for quota, name in QUOTAS.items()
        ]
        lines += [(name, "✓") for feature, name in FEATURES.items() if feature in version.features]
        rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", lines)
        return format_html_join("", '<dl class="bn-facts">{}</dl>', [(rows,)]) if lines else NOTHING

    def save_by_service(self, request: HttpRequest, form: Any, existing: PlanVersion | None) -> PlanVersion:
        if existing is None:
            return plans.draft_version(plan_code=form.cleaned_data["plan"].code, spec=form.spec())
        return plans.change_draft(version_id=existing.pk, spec=form.spec())

    @object_action(
        _("Publish"),
        permission="billing.edit",
        icon="publish",
        explanation=_(
            "From now on this version is sold in the place of the one before, and never changed again. Brands keep the "
            "version they have until they change plan."
        ),
        offered=lambda version: version.published_at is None,
    )
    def publish(self, request: HttpRequest, version: PlanVersion, form: DialogForm) -> Text:
        """Offer it."""
        plans.publish_version(version_id=version.pk, now=clock.now())
        return gettext("%(version)s is on sale.") % {"version": version}
