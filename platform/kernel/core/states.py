"""State machines as tables: `dict[State, frozenset[State]]`, every change a compare-and-set."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict

S = TypeVar("S", bound=Enum)
Transitions = Mapping[S, frozenset[S]]


class IllegalTransition(Conflict):
    code = "illegal_transition"
    title = _("This step is not possible in the present state")


class StateChanged(Conflict):
    code = "state_changed"
    title = _("Somebody else changed this in the meantime")


def _word(state: object) -> str:
    return str(getattr(state, "label", None) or getattr(state, "value", state))


def ensure_allowed(transitions: Transitions[S], *, now: S, wanted: S) -> None:
    """Raise IllegalTransition unless the table leads from `now` to `wanted`."""
    if wanted not in transitions.get(now, frozenset()):
        raise IllegalTransition(
            gettext("“%(now)s” cannot become “%(wanted)s”.") % {"now": _word(now), "wanted": _word(wanted)},
            now=str(now.value),
            wanted=str(wanted.value),
        )


def compare_and_set(
    queryset_of_one: models.QuerySet[Any], *, field: str = "state", expected: object, wanted: object, **updates: object
) -> None:
    """Set `field` from `expected` to `wanted`, and `updates` with it, in one UPDATE.

    Raises StateChanged if no row has the expected state: it was changed concurrently, or the row is gone.
    """
    changed = queryset_of_one.filter(**{field: expected}).update(**{field: wanted}, **updates)
    if not changed:
        raise StateChanged(
            gettext("It is no longer “%(expected)s”. Reload and look again.") % {"expected": _word(expected)}
        )
