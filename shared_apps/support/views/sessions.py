"""Support sessions as requests know them."""

from django.http import HttpRequest

from shared_apps.support.selectors.grants import SupportSession


def join_session(request: HttpRequest, support_session: SupportSession) -> None:
    """Let this request know that it belongs to the support session."""
    request.support_session = support_session  # type: ignore[attr-defined]


def get_support_session(request: HttpRequest) -> SupportSession | None:
    """Return the support session this request belongs to; None for the brand's own people."""
    return getattr(request, "support_session", None)


def address_of(request: HttpRequest) -> tuple[str, str]:
    """Return path and query."""
    return request.path, request.META.get("QUERY_STRING", "")
