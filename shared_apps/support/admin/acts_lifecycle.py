"""Acts on a brand's life: trial, suspension, set-up."""

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.support.admin.brand_filters import ON_TRIAL
from shared_apps.support.admin.forms import ExtendTrialForm, ReasonForm
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.services import lifecycle, provisioning
from shared_apps.tenants.states import BrandState, ProvisioningState, SuspensionCause


class LifecycleActs:
    """Mixed into the brand's page."""

    @object_action(
        _("Extend trial"),
        permission="tenants.extend",
        form=ExtendTrialForm,
        icon="more_time",
        explanation=_("A trial can be extended twice."),
        offered=lambda brand: brand.state in ON_TRIAL and brand.trial_extensions < lifecycle.MAX_EXTENSIONS,
    )
    def extend(self, request: HttpRequest, brand: BrandRecord, form: ExtendTrialForm) -> Text:
        extended = lifecycle.extend_trial(
            brand_id=brand.pk, days=form.cleaned_data["days"], reason=form.cleaned_data["reason"], now=clock.now()
        )
        day = date_format(clock.business_date(extended.trial_ends_at))
        return gettext("The trial now ends on %(day)s.") % {"day": day}

    @object_action(
        _("Permit another trial"),
        permission="tenants.extend",
        form=ReasonForm,
        icon="restart_alt",
        explanation=_("The brand's company may sign up once more, as another brand."),
        offered=lambda brand: (
            bool(brand.company_key or brand.company_name_key) and brand.another_trial_permitted_at is None
        ),
    )
    def permit_another_trial(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        lifecycle.permit_another_trial(brand_id=brand.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Suspend"),
        permission="tenants.suspend",
        form=ReasonForm,
        icon="block",
        explanation=_("Only the owner gets in, only to billing and export, until the brand is resumed."),
        offered=lambda brand: brand.state != BrandState.ARCHIVED and brand.suspended_because != SuspensionCause.STAFF,
    )
    def suspend(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        lifecycle.suspend_brand(brand_id=brand.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Resume"),
        permission="tenants.suspend",
        form=ReasonForm,
        icon="play_arrow",
        explanation=_("The brand returns to where it stood."),
        offered=lambda brand: brand.suspended_because == SuspensionCause.STAFF,
    )
    def resume(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        lifecycle.resume_brand(brand_id=brand.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Set up again"),
        permission="tenants.suspend",
        form=DialogForm,
        icon="build",
        offered=lambda brand: brand.provisioning_state in {ProvisioningState.REQUESTED, ProvisioningState.FAILED},
    )
    def set_up(self, request: HttpRequest, brand: BrandRecord, form: DialogForm) -> None:
        provisioning.provision_requested_brand(brand_id=brand.pk)
