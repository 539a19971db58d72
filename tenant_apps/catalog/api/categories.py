"""API of the category tree."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.catalog.models import Category
from tenant_apps.catalog.schemas import categories as schemas
from tenant_apps.catalog.schemas.fields import PageFilters
from tenant_apps.catalog.selectors import categories as reads
from tenant_apps.catalog.services import categories as services

router = Router(tags=["catalog"])


@router.get("/categories", response=Page[schemas.CategoryOut], summary="List categories")
@requires("catalog.view")
def list_categories(request: HttpRequest, filters: Query[PageFilters]) -> HttpResponse:
    """List categories in their display order."""
    rows, next_cursor = paginate(
        reads.list_categories(), cursor=filters.cursor, limit=filters.limit, order=("position", "id")
    )
    return FastJson({"items": [schemas.category_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/category-tree", response=schemas.TreeOut, summary="Get the category tree")
@requires("catalog.view")
def get_category_tree(request: HttpRequest) -> HttpResponse:
    """Return every category below its parent, siblings in their order."""
    return FastJson({"items": [schemas.branch_row(one) for one in reads.list_category_tree()]})


@router.post("/categories", response={201: schemas.CategoryOut}, summary="Add a category")
@requires("catalog.edit")
def create_category(request: HttpRequest, payload: schemas.CategoryIn) -> Status[Category]:
    """Names are unique below the same parent; the tree has at most five levels."""
    return Status(201, services.create_category(**payload.model_dump()))


@router.patch("/categories/{category_id}", response=schemas.CategoryOut, summary="Change a category")
@requires("catalog.edit")
def change_category(request: HttpRequest, category_id: int, payload: schemas.CategoryPatch) -> Category:
    """Rename, move or re-order a category. It cannot be moved below itself."""
    return services.change_category(category_id=category_id, **payload.model_dump(exclude_unset=True))


@router.post("/categories/{category_id}/move", response=schemas.CategoryOut, summary="Move a category")
@requires("catalog.edit")
def move_category(request: HttpRequest, category_id: int, payload: schemas.CategoryMove) -> Category:
    """Move a category to another parent, before or after one of its children."""
    return services.move_category(category_id=category_id, **payload.model_dump())


@router.delete("/categories/{category_id}", response={204: None}, summary="Delete a category")
@requires("catalog.edit")
def delete_category(request: HttpRequest, category_id: int) -> Status[None]:
    """Refused while the category holds products or categories."""
    services.delete_category(category_id=category_id)
    return Status(204, None)
