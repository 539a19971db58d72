"""Read stocktakes."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.catalog.selectors.categories import UnknownCategory, list_category_tree
from tenant_apps.inventory.models import Stocktake, StocktakeLine
from tenant_apps.inventory.models.stocktake import StocktakeLineQuerySet


class StocktakeNotFound(NotFound):
    code = "stocktake_not_found"
    title = _("No such stocktake")


@dataclass(frozen=True, slots=True)
class CategoryScope:
    """A category and all below it; `path` is its name in words."""

    ids: frozenset[int]
    path: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Lines of a stocktake, and those of them that were counted."""

    lines: int
    counted: int


def list_stocktakes(*, state: str = "", warehouse_id: int | None = None) -> QuerySet[Stocktake]:
    """List stocktakes with their warehouses, the newest first."""
    found = Stocktake.objects.select_related("warehouse").order_by("-id")
    if state:
        found = found.filter(state=state)
    return found if warehouse_id is None else found.filter(warehouse_id=warehouse_id)


def get_stocktake(*, stocktake_id: int) -> Stocktake:
    """Return it with its warehouse. Raises StocktakeNotFound."""
    found = list_stocktakes().filter(pk=stocktake_id).first()
    if found is None:
        raise StocktakeNotFound
    return found


def get_stocktake_numbers(*, stocktake_ids: Collection[int]) -> dict[int, str]:
    """Map each known stocktake to its number."""
    return dict(Stocktake.objects.filter(pk__in=stocktake_ids).order_by("id").values_list("id", "number"))


def list_lines(*, stocktake_id: int) -> StocktakeLineQuerySet:
    """List its lines with goods and with what moved since the snapshot. Raises StocktakeNotFound."""
    get_stocktake(stocktake_id=stocktake_id)
    lines = StocktakeLine.objects.filter(stocktake_id=stocktake_id).with_expected()
    return lines.select_related("variant__product").order_by("-id")


def count_progress(*, stocktake_ids: Collection[int]) -> dict[int, Progress]:
    """Map each of these stocktakes to the number of its lines."""
    rows = StocktakeLine.objects.filter(stocktake_id__in=stocktake_ids).order_by().values("stocktake_id")
    counts = rows.annotate(all=Count("id"), done=Count("id", filter=Q(counted__isnull=False)))
    return {row["stocktake_id"]: Progress(row["all"], row["done"]) for row in counts}


def get_category_scope(*, category_id: int) -> CategoryScope:
    """Return the category with all below it. Raises UnknownCategory."""
    tree = {branch.id: branch for branch in list_category_tree()}
    if category_id not in tree:
        raise UnknownCategory(field="category_id")
    inside = {category_id}
    for branch in tree.values():  # parents come before their children
        if branch.parent_id in inside:
            inside.add(branch.id)
    return CategoryScope(frozenset(inside), " › ".join(tree[category_id].path))
