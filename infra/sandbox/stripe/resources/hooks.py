"""Events and webhook endpoints."""

from __future__ import annotations

import secrets

from stripe.params import (
    EventListParams,
    EventRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
    WebhookEndpointUpdateParams,
)

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.operations import filters, operation, page
from sandbox.stripe.parameters import Params
from sandbox.stripe.shapes import complete
from sandbox.stripe.work import Work, merge_metadata, new_id


@operation("GET", "/v1/events/{event}", EventRetrieveParams)
def retrieve_event(work: Work, params: Params, event: str) -> Json:
    """The event as it was sent."""
    return work.get("event", event)


@operation("GET", "/v1/events", EventListParams)
def list_events(work: Work, params: Params) -> Json:
    """Events by type (`invoice.*` too) and moment."""
    rows = work.rows("event", **filters(params, "type"))
    wanted = params.get("types")
    if wanted:
        rows = [row for row in rows if any(_fits(row["type"], pattern) for pattern in wanted)]
    if "delivery_success" in params:
        rows = [row for row in rows if (row["pending_webhooks"] == 0) is params["delivery_success"]]
    return page(rows, params, "/v1/events")


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1]))


@operation("POST", "/v1/webhook_endpoints", WebhookEndpointCreateParams)
def create_webhook_endpoint(work: Work, params: Params) -> Json:
    """Register an address for events. Only this answer carries the signing secret."""
    endpoint = new_endpoint(work, params["url"], list(params["enabled_events"]), description=params.get("description"))
    merge_metadata(endpoint, params.get("metadata"))
    endpoint["api_version"] = params.get("api_version")
    return {**endpoint, "secret": endpoint["_secrets"][0]}


def new_endpoint(
    work: Work, url: str, events: list[str], *, secret: str = "", description: str | None = None, identifier: str = ""
) -> Json:
    """Keep an endpoint. Raises ApiError for a malformed address."""
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: URL must begin with http:// or https://.", "url", "url_invalid")
    return work.add(
        "webhook_endpoint",
        complete(
            {
                "id": identifier or new_id("we"),
                "object": "webhook_endpoint",
                "created": work.now(),
                "description": description,
                "enabled_events": events,
                "livemode": False,
                "metadata": {},
                "status": "enabled",
                "url": url,
                "_secrets": [secret or f"whsec_{secrets.token_hex(16)}"],
            }
        ),
    )


@operation("GET", "/v1/webhook_endpoints/{endpoint}", WebhookEndpointRetrieveParams)
def retrieve_webhook_endpoint(work: Work, params: Params, endpoint: str) -> Json:
    """The endpoint, without its secret."""
    return work.get("webhook_endpoint", endpoint)


@operation("POST", "/v1/webhook_endpoints/{endpoint}", WebhookEndpointUpdateParams)
def update_webhook_endpoint(work: Work, params: Params, endpoint: str) -> Json:
    """Change the address, or the events that are sent there."""
    found = work.get("webhook_endpoint", endpoint)
    for name in ("url", "enabled_events", "description"):
        if name in params:
            found[name] = params[name]
    if "disabled" in params:
        found["status"] = "disabled" if params["disabled"] else "enabled"
    merge_metadata(found, params.get("metadata"))
    return found


@operation("GET", "/v1/webhook_endpoints", WebhookEndpointListParams)
def list_webhook_endpoints(work: Work, params: Params) -> Json:
    return page(work.rows("webhook_endpoint"), params, "/v1/webhook_endpoints")


@operation("DELETE", "/v1/webhook_endpoints/{endpoint}", WebhookEndpointDeleteParams)
def delete_webhook_endpoint(work: Work, params: Params, endpoint: str) -> Json:
    work.get("webhook_endpoint", endpoint)
    work.session.remove("webhook_endpoint", endpoint)
    return {"id": endpoint, "object": "webhook_endpoint", "deleted": True}
