"""How far behind the handling of Stripe's events is."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from kernel.tenancy.context import public_schema
from shared_apps.billing.models import StripeEvent
from shared_apps.billing.states import InboxState


@dataclass(frozen=True)
class WebhookLag:
    """Events that wait, since when the oldest does, those tried in vain so far, and those given up."""

    waiting: int
    oldest_received_at: datetime | None
    failing: int
    dead: int


def get_webhook_lag() -> WebhookLag:
    """One statement over what is not handled."""
    waits = Q(state=InboxState.RECEIVED)
    failed = Q(state=InboxState.RECEIVED, attempts__gt=0)
    with public_schema():
        found = StripeEvent.objects.exclude(state=InboxState.HANDLED).aggregate(
            waiting=Count("id", filter=waits),
            oldest=Min("received_at", filter=waits),
            failing=Count("id", filter=failed),
            dead=Count("id", filter=Q(state=InboxState.DEAD)),
        )
    return WebhookLag(found["waiting"], found["oldest"], found["failing"], found["dead"])
