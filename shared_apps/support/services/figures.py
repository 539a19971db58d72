"""Brands' figures, as brands push them and as the platform measures them. Nobody joins schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction

from kernel.tenancy.context import public_schema
from shared_apps.support.models import BrandFigures
from shared_apps.support.selectors import figures as selectors
from shared_apps.tenants import selectors as tenants


@dataclass(frozen=True)
class Figures:
    """A brand's figures about itself. Personal data in it is masked already."""

    orders_30_days: int
    failed_jobs: int
    pending_deliveries: int
    oldest_delivery_seconds: int
    last_seen_at: datetime | None
    usage: Mapping[str, Mapping[str, int | None]]  # {quota: {"used", "limit" (null: unlimited)}}
    staff: Sequence[Mapping[str, Any]]  # [{"name", "role", "contact", "two_step", "last_login"}]
    failures: Sequence[Mapping[str, Any]]  # [{"what", "times", "error", "at"}]


@transaction.atomic
def report_figures(*, brand_id: int, figures: Figures, now: datetime) -> None:
    """Keep a brand's figures in the place of its last ones. One statement; again is harmless."""
    names = [field.name for field in fields(Figures)]
    with public_schema():
        BrandFigures.objects.bulk_create(
            [BrandFigures(brand_id=brand_id, refreshed_at=now, **asdict(figures))],
            update_conflicts=True,
            unique_fields=["brand"],
            update_fields=[*names, "refreshed_at"],
        )


@transaction.atomic
def measure_schemas(*, now: datetime) -> int:
    """Measure the schemas of all brands at once, in bytes on disk; returns how many there are.

    A brand that never reported gets its first figures by this.
    """
    with public_schema():
        schemas = selectors.list_schemas()
        sizes = tenants.get_schema_sizes(list(schemas))
        BrandFigures.objects.bulk_create(
            [
                BrandFigures(brand_id=brand_id, schema_bytes=sizes.get(schema, 0), refreshed_at=now)
                for schema, brand_id in schemas.items()
            ],
            update_conflicts=True,
            unique_fields=["brand"],
            update_fields=["schema_bytes"],
            batch_size=1_000,
        )
    return len(schemas)
