"""Changing the tree of categories."""

from typing import Unpack

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.errors import Conflict, Invalid
from kernel.integrity import refine_integrity_error
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Category
from tenant_apps.catalog.rules import CategoryFields
from tenant_apps.catalog.selectors.categories import UnknownCategory, get_category
from tenant_apps.catalog.services.writing import write_changes


class DuplicateCategory(Conflict):
    code = "duplicate_category"
    title = _("A category of this name already stands there")


class CyclicCategory(Conflict):
    code = "cyclic_category"
    title = _("A category cannot stand below itself")


class CategoryTooDeep(Invalid):
    code = "category_too_deep"
    title = _("Categories can be nested six deep")


class CategoryInUse(Conflict):
    code = "category_in_use"
    title = _("The category still has products or categories below it")


_CATEGORY_RULES = {
    "catalog_category_name_unique_in_parent": lambda: DuplicateCategory(field="name"),
    "catalog_category_not_its_own_parent": lambda: CyclicCategory(field="parent_id"),
}


@transaction.atomic
def create_category(*, name: str, parent_id: int | None = None, position: int = 0) -> Category:
    """Add a category. Raises DuplicateCategory, UnknownCategory, CategoryTooDeep."""
    if parent_id is not None:
        _check_place(node=None, parent=parent_id)
    with refine_integrity_error(_CATEGORY_RULES):
        return Category.objects.create(name=name, parent_id=parent_id, position=position)


@transaction.atomic
def change_category(*, category_id: int, **changes: Unpack[CategoryFields]) -> Category:
    """Rename, move or re-order a category. Raises CategoryNotFound and what create_category raises, CyclicCategory."""
    parent_id = changes.get("parent_id")
    if parent_id is not None:
        _check_place(node=category_id, parent=parent_id)
    category = get_category(category_id=category_id)
    with refine_integrity_error(_CATEGORY_RULES):
        write_changes(category, changes)
    return category


def _check_place(*, node: int | None, parent: int) -> None:
    """Refuse a place that closes a circle or lies too deep. Locks the whole (small) tree against other moves."""
    parents = dict(Category.objects.select_for_update().order_by("id").values_list("id", "parent_id"))
    if parent not in parents:
        raise UnknownCategory(field="parent_id")
    if node is not None and rules.would_loop(parents, node=node, parent=parent):
        raise CyclicCategory(field="parent_id")
    if rules.depth_of(parents, parent) + rules.height_of(parents, node) > rules.MAX_CATEGORY_DEPTH:
        raise CategoryTooDeep(field="parent_id")


@transaction.atomic
def delete_category(*, category_id: int) -> None:
    """Remove an empty category. Raises CategoryNotFound, CategoryInUse."""
    try:
        get_category(category_id=category_id).delete()
    except models.ProtectedError as refusal:
        raise CategoryInUse from refusal
