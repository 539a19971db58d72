"""Change the category tree.

Moves and additions lock the whole (small) tree before reading it, so the second of two concurrent changes sees the
first.
"""

from typing import Unpack

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Category
from tenant_apps.catalog.rules import CategoryFields
from tenant_apps.catalog.selectors.categories import UnknownCategory, get_category

_STEP = 10  # between neighbours, so that a position set by hand finds room


class DuplicateCategory(Conflict):
    code = "duplicate_category"
    title = _("A category of this name already stands there")


class CyclicCategory(Conflict):
    code = "cyclic_category"
    title = _("A category cannot stand below itself")


class CategoryTooDeep(Invalid):
    code = "category_too_deep"
    title = _("Categories can be nested five deep")


class CategoryInUse(Conflict):
    code = "category_in_use"
    title = _("The category still has products or categories below it")


class UnknownNeighbour(Invalid):
    code = "unknown_neighbour"
    title = _("The neighbour does not stand below the same parent")


_CATEGORY_RULES = {
    "catalog_category_name_unique_in_parent": lambda: DuplicateCategory(field="name"),
    "catalog_category_not_its_own_parent": lambda: CyclicCategory(field="parent_id"),
}


@transaction.atomic
def create_category(*, name: str, parent_id: int | None = None, position: int = 0) -> Category:
    """Add a category. Raises DuplicateCategory, UnknownCategory, CategoryTooDeep."""
    if parent_id is not None:
        _ensure_possible_place(_lock_tree(), node=None, parent=parent_id)
    with refine_integrity_error(_CATEGORY_RULES):
        return Category.objects.create(name=name, parent_id=parent_id, position=position)


@transaction.atomic
def change_category(*, category_id: int, **changes: Unpack[CategoryFields]) -> Category:
    """Rename, move or re-order a category. Raises CategoryNotFound, CyclicCategory and as create_category."""
    parent_id = changes.get("parent_id")
    if parent_id is not None:
        _ensure_possible_place(_lock_tree(), node=category_id, parent=parent_id)
    category = get_category(category_id=category_id)
    with refine_integrity_error(_CATEGORY_RULES):
        write_changes(category, changes)
    return category


@transaction.atomic
def move_category(
    *, category_id: int, parent_id: int | None, before_id: int | None = None, after_id: int | None = None
) -> Category:
    """Move a category below `parent_id` (None: to the top), before or after a sibling there; with neither, last.

    Renumbers all siblings. Raises UnknownNeighbour and as change_category.
    """
    parents = _lock_tree()
    category = get_category(category_id=category_id)
    if parent_id is not None:
        _ensure_possible_place(parents, node=category_id, parent=parent_id)
    others = Category.objects.filter(parent_id=parent_id).exclude(pk=category_id)
    siblings = list(others.order_by("position", "id"))
    siblings.insert(_place_among([one.pk for one in siblings], before_id, after_id), category)
    category.parent_id = parent_id
    for number, one in enumerate(siblings, start=1):
        one.position = number * _STEP
    with refine_integrity_error(_CATEGORY_RULES):
        Category.objects.bulk_update(siblings, ["parent_id", "position"])
    return category


def _place_among(sibling_ids: list[int], before_id: int | None, after_id: int | None) -> int:
    if before_id is not None and after_id is not None:
        raise UnknownNeighbour(_("Name one neighbour, before or after."), field="after_id")
    for field, neighbour, offset in (("before_id", before_id, 0), ("after_id", after_id, 1)):
        if neighbour is not None:
            if neighbour not in sibling_ids:
                raise UnknownNeighbour(field=field)
            return sibling_ids.index(neighbour) + offset
    return len(sibling_ids)


def _lock_tree() -> dict[int, int | None]:
    """Lock every category, then read child → parent, so that rows added meanwhile are included."""
    list(Category.objects.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    return dict(Category.objects.order_by("id").values_list("id", "parent_id"))


def _ensure_possible_place(parents: dict[int, int | None], *, node: int | None, parent: int) -> None:
    if parent not in parents:
        raise UnknownCategory(field="parent_id")
    if node is not None and rules.would_loop(parents, node=node, parent=parent):
        raise CyclicCategory(field="parent_id")
    if rules.depth_of(parents, parent) + rules.height_of(parents, node) > rules.MAX_CATEGORY_DEPTH:
        raise CategoryTooDeep(field="parent_id")


@transaction.atomic
def delete_category(*, category_id: int) -> None:
    """Delete an empty category. Raises CategoryNotFound, CategoryInUse."""
    try:
        get_category(category_id=category_id).delete()
    except models.ProtectedError as refusal:
        raise CategoryInUse from refusal
