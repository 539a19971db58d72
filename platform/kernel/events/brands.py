"""Look up a task's brand, with a cache."""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django_tenants.utils import get_tenant_model

from kernel.core import clock
from kernel.core.counters import SharedMark
from kernel.tenancy.context import public_schema

LIFETIME_SECONDS: Final = 30.0
MAX_BRANDS: Final = 2_000

# Asked before each task, so that no task begins with a brand as it was before a change that is committed and told:
# a suspended brand writes nothing from then on. Services tell by `tenants.selectors.forget_hosts`.
_changes = SharedMark("brands", asked_every=0)
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Kept:
    """A cached brand and the mark under which it was read."""

    brand: Any
    mark: str
    until: float


_brands: OrderedDict[str, _Kept] = OrderedDict()


def find_brand(schema: str) -> Any:
    """Return a private copy of the Brand that owns `schema`. Raises Brand.DoesNotExist.

    Caches only brands that may write, for at most 30 seconds and until any brand changes; nothing without Redis.
    """
    mark = _changes.read(time.monotonic())
    known = _remembered(schema, mark)
    if known is None:
        brands = get_tenant_model()
        known = _read([schema], mark).get(schema)
        if known is None:
            raise brands.DoesNotExist(schema)
    return copy.copy(known)


def prefetch(schemas: Collection[str]) -> None:
    mark = _changes.read(time.monotonic())
    if mark and (missing := [schema for schema in schemas if _remembered(schema, mark) is None]):
        _read(missing, mark)


def _remembered(schema: str, mark: str) -> Any:
    with _lock:
        kept = _brands.get(schema)
    return kept.brand if kept is not None and kept.mark == mark and kept.until > time.monotonic() else None


def _read(schemas: Collection[str], mark: str) -> dict[str, Any]:
    # The mark was read before: what changes meanwhile counts as newer.
    with public_schema():
        found = {
            brand.schema_name: brand for brand in get_tenant_model()._default_manager.filter(schema_name__in=schemas)
        }
    # What is read in a transaction may never have been.
    if mark and not connection.in_atomic_block:
        until = time.monotonic() + LIFETIME_SECONDS
        with _lock:
            for schema, brand in found.items():
                if brand.may_write(clock.now()):
                    _brands[schema] = _Kept(brand, mark, until)
                    _brands.move_to_end(schema)
            while len(_brands) > MAX_BRANDS:
                _brands.popitem(last=False)
    return found
