"""Acts for a brand's people: adviser, notes, follow-ups, help with signing in, support sessions."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, GoTo, object_action
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.support.admin.forms import (
    AdviserForm,
    EmergencyForm,
    FollowUpForm,
    NoteForm,
    ReasonForm,
    ResetLoginForm,
)
from shared_apps.support.selectors import care
from shared_apps.support.services import advice, grants, owner_login, reasons
from shared_apps.support.states import GrantKind
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.states import ProvisioningState


def _has_people(brand: BrandRecord) -> bool:
    return brand.provisioning_state == ProvisioningState.READY and brand.schema_dropped_at is None


def _is_open(kind: GrantKind) -> Callable[[Any], bool]:
    return lambda brand: care.get_open_grant(brand_id=brand.pk, kind=kind, now=clock.now()) is not None


def _go_in(request: HttpRequest, brand: BrandRecord, kind: GrantKind) -> GoTo:
    grant = care.get_open_grant(brand_id=brand.pk, kind=kind, now=clock.now())
    if grant is None:
        raise grants.GrantNotAlive
    return GoTo(grants.issue_pass(grant_id=grant.pk, now=clock.now(), public_url=request.build_absolute_uri("/")))


class CareActs:
    """Mixed into the brand's page."""

    @object_action(_("Assign adviser"), permission="support.advise", form=AdviserForm, icon="support_agent")
    def assign_adviser(self, request: HttpRequest, brand: BrandRecord, form: AdviserForm) -> None:
        with reasons.because(form.cleaned_data["reason"]):
            advice.assign_adviser(brand_id=brand.pk, staff_id=form.cleaned_data["staff_id"], now=clock.now())

    @object_action(
        _("Remove adviser"),
        permission="support.advise",
        form=ReasonForm,
        icon="person_remove",
        explanation=_("The brand has no adviser then; follow-ups stay."),
        offered=lambda brand: care.get_adviser(brand_id=brand.pk) is not None,
    )
    def remove_adviser(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        with reasons.because(form.cleaned_data["reason"]):
            advice.remove_adviser(brand_id=brand.pk)

    @object_action(_("Add a follow-up"), permission="support.advise", form=FollowUpForm, icon="add_task")
    def follow_up(self, request: HttpRequest, brand: BrandRecord, form: FollowUpForm) -> None:
        typed = form.cleaned_data
        advice.add_follow_up(
            brand_id=brand.pk, due_on=typed["due_on"], text=typed["text"], staff_id=typed["staff_id"], now=clock.now()
        )

    @object_action(_("Write a note"), permission="support.advise", form=NoteForm, icon="edit_note")
    def write_note(self, request: HttpRequest, brand: BrandRecord, form: NoteForm) -> None:
        advice.add_note(brand_id=brand.pk, text=form.cleaned_data["text"], now=clock.now())

    @object_action(
        _("Resend confirmation"),
        permission="tenants.edit",
        form=ReasonForm,
        icon="mark_email_unread",
        explanation=_("Asks the owner once more whether the e-mail address is read."),
        offered=_has_people,
    )
    def resend_confirmation(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> Text:
        address = owner_login.resend_confirmation(
            brand_id=brand.pk, reason=form.cleaned_data["reason"], public_url=request.build_absolute_uri("/")
        )
        return gettext("A letter is on its way to %(address)s.") % {"address": address}

    @object_action(
        _("Reset the owner's sign-in"),
        permission="tenants.edit",
        form=ResetLoginForm,
        icon="lock_reset",
        explanation=_(
            "The password and all sessions of the owner end; a link for a new password goes to the address the owner "
            "has already."
        ),
        offered=_has_people,
    )
    def reset_login(self, request: HttpRequest, brand: BrandRecord, form: ResetLoginForm) -> Text:
        address = owner_login.reset_login(
            brand_id=brand.pk,
            reason=form.cleaned_data["reason"],
            without_second_step=form.cleaned_data["without_second_step"],
            public_url=request.build_absolute_uri("/"),
        )
        return gettext("A letter is on its way to %(address)s.") % {"address": address}

    @object_action(
        pgettext_lazy("act", "Visit"),
        permission="support.visit",
        icon="login",
        explanation=_("The owner allowed it. Every request is logged where both sides can read it."),
        offered=_is_open(GrantKind.CONSENT),
    )
    def visit(self, request: HttpRequest, brand: BrandRecord, form: DialogForm) -> GoTo:
        return _go_in(request, brand, GrantKind.CONSENT)

    @object_action(
        _("Visit in an emergency"),
        permission="support.emergency",
        icon="login",
        explanation=_("Two administrators decided it. Every request is logged where both sides can read it."),
        offered=_is_open(GrantKind.BREAK_GLASS),
    )
    def visit_in_emergency(self, request: HttpRequest, brand: BrandRecord, form: DialogForm) -> GoTo:
        return _go_in(request, brand, GrantKind.BREAK_GLASS)

    @object_action(
        _("Ask for emergency access"),
        permission="support.emergency",
        form=EmergencyForm,
        icon="emergency",
        explanation=_("A second administrator has to approve. The owner is told at once."),
        offered=_has_people,
    )
    def ask_emergency(self, request: HttpRequest, brand: BrandRecord, form: EmergencyForm) -> Text:
        typed = form.cleaned_data
        grants.request_emergency(
            brand_id=brand.pk,
            hours=typed["hours"],
            reason=typed["reason"],
            may_write=typed["may_write"],
            now=clock.now(),
        )
        return gettext("Another administrator has to approve it now.")
