"""Relax the strict content security policy for the consoles' pages.

unfold is driven by Alpine.js, which compiles its attributes with `new Function`, and colours itself with a style
element and style attributes. It needs no inline script. Pages that are not unfold's get nothing of this.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Final, ParamSpec

from django.http.response import HttpResponseBase

P = ParamSpec("P")

CONSOLE_NEEDS: Final = {
    "script-src": ["'unsafe-eval'"],
    "style-src": ["'unsafe-inline'"],
}


def relax_response(response: HttpResponseBase, also: Mapping[str, Sequence[str]] | None = None) -> HttpResponseBase:
    """Let django-csp add `CONSOLE_NEEDS`, and what this page needs `also`, to the policy it writes on this answer."""
    needs = {directive: [*sources] for directive, sources in CONSOLE_NEEDS.items()}
    for directive, sources in (also or {}).items():
        needs[directive] = [*needs.get(directive, []), *sources]
    response._csp_update = needs  # type: ignore[attr-defined]  # the attribute django-csp's decorators set
    return response


def relax_for_console(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """`relax_response` as a decorator of views."""

    @wraps(view)
    def relaxed(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return relax_response(view(*args, **kwargs))

    return relaxed
