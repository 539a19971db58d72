"""Tell which brand the present work belongs to: in requests, in background tasks, in cache keys."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from django.db import connection
from django_tenants.utils import get_public_schema_name, get_tenant_model, schema_context, tenant_context


class Tenant(Protocol):
    """Attributes every occupant of the connection has. A real brand has more: name, time_zone, currency …"""

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
    """Return the Brand of this request or task (an object with `schema_name` alone where only a name was entered)."""
    return _connection().tenant


def public_schema_name() -> str:
    return str(get_public_schema_name())


def is_public() -> bool:
    return current_schema() == public_schema_name()


def public_schema() -> AbstractContextManager[None]:
    """Run the block on the public schema, then return to the brand."""
    return cast("AbstractContextManager[None]", schema_context(public_schema_name()))


def brand_schema(schema: str) -> AbstractContextManager[None]:
    """Run the block as the brand with this schema. Raises Brand.DoesNotExist for a schema nobody owns."""
    return cast("AbstractContextManager[None]", tenant_context(find_brand(schema)))


def enter_brand(brand: Tenant) -> None:
    """Serve this brand from here on, until something else is entered: for middleware and tests."""
    _connection().set_tenant(brand)


def leave_brand() -> None:
    """Run the statements of this thread on the public schema from here on."""
    _connection().set_schema_to_public()


def find_brand(schema: str) -> Any:
    """Return the Brand that owns `schema`, fresh from the database. Raises Brand.DoesNotExist."""
    with public_schema():
        return get_tenant_model()._default_manager.get(schema_name=schema)


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """Build a cache key, as Django's KEY_FUNCTION: no brand ever reads what another one cached."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


def may_write() -> bool:
    """Tell whether the current brand may change anything now: not after its trial, unpaid, suspended or archived."""
    asked = getattr(current_brand(), "may_write", None)  # missing where a schema was entered by its name only
    return asked is None or bool(asked(datetime.now(UTC)))


def list_ready_brands(*, after_id: int, limit: int) -> list[Any]:
    """Return brands whose set-up is finished and that are not archived, in the order of their ids."""
    with public_schema():
        brands = get_tenant_model()._default_manager.get_queryset()
        return list(brands.ready().filter(pk__gt=after_id).order_by("pk")[:limit])


def list_ready_schemas() -> list[str]:
    """Return the schemas of all these brands. For commands: periodic work is `kernel.events.due`'s."""
    with public_schema():
        brands = get_tenant_model()._default_manager.get_queryset()
        return list(brands.ready().order_by("pk").values_list("schema_name", flat=True))
