"""Forms of the dialogs of an agent's file."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm
from console.rates import PercentField
from console.regions import RegionField
from shared_apps.accounts import selectors as accounts
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import files_of_agents, groups
from tenant_apps.agents.states import DocumentKind, GroupKind


class FileForm(DialogForm):
    """Contact, sales channels, responsible staff and personal discount."""

    wechat_id = forms.CharField(label=_("WeChat id"), max_length=40, required=False)
    region_code = RegionField(label=_("Region"), required=False)
    channel = forms.CharField(label=_("Sells through"), max_length=60, required=False)
    discount = PercentField(
        label=_("Personal discount"), max_value=99, required=False, help_text=_("5 means 5 % off the level's price.")
    )
    adviser = forms.TypedChoiceField(label=_("Adviser"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        agent = selectors.get_agent(agent_id=int(self.object_id or 0))
        adviser: Any = self.fields["adviser"]
        adviser.choices = [("", "–"), *((user.pk, user.name) for user in accounts.list_users().filter(is_active=True))]
        self.initial = {
            "wechat_id": agent.wechat_id,
            "region_code": agent.region_code,
            "channel": agent.channel,
            "discount": agent.personal_discount or None,
            "adviser": agent.adviser_id,
        }

    def changes(self) -> dict[str, Any]:
        """Only what differs: an unchanged region issues no certificate anew."""
        filled = self.cleaned_data
        told = {
            "wechat_id": filled["wechat_id"],
            "region_code": filled["region_code"],
            "channel": filled["channel"],
            "personal_discount": filled["discount"] or Decimal(0),
            "adviser_id": filled["adviser"],
        }
        names = {"personal_discount": "discount", "adviser_id": "adviser"}
        return {name: value for name, value in told.items() if names.get(name, name) in self.changed_data}


class NoteForm(DialogForm):
    text = forms.CharField(label=_("Note"), max_length=5_000, widget=forms.Textarea)


class DocumentForm(DialogForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=DocumentKind.choices)
    file = forms.FileField(label=_("File"), help_text=_("PDF or picture, up to 10 MB."))


class DocumentChoiceForm(DialogForm):
    document = forms.TypedChoiceField(label=_("Document"), coerce=int)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        documents = files_of_agents.list_documents(agent_id=int(self.object_id or 0))
        field: Any = self.fields["document"]
        field.choices = [(one.pk, one.name) for one in documents]


class GroupForm(DialogForm):
    """In which groups made by hand the agent is."""

    groups = forms.TypedMultipleChoiceField(
        label=_("Groups"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        by_hand = groups.list_groups().filter(kind=GroupKind.MANUAL)
        field: Any = self.fields["groups"]
        field.choices = [(one.pk, one.name) for one in by_hand]
        mine = by_hand.filter(members__agent_id=int(self.object_id or 0))
        self.initial = {"groups": list(mine.values_list("id", flat=True))}
