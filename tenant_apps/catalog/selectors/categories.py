"""Read the category tree."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid, NotFound
from tenant_apps.catalog.models import Category


class CategoryNotFound(NotFound):
    code = "category_not_found"
    title = _("There is no such category")


class UnknownCategory(Invalid):
    code = "unknown_category"
    title = _("There is no such category")


def list_categories() -> QuerySet[Category]:
    return Category.objects.order_by("position", "id")


@dataclass(frozen=True, slots=True)
class Branch:
    """A category in the tree: `depth` from 1, `path` the names from the root down to it."""

    id: int
    name: str
    parent_id: int | None
    position: int
    depth: int
    path: tuple[str, ...]


def list_category_tree() -> list[Branch]:
    """Return all categories depth-first, siblings in their order. One query."""
    below: dict[int | None, list[Category]] = {}
    for category in list_categories():
        below.setdefault(category.parent_id, []).append(category)
    found: list[Branch] = []

    def walk(parent_id: int | None, path: tuple[str, ...]) -> None:
        for one in below.get(parent_id, []):
            here = (*path, one.name)
            found.append(Branch(one.pk, one.name, parent_id, one.position, len(here), here))
            walk(one.pk, here)

    walk(None, ())
    return found


def get_category(*, category_id: int) -> Category:
    """Raises CategoryNotFound."""
    category = Category.objects.filter(id=category_id).first()
    if category is None:
        raise CategoryNotFound
    return category
