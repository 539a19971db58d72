"""Measure how far behind the handling of Stripe's events is."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from kernel.models import DeliveryState
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import StripeEvent


@dataclass(frozen=True)
class WebhookLag:
    """Events that wait, since when the oldest does, those tried in vain so far, and those given up."""

    waiting: int
    oldest_received_at: datetime | None
    failing: int
    dead: int


def get_webhook_lag() -> WebhookLag:
    """Count what is not handled, by one statement."""
    waits = Q(state=DeliveryState.PENDING)
    with public_schema():
        found = (
            StripeEvent.objects.with_delivery()
            .filter(handled_at__isnull=True)
            .aggregate(
                waiting=Count("id", filter=waits),
                oldest=Min("received_at", filter=waits),
                failing=Count("id", filter=waits & ~Q(last_error="")),
                dead=Count("id", filter=Q(state=DeliveryState.DEAD)),
            )
        )
    return WebhookLag(found["waiting"], found["oldest"], found["failing"], found["dead"])
