"""Brands' figures for the platform's console."""

from collections.abc import Collection
from typing import Any, Final

from django.db import connection
from django_tenants.utils import get_tenant_model

from shared_apps.support.models import BrandFigures

_SIZES: Final[Any] = """
SELECT namespace.nspname, sum(pg_total_relation_size(class.oid))
FROM pg_catalog.pg_namespace AS namespace
JOIN pg_catalog.pg_class AS class ON class.relnamespace = namespace.oid AND class.relkind IN ('r', 'm', 'p')
WHERE namespace.nspname = ANY(%s)
GROUP BY namespace.nspname
"""


def get_figures(*, brand_id: int) -> BrandFigures | None:
    """A brand's last figures, None for one that never reported."""
    return BrandFigures.objects.filter(pk=brand_id).first()


def get_figures_of(*, brand_ids: Collection[int]) -> dict[int, BrandFigures]:
    """The last figures of several brands, by the brand's id. One statement."""
    return BrandFigures.objects.in_bulk(list(brand_ids))


def list_schemas() -> dict[str, int]:
    """The schemas that stand, each with its brand's id."""
    brands = get_tenant_model()._default_manager.filter(provisioning_state="ready", schema_dropped_at__isnull=True)
    return dict(brands.order_by("id").values_list("schema_name", "id"))


def measure_schema_sizes(*, schemas: Collection[str]) -> dict[str, int]:
    """Bytes on disk per schema, indexes included. It asks the file system for each table: not for a request."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [list(schemas)])
        return {str(name): int(size or 0) for name, size in cursor.fetchall()}
