"""Scrub error reports: brand and request id stay; personal data, bodies and cookies are removed."""

from collections.abc import Mapping
from typing import Any

from kernel.privacy.redaction import HIDDEN, redact, redact_text
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import current_schema
from kernel.tenancy.origin import current_origin

_LEVELS = 30  # reports nest: exception, values, stacktrace, frames …
_KEPT_HEADERS = frozenset({"accept", "content-type", "content-length", "host", "user-agent", "x-request-id"})


def before_send(event: Any, hint: Mapping[str, Any] | None = None) -> Any:
    """Tag the event with brand and request, and scrub the rest. If that fails, the event is dropped."""
    try:
        return _scrub(event)
    except Exception:
        return {
            "level": "error",
            "message": "an error report could not be scrubbed and was withheld",
            "tags": {"brand": current_schema()},
        }


def _scrub(event: dict[str, Any]) -> dict[str, Any]:
    actor = current_actor()
    event["tags"] = {
        **dict(event.get("tags") or {}),
        "brand": current_schema(),
        "request_id": current_origin().request_id,
    }
    event["user"] = {"id": f"{actor.kind}:{actor.id}"} if actor.id is not None else {}
    if "request" in event:
        event["request"] = _request(event["request"])
    for part in ("logentry", "message", "extra", "contexts", "breadcrumbs", "exception", "threads", "transaction"):
        if part in event:
            event[part] = _without_variables(redact(event[part], levels=_LEVELS))
    event.pop("server_name", None)
    return event


def _request(request: Mapping[str, Any]) -> dict[str, Any]:
    headers = {
        name: redact_text(str(value))
        for name, value in dict(request.get("headers") or {}).items()
        if name.lower() in _KEPT_HEADERS
    }
    return {
        "method": request.get("method"),
        "url": redact_text(str(request.get("url", "")).partition("?")[0]),
        "headers": headers,
    }


def _without_variables(value: Any) -> Any:
    """Hide the values of frames' local variables (`vars`)."""
    if isinstance(value, dict):
        return {
            key: dict.fromkeys(inner, HIDDEN)
            if key == "vars" and isinstance(inner, dict)
            else _without_variables(inner)
            for key, inner in value.items()
        }
    return [_without_variables(inner) for inner in value] if isinstance(value, list) else value
