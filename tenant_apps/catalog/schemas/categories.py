"""API schemas of categories."""

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Id, Strict, Text100
from tenant_apps.catalog.models import Category
from tenant_apps.catalog.schemas.fields import Position
from tenant_apps.catalog.selectors.categories import Branch


class CategoryIn(Strict):
    """A new category; `parent_id` null puts it at the top."""

    name: Text100
    parent_id: Id | None = None
    position: Position = 0


class CategoryPatch(Strict):
    """Fields to change; those left out stay."""

    name: Text100 = Field(default_factory=str)
    parent_id: Id | None = None
    position: Position = Field(default_factory=int)


class CategoryMove(Strict):
    """New place of a category: below `parent_id` (null: at the top), before or after a sibling there, or last."""

    parent_id: Id | None = None
    before_id: Id | None = None
    after_id: Id | None = None


class CategoryOut(Schema):
    """A category."""

    id: int
    name: str
    parent_id: int | None
    position: int


class BranchOut(CategoryOut):
    """A category in the tree: `depth` from 1, `path` the names from the top down to it."""

    depth: int
    path: list[str]


class TreeOut(Schema):
    """All categories, each below its parent, siblings in their order."""

    items: list[BranchOut]


def category_row(category: Category) -> dict[str, object]:
    return {
        "id": category.pk,
        "name": category.name,
        "parent_id": category.parent_id,
        "position": category.position,
    }


def branch_row(branch: Branch) -> dict[str, object]:
    return {
        "id": branch.id,
        "name": branch.name,
        "parent_id": branch.parent_id,
        "position": branch.position,
        "depth": branch.depth,
        "path": branch.path,
    }
