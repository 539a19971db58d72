"""The catalogue over HTTP."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.catalog import schemas
from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.selectors import categories as category_reads
from tenant_apps.catalog.selectors import products as reads
from tenant_apps.catalog.services import categories, products, shelf, variants

router = Router(tags=["catalog"])


@router.get("/categories", response=Page[schemas.CategoryOut], summary="List categories")
@requires("catalog.view")
def list_categories(request: HttpRequest, filters: Query[schemas.PageFilters]) -> HttpResponse:
    """In the order of the shop."""
    rows, next_cursor = paginate(
        category_reads.list_categories(), cursor=filters.cursor, limit=filters.limit, order=("position", "id")
    )
    return FastJson({"items": [schemas.category_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/categories", response={201: schemas.CategoryOut}, summary="Add a category")
@requires("catalog.edit")
def create_category(request: HttpRequest, payload: schemas.CategoryIn) -> Status[Category]:
    """Names are unique below the same parent."""
    return Status(201, categories.create_category(**payload.model_dump()))


@router.patch("/categories/{category_id}", response=schemas.CategoryOut, summary="Change a category")
@requires("catalog.edit")
def change_category(request: HttpRequest, category_id: int, payload: schemas.CategoryPatch) -> Category:
    """Rename, move or re-order. A category cannot be moved below itself."""
    return categories.change_category(category_id=category_id, **payload.model_dump(exclude_unset=True))


@router.delete("/categories/{category_id}", response={204: None}, summary="Remove an empty category")
@requires("catalog.edit")
def delete_category(request: HttpRequest, category_id: int) -> Status[None]:
    """Refused while products or categories are in it."""
    categories.delete_category(category_id=category_id)
    return Status(204, None)


@router.get("/products", response=Page[schemas.ProductRow], summary="List products")
@requires("catalog.view")
def list_products(request: HttpRequest, filters: Query[schemas.ProductFilters]) -> HttpResponse:
    """Newest first; filter by shelf state, kind and category, search in name, SKU and barcode."""
    found = reads.list_products(
        state=filters.state, kind=filters.kind, category_id=filters.category_id, search=filters.search
    )
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.product_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/products", response={201: schemas.ProductOut}, summary="Add a product")
@requires("catalog.edit")
def create_product(request: HttpRequest, payload: schemas.ProductIn) -> Status[Product]:
    """It is off the shelf and has no variants yet."""
    return Status(201, products.create_product(**payload.model_dump()))


@router.get("/products/{product_id}", response=schemas.ProductOut, summary="Read a product")
@requires("catalog.view")
def get_product(request: HttpRequest, product_id: int) -> Product:
    """With all its variants."""
    return reads.get_product(product_id=product_id)


@router.patch("/products/{product_id}", response=schemas.ProductOut, summary="Change a product")
@requires("catalog.edit")
def change_product(request: HttpRequest, product_id: int, payload: schemas.ProductPatch) -> Product:
    """Only the fields given change."""
    return products.change_product(product_id=product_id, **payload.model_dump(exclude_unset=True))


@router.post("/products/{product_id}/put-on-shelf", response=schemas.ProductOut, summary="Put a product on the shelf")
@requires("catalog.edit")
def put_on_shelf(request: HttpRequest, product_id: int) -> Product:
    """From now on its active variants can be ordered."""
    return shelf.put_on_shelf(product_id=product_id)


@router.post(
    "/products/{product_id}/take-off-shelf", response=schemas.ProductOut, summary="Take a product off the shelf"
)
@requires("catalog.edit")
def take_off_shelf(request: HttpRequest, product_id: int) -> Product:
    """From now on it cannot be ordered; orders already placed stay."""
    return shelf.take_off_shelf(product_id=product_id)


@router.post("/products/{product_id}/variants", response={201: schemas.VariantOut}, summary="Add a variant")
@requires("catalog.edit")
def add_variant(request: HttpRequest, product_id: int, payload: schemas.VariantIn) -> Status[Variant]:
    """SKUs are stored in capitals and are unique in the brand."""
    return Status(201, variants.add_variant(product_id=product_id, **payload.model_dump()))


@router.get("/variants", response=Page[schemas.VariantRow], summary="List variants")
@requires("catalog.view")
def list_variants(request: HttpRequest, filters: Query[schemas.VariantFilters]) -> HttpResponse:
    """Newest first; filter by product and activity, search in SKU, barcode and the product's name."""
    found = reads.list_variants(product_id=filters.product_id, is_active=filters.is_active, search=filters.search)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.variant_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/variants/{variant_id}", response=schemas.VariantOut, summary="Read a variant")
@requires("catalog.view")
def get_variant(request: HttpRequest, variant_id: int) -> Variant:
    """One SKU."""
    return reads.get_variant(variant_id=variant_id)


@router.patch("/variants/{variant_id}", response=schemas.VariantOut, summary="Change a variant")
@requires("catalog.edit")
def change_variant(request: HttpRequest, variant_id: int, payload: schemas.VariantPatch) -> Variant:
    """Only the fields given change; a new retail price is written to the audit log."""
    return variants.change_variant(variant_id=variant_id, **payload.model_dump(exclude_unset=True))
