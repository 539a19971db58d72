"""Names of the audit log's acts, facts and values.

The app that records an act declares its words:

    # tenant_apps/orders/acts.py
    WORDS = ActWords(acts={"orders.pay": _("Payment recorded")}, facts={"amount": _("Amount")})

Every installed app's `acts.WORDS` is declared when Django is ready.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation

from kernel.core.errors import Text

Choices = tuple[type[Any], ...]  # classes of django.db.models.TextChoices


@dataclass(frozen=True, slots=True)
class ActWords:
    """Words of one app. `choices` maps a fact to the choices class that names its values."""

    acts: Mapping[str, Text]
    facts: Mapping[str, Text] = field(default_factory=dict)
    choices: Mapping[str, Choices] = field(default_factory=dict)


_acts: dict[str, Text] = {}
_facts: dict[str, Text] = {}
_choices: dict[str, dict[str, Choices]] = {}  # by fact, then by app


def declare(app: str, words: ActWords) -> None:
    """Add the words of an app, by its label. Raises ValueError when two apps name the same act."""
    for action, name in words.acts.items():
        if _acts.setdefault(action, name) is not name:
            raise ValueError(f"{action} has two names")
    for fact, name in words.facts.items():
        _facts.setdefault(fact, name)
    for fact, classes in words.choices.items():
        _choices.setdefault(fact, {})[app] = classes


def is_declared(action: str) -> bool:
    return action in _acts


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
