"""Read how much of its plan a brand uses, from outside the brand as well as from within."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.core.errors import Text
from kernel.tenancy.context import brand_schema, current_schema
from shared_apps.billing.rules import plans as rules
from shared_apps.entitlements import selectors as entitlements


@dataclass(frozen=True)
class Usage:
    """One meter. `limit` is None where there is none; `near` from 80 % on; above 100 % after a downgrade."""

    name: str
    label: Text
    limit: int | None
    used: int
    percentage: int
    near: bool


def list_usage(brand: Any, *, now: datetime) -> list[Usage]:
    """The brand's meters in the order of the price list; none once its data is gone. One query inside the brand."""
    if brand.schema_dropped_at is not None or brand.provisioning_state != "ready":
        return []
    with _inside(brand):
        uses = {use.name: use for use in entitlements.list_quotas(now=now)}
    meters = []
    for name, label in rules.QUOTAS.items():
        use = uses[name]
        percentage = rules.percentage_of(used=use.used, limit=use.limit)
        meters.append(Usage(name, label, use.limit, use.used, percentage, percentage >= rules.NEAR_PERCENT))
    return meters


@contextmanager
def _inside(brand: Any) -> Iterator[None]:
    """Within the brand's schema, which a request of its own is already in."""
    if current_schema() == brand.schema_name:
        yield
        return
    with brand_schema(brand.schema_name):
        yield
