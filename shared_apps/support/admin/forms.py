"""The forms of the dialogs on a brand's page. Nothing is done to a brand without a reason."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from kernel.core import clock
from shared_apps.accounts import selectors as people
from shared_apps.billing.selectors import plans
from shared_apps.billing.states import Interval

MAX_REASON_LENGTH: Final = 500


def reason_field(help_text: Any = "") -> forms.CharField:
    """Return the field of a reason: kept in the audit log and shown in the brand's timeline."""
    return forms.CharField(
        label=_("Reason"), max_length=MAX_REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text
    )


class ReasonForm(DialogForm):
    reason = reason_field()


class ExtendTrialForm(DialogForm):
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=90, initial=lambda: settings.TRIAL_DAYS)
    reason = reason_field()


class ResetLoginForm(DialogForm):
    reason = reason_field(_("How you know that it is the owner who asks: whom you called, what they could tell you."))
    without_second_step = forms.BooleanField(
        label=_("Remove the two-step sign-in too"), required=False, help_text=_("Only when the phone is lost.")
    )


class EmergencyForm(DialogForm):
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=4, initial=1)
    may_write = forms.BooleanField(label=_("May change things"), required=False)
    reason = reason_field(_("At least 20 characters. The owner is told at once, with your name and this reason."))


class NoteForm(DialogForm):
    text = forms.CharField(label=_("Note"), max_length=4_000, widget=forms.Textarea(attrs={"rows": 5}))


def _advisers() -> list[tuple[int, str]]:
    return [(person.pk, person.name) for person in people.list_staff_who_may("support.advise")]


def _today() -> date:
    return clock.business_date(clock.now())


def _in_a_week() -> date:
    return _today() + timedelta(days=7)


class AdviserForm(DialogForm):
    staff_id = forms.TypedChoiceField(label=_("Adviser"), coerce=int, choices=_advisers)
    reason = reason_field()


class FollowUpForm(DialogForm):
    text = forms.CharField(label=_("Task"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = forms.DateField(label=_("Due on"), initial=_in_a_week, widget=forms.DateInput())
    staff_id = forms.TypedChoiceField(label=_("Assigned to"), coerce=int, choices=_advisers)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff_id"].initial = getattr(self.request.user, "pk", None)


def _plans() -> list[tuple[str, str]]:
    return [(version.plan.code, version.plan.name) for version in plans.list_offered_versions()]


class GiveTimeForm(DialogForm):
    plan_code = forms.ChoiceField(label=_("Plan"), choices=_plans)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=366, initial=31)
    reason = reason_field()


class ChangePlanForm(DialogForm):
    """`agreed` is what was shown: it is sent back, so that nobody agrees to another amount than they saw."""

    plan_code = forms.ChoiceField(label=_("Plan"), choices=_plans)
    interval = forms.ChoiceField(label=_("Paid"), choices=Interval.choices, initial=Interval.YEAR)
    reason = reason_field()
    agreed = forms.CharField(required=False, widget=forms.HiddenInput())

    def agreed_moment(self) -> datetime | None:
        """The moment of the preview that was shown for exactly this plan and interval."""
        moment, _tilde, choice = self.cleaned_data["agreed"].partition("~")
        return parse_datetime(moment) if choice == self.choice() else None

    def choice(self) -> str:
        """Return the wanted plan and interval in one word."""
        return f"{self.cleaned_data['plan_code']}/{self.cleaned_data['interval']}"

    def remember(self, moment: datetime) -> None:
        """Send the preview's moment along with the form when it is shown again."""
        shown = {name: self.data.get(name) for name in self.fields}
        self.data = shown | {"agreed": f"{moment.isoformat()}~{self.choice()}"}


class TransferForm(DialogForm):
    plan_code = forms.ChoiceField(label=_("Plan"), choices=_plans)
    interval = forms.ChoiceField(label=_("Paid"), choices=Interval.choices, initial=Interval.YEAR)
    periods = forms.IntegerField(label=_("Number of periods"), min_value=1, max_value=36, initial=1)
    amount = forms.DecimalField(label=_("Amount (CNY)"), min_value=Decimal("0.01"), max_digits=14, decimal_places=2)
    payer = forms.CharField(label=_("Payer"), max_length=120)
    bank_reference = forms.CharField(label=_("Bank's reference"), max_length=80)
    received_on = forms.DateField(label=_("Received on"), initial=_today, widget=forms.DateInput())
    proof = forms.FileField(label=_("Proof"), help_text=_("PDF, JPEG or PNG, at most 10 MB."))
    note = forms.CharField(
        label=_("Reason or note"), max_length=MAX_REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )


class DomainForm(DialogForm):
    domain = forms.CharField(label=_("Domain"), max_length=253, help_text=_("Such as shop.example.com"))
    reason = reason_field()


class MoveForm(DialogForm):
    to_cell = forms.CharField(label=_("To cell"), max_length=20)
    reason = reason_field()
