"""API of products: details, shelf, tax."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.catalog.models import Product
from tenant_apps.catalog.schemas import products as schemas
from tenant_apps.catalog.selectors import products as reads
from tenant_apps.catalog.selectors.tax_rates import list_tax_rates
from tenant_apps.catalog.services import products, shelf, tax_rates

router = Router(tags=["catalog"])


def product_answer(request: HttpRequest, product: Product, status: int = 200) -> FastJson:
    """Render the whole product; costs only for callers who may see them."""
    document = schemas.product_document(product, clock.now(), with_cost=actor_of(request).may("catalog.cost"))
    return FastJson(document, status)


@router.get("/products", response=Page[schemas.ProductRow], summary="List products")
@requires("catalog.view")
def list_products(request: HttpRequest, filters: Query[schemas.ProductFilters]) -> HttpResponse:
    """List products, newest first. `search` looks in name, pinyin, brand, SKU and barcode."""
    found = reads.list_products(
        state=filters.state, kind=filters.kind, category_id=filters.category_id, search=filters.search
    )
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    now = clock.now()
    return FastJson({"items": [schemas.product_row(row, now) for row in rows], "next_cursor": next_cursor})


@router.post("/products", response={201: schemas.ProductOut}, summary="Add a product")
@requires("catalog.edit")
def create_product(request: HttpRequest, payload: schemas.ProductIn) -> HttpResponse:
    """The new product is off the shelf and has no variants."""
    return product_answer(request, products.create_product(**payload.model_dump()), 201)


@router.get("/products/{product_id}", response=schemas.ProductOut, summary="Get a product")
@requires("catalog.view")
def get_product(request: HttpRequest, product_id: int) -> HttpResponse:
    return product_answer(request, reads.get_product(product_id=product_id))


@router.patch("/products/{product_id}", response=schemas.ProductOut, summary="Change a product")
@requires("catalog.edit")
def change_product(request: HttpRequest, product_id: int, payload: schemas.ProductPatch) -> HttpResponse:
    """Only the given fields change."""
    changed = products.change_product(product_id=product_id, **payload.model_dump(exclude_unset=True))
    return product_answer(request, changed)


@router.post("/products/{product_id}/put-on-shelf", response=schemas.ProductOut, summary="Put a product on the shelf")
@requires("catalog.edit")
def put_on_shelf(request: HttpRequest, product_id: int, free_is_meant: bool = False) -> HttpResponse:
    """Make the active variants orderable from now on; goods for 0.00 only with `?free_is_meant=true`."""
    changed = shelf.put_on_shelf(product_id=product_id, now=clock.now(), free_is_meant=free_is_meant)
    return product_answer(request, changed)


@router.post(
    "/products/{product_id}/take-off-shelf", response=schemas.ProductOut, summary="Take a product off the shelf"
)
@requires("catalog.edit")
def take_off_shelf(request: HttpRequest, product_id: int) -> HttpResponse:
    """Stop new orders and remove any schedule. Existing orders are not affected."""
    return product_answer(request, shelf.take_off_shelf(product_id=product_id))


@router.post("/products/{product_id}/schedule", response=schemas.ProductOut, summary="Schedule a product")
@requires("catalog.edit")
def schedule_shelf(request: HttpRequest, product_id: int, payload: schemas.ScheduleIn) -> HttpResponse:
    """Set when the product can be ordered, and from when agents of high rank can order early (优先推广权). Replaces the
    previous schedule.
    """
    schedule = shelf.Schedule(**payload.model_dump(exclude={"free_is_meant"}))
    changed = shelf.schedule_shelf(
        product_id=product_id, schedule=schedule, now=clock.now(), free_is_meant=payload.free_is_meant
    )
    return product_answer(request, changed)


@router.get("/products/{product_id}/tax-rates", response=schemas.TaxRatesOut, summary="List a product's VAT rates")
@requires("catalog.view")
def get_tax_rates(request: HttpRequest, product_id: int) -> HttpResponse:
    """Return the product's own rate and its dated rates."""
    return _tax_rates(reads.get_product(product_id=product_id))


def _tax_rates(product: Product) -> FastJson:
    dated = [schemas.tax_rate_row(row) for row in list_tax_rates(product_id=product.pk)]
    return FastJson({"tax_rate": product.tax_rate, "dated": dated})


@router.post("/products/{product_id}/tax-rates", response=schemas.TaxRatesOut, summary="Set a VAT rate by date")
@requires("catalog.edit")
def set_tax_rate(request: HttpRequest, product_id: int, payload: schemas.TaxRateIn) -> HttpResponse:
    """Apply a rate to orders placed from that day on. The same day again replaces its rate."""
    tax_rates.set_tax_rate(product_id=product_id, **payload.model_dump())
    return _tax_rates(reads.get_product(product_id=product_id))


@router.delete(
    "/products/{product_id}/tax-rates/{valid_from}", response={204: None}, summary="Delete a VAT rate by date"
)
@requires("catalog.edit")
def remove_tax_rate(request: HttpRequest, product_id: int, valid_from: str) -> Status[None]:
    """Remove the rate that begins on a day (`2026-11-21`); the previous rate stays in force."""
    try:
        day = date.fromisoformat(valid_from)
    except ValueError as error:
        raise tax_rates.TaxRateNotFound from error
    tax_rates.remove_tax_rate(product_id=product_id, valid_from=day)
    return Status(204, None)
