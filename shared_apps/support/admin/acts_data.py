"""Acts on a brand's domains and data: own domain, export, archive, restore."""

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import object_action
from kernel.core import clock
from kernel.core.errors import Text
from kernel.tenancy.actors import current_actor
from shared_apps.support.admin.forms import DomainForm, MoveForm, ReasonForm
from shared_apps.support.services import reasons
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.services import archives, claims, exports, moves, restores
from shared_apps.tenants.states import BRAND_TRANSITIONS, BrandState, ProvisioningState


def _has_data(brand: BrandRecord) -> bool:
    return brand.provisioning_state == ProvisioningState.READY and brand.schema_dropped_at is None


class DataActs:
    """Mixed into the brand's page."""

    @object_action(
        _("Add own domain"),
        permission="tenants.edit",
        form=DomainForm,
        icon="add_link",
        explanation=_("It leads to the brand once the DNS says that the brand holds it."),
        offered=lambda brand: brand.state != BrandState.ARCHIVED,
    )
    def claim_domain(self, request: HttpRequest, brand: BrandRecord, form: DomainForm) -> Text:
        with reasons.because(form.cleaned_data["reason"]):
            claim = claims.claim_domain(brand_id=brand.pk, domain=form.cleaned_data["domain"], now=clock.now())
        name, value = claims.record_to_set(claim)
        said = {"name": name, "value": value, "host": claims.alias_target(brand)}
        return gettext("The brand sets TXT %(name)s = %(value)s, or a CNAME to %(host)s; then check it.") % said

    @object_action(
        _("Export everything"),
        permission="tenants.archive",
        form=ReasonForm,
        icon="download",
        explanation=_("The file is the owner's: it is fetched in the brand's own console."),
        offered=_has_data,
    )
    def export(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> Text:
        with reasons.because(form.cleaned_data["reason"]):
            exports.request_export(brand_id=brand.pk, requested_by=current_actor().label, now=clock.now())
        return gettext("The export is being written.")

    @object_action(
        _("Archive"),
        permission="tenants.archive",
        form=ReasonForm,
        icon="inventory_2",
        explanation=_("The brand is dumped, the dump is proved, then the brand is shut. It can be restored."),
        offered=lambda brand: BrandState.ARCHIVED in BRAND_TRANSITIONS[BrandState(brand.state)] and _has_data(brand),
    )
    def archive(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> Text:
        archives.request_archive(brand_id=brand.pk, reason=form.cleaned_data["reason"], now=clock.now())
        return gettext("It is being archived; that takes seconds to minutes.")

    @object_action(
        _("Restore"),
        permission="tenants.archive",
        form=ReasonForm,
        icon="unarchive",
        explanation=_("The brand comes back with the data it had, suspended until billing has looked at it."),
        offered=lambda brand: brand.state == BrandState.ARCHIVED,
    )
    def restore(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> Text:
        with reasons.because(form.cleaned_data["reason"]):
            restores.request_restore(brand_id=brand.pk, now=clock.now())
        return gettext("It is being restored; that takes seconds to minutes.")

    @object_action(
        _("Prepare a move"),
        permission="tenants.archive",
        form=MoveForm,
        icon="moving",
        explanation=_("Another database is chosen and a proved archive made; the move itself follows the runbook."),
        offered=_has_data,
    )
    def move(self, request: HttpRequest, brand: BrandRecord, form: MoveForm) -> Text:
        moves.request_move(brand_id=brand.pk, to_cell=form.cleaned_data["to_cell"], reason=form.cleaned_data["reason"])
        return gettext("It is being prepared; that takes seconds to minutes.")
