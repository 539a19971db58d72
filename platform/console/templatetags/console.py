"""`{% load console %}`: what the kit's own templates need."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

from console import boxes
from console.banners import Banner, collect
from console.dashboard import Step
from console.history import name_actor
from console.money import format_money
from kernel.china.phones import spell_phone
from kernel.core.errors import Text

register = template.Library()

CHART_SCALES: Final[dict[str, dict[str, object]]] = {
    "x": {
        "stacked": True,
        "grid": {"display": False},
        "ticks": {"color": "#8a938e", "maxTicksLimit": 8, "maxRotation": 0},
    },
    "y": {
        "stacked": True,
        "beginAtZero": True,
        "border": {"display": False},
        "grid": {"display": True},
        "ticks": {"color": "#8a938e", "maxTicksLimit": 5},
    },
}
CHART_OPTIONS: Final = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "interaction": {"mode": "index", "intersect": False},
    "plugins": {
        "legend": {
            "align": "end",
            "labels": {
                "boxHeight": 6,
                "boxWidth": 6,
                "usePointStyle": True,
                "pointStyle": "circle",
                "color": "#8a938e",
            },
        }
    },
    "scales": CHART_SCALES,
}


@register.simple_tag
def chart_options(*, stacked: bool = True) -> str:
    """Bars with a legend, stacked or not; lines never are. unfold's own options draw series on top of each other."""
    if stacked:
        return json.dumps(CHART_OPTIONS)
    scales = {name: {**scale, "stacked": False} for name, scale in CHART_SCALES.items()}
    return json.dumps({**CHART_OPTIONS, "scales": scales})


@register.inclusion_tag("console/banners.html", takes_context=True)
def banners(context: Context) -> dict[str, list[Banner]]:
    """Return the banners of this page; none on a page drawn without a request, or to somebody unknown."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return {"banners": collect(request) if request is not None and user is not None and user.is_authenticated else []}


@register.inclusion_tag("console/ask_support.html", takes_context=True)
def ask_support(context: Context) -> dict[str, str]:
    """The link by which somebody of a brand asks support about this page; it carries the page and the request's id."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated or not user.has_perm("support.ask"):
        return {"address": ""}
    try:
        address = reverse("support:ticket_new")
    except NoReverseMatch:
        return {"address": ""}
    about = {"page": request.get_full_path(), "request_id": getattr(request, "request_id", "")}
    return {"address": address if request.path == address else f"{address}?{urlencode(about)}"}


@register.filter
def money(value: Decimal | None) -> str:
    """Write an amount with the sign of the current brand's currency; nothing for None."""
    return "" if value is None else format_money(value)


@register.filter
def phone(number: str) -> str:
    return spell_phone(number)


@register.filter
def who(label: str) -> Text:
    """Write who did something, from the label that was kept of the actor."""
    return name_actor(label)


@register.filter
def done_steps(steps: Sequence[Step]) -> int:
    return sum(step.done for step in steps)


@register.filter
def in_boxes(pieces: int, box_size: int | None) -> str:
    """Write pieces, and the same in boxes where the goods have boxes."""
    return boxes.with_boxes(pieces, box_size)


@register.filter
def packed(pieces: int, box_size: int | None) -> str:
    """Write pieces in boxes; empty where the goods have none, and for less than a box."""
    return boxes.spell_boxes(pieces, box_size)
