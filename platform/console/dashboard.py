"""Content of the dashboards as plain values: apps that know the figures fill these, the templates draw them.

The callback named in `UNFOLD_BRAND["DASHBOARD_CALLBACK"]` takes `(request, context)` and returns the context with

| key | value |
| --- | --- |
| `to_do` | `ToDo` rows: what waits for this person, with the list that holds it |
| `kpis` | a few `Kpi` cards |
| `checklist` | `Step`s of the first days; the card disappears when all are done |

A key left out hides its card, so that each role sees what its permissions allow. Cards of an app stand in its own
template, which it names as the site's `index_template` when it is ready.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kernel.core.errors import Text


@dataclass(frozen=True)
class Kpi:
    """One figure. `change` is the difference to the span named by `against`, in per cent; None without one."""

    title: Text
    value: Text
    note: Text = ""
    change: Decimal | None = None
    icon: str = ""
    link: str = ""
    against: Text = ""


@dataclass(frozen=True)
class ToDo:
    """Work of one kind: how much of it waits, and the list that holds exactly that."""

    title: Text
    count: int
    icon: str
    link: str


@dataclass(frozen=True)
class Act:
    """A button that does something at once: its words, and the address it posts to."""

    title: Text
    address: str


@dataclass(frozen=True)
class Step:
    """One thing to do in the first days, ticked by itself once the data show it was done."""

    title: Text
    explanation: Text
    done: bool
    link: str = ""
    act: Act | None = None


@dataclass(frozen=True)
class Series:
    """One line or set of bars of a chart; `values` has one number per label. `colour` is a step of the palette."""

    title: Text
    values: Sequence[Decimal | int | None]
    kind: Literal["bar", "line"] = "bar"
    colour: str = "primary-600"


def chart(labels: Sequence[str], series: Sequence[Series]) -> str:
    """The JSON Chart.js draws. Money becomes a float here and nowhere else: it is a picture."""
    return json.dumps(
        {
            "labels": list(labels),
            "datasets": [
                {
                    "label": str(one.title),
                    "type": one.kind,
                    "data": [None if value is None else float(value) for value in one.values],
                    "backgroundColor": f"var(--color-{one.colour})",
                    "borderColor": f"var(--color-{one.colour})",
                    "order": 0 if one.kind == "line" else 1,  # lines in front of bars
                    "pointRadius": 0,
                    "borderWidth": 2 if one.kind == "line" else 0,
                    "maxBarThickness": 18,
                    "borderRadius": 4,
                }
                for one in series
            ],
        }
    )
