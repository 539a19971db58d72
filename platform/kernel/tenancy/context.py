"""The current brand in requests, background tasks and cache keys."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from django.db import connection
from django_tenants.utils import get_public_schema_name, get_tenant_model, schema_context, tenant_context


class Tenant(Protocol):
    """Attributes that every tenant of the connection has. A Brand has more: name, time_zone, currency …"""

    schema_name: str


class _TenantConnection(Protocol):
    tenant: Tenant | None
    schema_name: str

    def set_tenant(self, tenant: Tenant) -> None: ...
    def set_schema_to_public(self) -> None: ...


def _connection() -> _TenantConnection:
    return cast(_TenantConnection, connection)


def current_schema() -> str:
    return _connection().schema_name


def current_brand() -> Any:
    """Return the Brand of this request or task (an object with only `schema_name` if entered by name)."""
    return _connection().tenant


def public_schema_name() -> str:
    return str(get_public_schema_name())


def is_public() -> bool:
    return current_schema() == public_schema_name()


def public_schema() -> AbstractContextManager[None]:
    return cast("AbstractContextManager[None]", schema_context(public_schema_name()))


def brand_schema(schema: str) -> AbstractContextManager[None]:
    """Run the block as the brand with this schema. Raises Brand.DoesNotExist."""
    return cast("AbstractContextManager[None]", tenant_context(find_brand(schema)))


def enter_brand(brand: Tenant) -> None:
    """Switch to this brand until the next switch: for middleware and tests."""
    _connection().set_tenant(brand)


def leave_brand() -> None:
    _connection().set_schema_to_public()


def find_brand(schema: str) -> Any:
    """Return the Brand that owns `schema` from the database. Raises Brand.DoesNotExist."""
    with public_schema():
        return get_tenant_model()._default_manager.get(schema_name=schema)


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """Build a cache key with the schema, as Django's KEY_FUNCTION."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


def may_write() -> bool:
    """Tell whether the current brand may change data: not after its trial, unpaid, suspended or archived."""
    asked = getattr(current_brand(), "may_write", None)  # missing where a schema was entered by its name only
    return asked is None or bool(asked(datetime.now(UTC)))


def list_ready_brands(*, after_id: int, limit: int) -> list[Any]:
    with public_schema():
        brands = get_tenant_model()._default_manager.get_queryset()
        return list(brands.ready().filter(pk__gt=after_id).order_by("pk")[:limit])


def list_ready_schemas() -> list[str]:
    """List the schemas of these brands. For commands; periodic work uses `kernel.events.due`."""
    with public_schema():
        brands = get_tenant_model()._default_manager.get_queryset()
        return list(brands.ready().order_by("pk").values_list("schema_name", flat=True))
