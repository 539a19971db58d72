"""Content of the dashboards as plain values: apps that know the figures fill these, the templates draw them.

The callback named in `UNFOLD_BRAND["DASHBOARD_CALLBACK"]` takes `(request, context)` and returns the context with

| key | value |
| --- | --- |
| `kpis` | a few `Kpi` cards |
| `sales_chart` | `chart(…)`, money per day of the last 30 days |
| `stock_alerts` | `StockAlert` rows, the scarcest first |
| `recent_orders` | `RecentOrder` rows, the newest first |
| `checklist` | `Step`s of the first days; the card disappears when all are done |

A key left out hides its card, so that each role sees what its permissions allow. The platform's dashboard shows
`work` (`Kpi` cards: what waits for somebody), `brand_states` (`Kpi` cards, one per state), `trials_ending`
(`TrialEnding` rows, the soonest first) and `promises` (`Promise` rows: the follow-ups of who looks, the soonest first).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from kernel.core.errors import Text

Tone = Literal["success", "info", "warning", "danger", "primary", ""]


@dataclass(frozen=True)
class Kpi:
    """One figure. `change` is the difference to the period before in per cent, None without one to compare to."""

    title: Text
    value: Text
    note: Text = ""
    change: Decimal | None = None
    icon: str = ""
    link: str = ""


@dataclass(frozen=True)
class StockAlert:
    """A variant that runs short: `available` pieces are left where `wanted` should be."""

    sku: str
    name: str
    available: int
    wanted: int
    warehouse: str = ""
    link: str = ""


@dataclass(frozen=True)
class RecentOrder:
    """One of the newest orders. `state` is the word shown, `tone` its colour."""

    number: str
    placed_at: datetime
    buyer: str
    total: Decimal
    state: Text
    tone: Tone = ""
    link: str = ""


@dataclass(frozen=True)
class Step:
    """One thing to do in the first days, ticked by itself once the data show it was done."""

    title: Text
    explanation: Text
    done: bool
    link: str = ""


@dataclass(frozen=True)
class TrialEnding:
    """A brand whose trial ends in the next days."""

    name: str
    domain: str
    ends_at: datetime
    days_left: int
    owner: str = ""
    link: str = ""


@dataclass(frozen=True)
class Promise:
    """Something the person at the screen promised to do about a brand."""

    text: str
    brand: str
    due_on: date
    is_late: bool
    link: str = ""


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
