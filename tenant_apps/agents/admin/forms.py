"""Forms of the dialogs of an agent's page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.actions import DialogForm
from console.phones import PhoneField
from tenant_apps.agents.selectors import agents as selectors


class FilledForm(DialogForm):
    """A dialog that begins with what is known of the agent."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound and self.object_id and str(self.object_id).isdecimal():
            agent = selectors.get_agent(agent_id=int(self.object_id))
            self.initial = {**{name: getattr(agent, name, None) for name in self.fields}, **self.initial}


class EditForm(FilledForm):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100)
    phone = PhoneField(label=_("Phone"))
    code = forms.CharField(label=pgettext_lazy("agent", "Code"), max_length=32)
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput(),
        help_text=_("The last day of the contract; empty: no end."),
    )


class ReasonForm(DialogForm):
    """Reason for the audit log."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class NeededReasonForm(DialogForm):
    """Reason; nothing is done without it."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class SponsorForm(DialogForm):
    """The code of the new sponsor; empty makes the agent a root."""

    sponsor_code = forms.CharField(
        label=_("Sponsor's code"),
        max_length=32,
        required=False,
        help_text=_("The agent moves with the whole team. Empty: to the top."),
    )


class LevelChoiceForm(DialogForm):
    """Another level by hand, fixed for a while if wanted."""

    level: Any = forms.ModelChoiceField(label=_("Level"), queryset=None, empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    locked_until = forms.DateField(
        label=_("Fixed until"),
        required=False,
        widget=forms.DateInput(),
        help_text=_("Until this day no rule moves the agent. Empty: the rules go on."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["level"]
        field.queryset = selectors.list_levels()
        if not self.is_bound and self.object_id and str(self.object_id).isdecimal():
            self.initial["level"] = selectors.get_agent(agent_id=int(self.object_id)).level_id


class SecretsForm(DialogForm):
    """Numbers stored encrypted; empty fields stay as they are."""

    id_number = forms.CharField(label=_("ID number"), max_length=18, required=False)
    bank_name = forms.CharField(label=_("Bank"), max_length=100, required=False)
    bank_card = forms.CharField(label=_("Bank account"), max_length=23, required=False)
    consented = forms.BooleanField(
        label=_("The agent has agreed separately that these numbers are kept"),
        required=False,
        help_text=_("个人信息保护法 art. 29 asks for a consent of its own."),
    )


class RenewForm(DialogForm):
    """The last day of the term that follows."""

    ends_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(), help_text=_("Empty: without an end.")
    )
