"""Read the state of machines and brands: lags, queues, failures, the heaviest brands.

Everything of a brand comes from the figures it pushed. "Slowest" is not measured per request here: what is shown is
whose deliveries wait longest, whose schema is largest, and where most failed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django_tenants.utils import get_tenant_model

from kernel.core import counters
from kernel.events.queue import QUEUES
from kernel.models import DeliveryState, OutboxDelivery
from kernel.tenancy.context import public_schema
from shared_apps.billing.selectors import subscriptions, webhooks
from shared_apps.billing.selectors.webhooks import WebhookLag
from shared_apps.support.models import BrandFigures
from shared_apps.tenants.services import versions
from shared_apps.tenants.states import BrandState, ProvisioningState

TOP: Final = 8
STALE_AFTER: Final = timedelta(hours=3)
_UNACKNOWLEDGED: Final = "unacked"  # Kombu's own name for what workers have taken and not finished


@dataclass(frozen=True)
class Queue:
    """Tasks that wait and tasks that workers have taken. None: Redis could not say."""

    waiting: int | None
    taken: int | None


@dataclass(frozen=True)
class Cell:
    """A database cluster: its brands, and their bytes."""

    name: str
    brands: int
    lagging: int
    schema_bytes: int


@dataclass(frozen=True)
class Fleet:
    """Everything the page shows."""

    brands: int
    lagging: int
    lagging_brands: list[Any]
    not_set_up: int
    queue: Queue
    public_dead: int
    failed_jobs: int
    failing_brands: list[BrandFigures]
    pending_deliveries: int
    longest_wait_seconds: int
    waiting_brands: list[BrandFigures]
    largest_brands: list[BrandFigures]
    stale: int
    webhooks: WebhookLag
    comparison: Any
    cells: list[Cell]


def get_fleet(*, now: datetime) -> Fleet:
    """The state of the fleet. A fixed number of statements over public tables, and two questions to Redis."""
    with public_schema():
        brands = get_tenant_model()._default_manager.exclude(state=BrandState.ARCHIVED)
        ready = brands.filter(provisioning_state=ProvisioningState.READY)
        lagging = ready.exclude(schema_fingerprint=versions.expected_fingerprint())
        figures = BrandFigures.objects.select_related("brand").exclude(brand__state=BrandState.ARCHIVED)
        fresh = BrandFigures.objects.filter(refreshed_at__gt=now - STALE_AFTER)
        sums = figures.aggregate(
            failed=Sum("failed_jobs"), pending=Sum("pending_deliveries"), longest=Max("oldest_delivery_seconds")
        )
        return Fleet(
            brands=ready.count(),
            lagging=lagging.count(),
            lagging_brands=list(lagging.order_by("id")[:TOP]),
            not_set_up=brands.exclude(provisioning_state=ProvisioningState.READY).count(),
            queue=get_queue(),
            public_dead=OutboxDelivery.objects.filter(state=DeliveryState.DEAD).count(),
            failed_jobs=sums["failed"] or 0,
            failing_brands=_top(figures, "failed_jobs"),
            pending_deliveries=sums["pending"] or 0,
            longest_wait_seconds=sums["longest"] or 0,
            waiting_brands=_top(figures, "oldest_delivery_seconds"),
            largest_brands=_top(figures, "schema_bytes"),
            stale=ready.exclude(pk__in=fresh.values("pk")).count(),
            webhooks=webhooks.get_webhook_lag(),
            comparison=subscriptions.get_last_comparison(),
            cells=_cells(ready),
        )


def get_queue() -> Queue:
    """Count the tasks that wait in the broker, and those being worked on."""
    try:
        client = counters.client()
        return Queue(
            waiting=sum(int(client.llen(name)) for name in QUEUES),
            taken=int(client.hlen(_UNACKNOWLEDGED)),
        )
    except counters.Unreachable:
        return Queue(waiting=None, taken=None)


def _top(figures: QuerySet[BrandFigures], name: str) -> list[BrandFigures]:
    return list(figures.filter(**{f"{name}__gt": 0}).order_by(f"-{name}", "pk")[:TOP])


def _cells(ready: QuerySet[Any]) -> list[Cell]:
    lags = ~Q(schema_fingerprint=versions.expected_fingerprint())
    counted = ready.values("cell").annotate(brands=Count("id"), lagging=Count("id", filter=lags)).order_by("cell")
    sizes = BrandFigures.objects.filter(brand__in=ready).values(cell=F("brand__cell"))
    bytes_of = dict(sizes.annotate(size=Sum("schema_bytes")).values_list("cell", "size"))
    return [Cell(row["cell"], row["brands"], row["lagging"], bytes_of.get(row["cell"]) or 0) for row in counted]
