"""Names of the audit log's acts, facts, values and subjects.

The app that records an act declares its words:

    # tenant_apps/orders/acts.py
    WORDS = ActWords(
        acts={"orders.pay": _("Payment recorded")},
        facts={"amount": _("Amount")},
        subjects={"order": Subject(_("Order"), model="orders.order")},
    )

Every installed app's `acts.WORDS` is declared when Django is ready.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation

from kernel.core.errors import Text

Choices = tuple[type[Any], ...]  # classes of django.db.models.TextChoices


@dataclass(frozen=True, slots=True)
class Subject:
    """Kind of thing that acts are done to, as in "order:42".

    `model` is the label of the model whose page the consoles show, `key` the field that the subject holds, and `title`
    the field that names it where its `str` is for programs. `page` names an address that is no model's, open to
    `permission`; it takes the key unless the thing `is_single`, such as settings. The key is shown where nothing names
    the thing better and `key_is_shown`.
    """

    name: Text
    model: str = ""
    key: str = "pk"
    title: str = ""
    page: str = ""
    permission: str = ""
    is_single: bool = False
    key_is_shown: bool = False


@dataclass(frozen=True, slots=True)
class ActWords:
    """Words of one app. `choices` maps a fact to the choices class that names its values."""

    acts: Mapping[str, Text]
    facts: Mapping[str, Text] = field(default_factory=dict)
    choices: Mapping[str, Choices] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)


_acts: dict[str, Text] = {}
_facts: dict[str, Text] = {}
_choices: dict[str, dict[str, Choices]] = {}  # by fact, then by app
_subjects: dict[str, Subject] = {}


def declare(app: str, words: ActWords) -> None:
    """Add the words of an app, by its label. Raises ValueError when two apps name the same act or subject."""
    for action, name in words.acts.items():
        if _acts.setdefault(action, name) is not name:
            raise ValueError(f"{action} has two names")
    for kind, subject in words.subjects.items():
        if _subjects.setdefault(kind, subject) is not subject:
            raise ValueError(f"{kind} has two names")
    for fact, name in words.facts.items():
        _facts.setdefault(fact, name)
    for fact, classes in words.choices.items():
        _choices.setdefault(fact, {})[app] = classes


def is_declared(action: str) -> bool:
    return action in _acts


def find_subject(subject: str) -> tuple[Subject | None, str]:
    """Return the declared kind of a subject such as "order:42", and its key."""
    kind, _colon, key = subject.partition(":")
    return _subjects.get(kind), key


def name_of_act(action: str) -> Text:
    return _acts.get(action, action)


def name_of_fact(fact: str) -> Text:
    # Most undeclared facts are names of fields, which the catalogue has; gathering messages cannot see this call.
    return _facts.get(fact) or translation.gettext(fact.replace("_", " "))


def name_of_value(action: str, fact: str, value: object) -> Text | None:
    """Return the label of a choice, from the acting app first, then any other; None for other values."""
    by_app = _choices.get(fact, {})
    own = action.partition(".")[0]
    for app in sorted(by_app, key=lambda app: app != own):
        for choices in by_app[app]:
            found: Text | None = dict(choices.choices).get(value)
            if found is not None:
                return found
    return None
