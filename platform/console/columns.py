"""Columns and documents that apps above add to the lists of apps below.

    class InventoryConfig(AppConfig):
        def ready(self) -> None:
            columns.register("catalog.product", AddedColumn("stock", _("On hand"), "inventory.view", count_pieces))
            columns.register_documents("order", name_orders)

Both are asked once for all rows of a page: `values` maps rows' ids to what stands in their cells, a namer maps the ids
of sources such as "order:42" to their names and addresses.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from console.access import may_read
from kernel.core.errors import Text

Namer = Callable[[HttpRequest, Collection[int]], Mapping[int, tuple[str, str]]]


@dataclass(frozen=True)
class AddedColumn:
    """One column; whoever lacks the permission does not see it."""

    name: str
    title: Text
    permission: str
    values: Callable[[Collection[int]], Mapping[int, Any]]


_columns: dict[str, dict[str, AddedColumn]] = {}
_namers: dict[str, Namer] = {}


def register(page: str, column: AddedColumn) -> None:
    _columns.setdefault(page, {})[column.name] = column


def columns_of(page: str, request: HttpRequest) -> list[AddedColumn]:
    """Return the columns this person may see, in the order of registration."""
    return [column for column in _columns.get(page, {}).values() if may_read(request, column.permission)]


def register_documents(kind: str, namer: Namer) -> None:
    _namers[kind] = namer


def name_documents(request: HttpRequest, sources: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Map each source such as "order:42" or "order:42:refund:1" to its document's name and address.

    The address is empty for whoever may not open it; sources that no app names are left out.
    """
    wanted: dict[str, dict[str, int]] = {}
    for source in set(sources):
        kind, _colon, rest = source.partition(":")
        number = rest.partition(":")[0]
        if kind in _namers and number.isdecimal():
            wanted.setdefault(kind, {})[source] = int(number)
    found: dict[str, tuple[str, str]] = {}
    for kind, ids in wanted.items():
        names = _namers[kind](request, set(ids.values()))
        found |= {source: names[one] for source, one in ids.items() if one in names}
    return found
