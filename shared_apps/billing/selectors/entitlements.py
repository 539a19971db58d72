"""What a brand's plan allows and how much of it is used, asked from outside the brand as well as from within.

Inside a brand the services ask `kernel.entitlements`, which these only bring to the right place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel import entitlements
from kernel.core.errors import Text
from kernel.entitlements import Use
from kernel.tenancy.context import brand_schema, current_schema
from shared_apps.billing.rules import plans as rules


@dataclass(frozen=True)
class Usage:
    """One meter. `limit` is None where there is none; `near` from 80 % on; above 100 % after a downgrade."""

    name: str
    label: Text
    limit: int | None
    used: int
    percentage: int
    near: bool


def may(brand: Any, feature: str) -> bool:
    """Whether the brand's plan includes the feature. No query."""
    return entitlements.includes(brand.entitlements, feature)


def quota(brand: Any, name: str) -> Use:
    """Limit and use of one of the brand's quotas."""
    with _inside(brand):
        return entitlements.quota(name)


def list_usage(brand: Any, *, now: datetime | None = None) -> list[Usage]:
    """The brand's meters in the order of the price list; none once its data is gone. One query inside the brand."""
    if brand.schema_dropped_at is not None or brand.provisioning_state != "ready":
        return []
    with _inside(brand):
        uses = {use.name: use for use in entitlements.list_quotas(now=now)}
    return [_usage(uses[name], label) for name, label in rules.QUOTAS.items()]


def _usage(use: Use, label: Text) -> Usage:
    percentage = rules.percentage_of(used=use.used, limit=use.limit)
    return Usage(use.name, label, use.limit, use.used, percentage, percentage >= rules.NEAR_PERCENT)


@contextmanager
def _inside(brand: Any) -> Iterator[None]:
    """Within the brand's schema, which a request of its own is already in."""
    if current_schema() == brand.schema_name:
        yield
        return
    with brand_schema(brand.schema_name):
        yield
