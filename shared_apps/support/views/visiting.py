"""Visits as requests know them."""

from django.http import HttpRequest

from shared_apps.support.selectors.visits import Visit


def join_visit(request: HttpRequest, visit: Visit) -> None:
    """Let this request know that it belongs to the visit."""
    request.support_visit = visit  # type: ignore[attr-defined]


def get_active_visit(request: HttpRequest) -> Visit | None:
    """Return the visit this request belongs to; None for the brand's own people."""
    return getattr(request, "support_visit", None)


def address_of(request: HttpRequest) -> tuple[str, str]:
    """Return path and query."""
    return request.path, request.META.get("QUERY_STRING", "")
