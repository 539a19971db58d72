"""The forms of the dialogs on a brand's page. Nothing is done to a brand without a reason."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from kernel import clock
from shared_apps.accounts import selectors as people

LONGEST_REASON: Final = 500


def reason_field(help_text: Any = "") -> forms.CharField:
    """Why it is done: kept in the audit log and shown in the brand's timeline."""
    return forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text
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


def _in_a_week() -> date:
    return clock.business_date(clock.now()) + timedelta(days=7)


class AdviserForm(DialogForm):
    staff_id = forms.TypedChoiceField(label=_("Adviser"), coerce=int, choices=_advisers)
    reason = reason_field()


class FollowUpForm(DialogForm):
    text = forms.CharField(label=_("What"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = forms.DateField(label=_("Due on"), initial=_in_a_week, widget=forms.DateInput())
    staff_id = forms.TypedChoiceField(label=_("Who"), coerce=int, choices=_advisers)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff_id"].initial = getattr(self.request.user, "pk", None)
