"""API of variants: SKUs, options, bundles."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, ensure_may, requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.catalog.api.products import product_answer
from tenant_apps.catalog.schemas import variants as schemas
from tenant_apps.catalog.schemas.products import ProductOut
from tenant_apps.catalog.selectors import products as reads
from tenant_apps.catalog.services import bundles, options, variants

router = Router(tags=["catalog"])


def _sees_cost(request: HttpRequest) -> bool:
    return actor_of(request).may("catalog.cost")


def _ensure_may_set_cost(request: HttpRequest, payload: schemas.VariantIn | schemas.VariantPatch) -> None:
    if "cost_price" in payload.model_fields_set:
        ensure_may(actor_of(request), "catalog.cost")


@router.post("/products/{product_id}/variants", response={201: schemas.VariantOut}, summary="Add a variant")
@requires("catalog.edit")
def add_variant(request: HttpRequest, product_id: int, payload: schemas.VariantIn) -> HttpResponse:
    """SKUs are stored in capitals and are unique in the brand. `cost_price` needs the permission catalog.cost."""
    _ensure_may_set_cost(request, payload)
    variant = variants.add_variant(product_id=product_id, **payload.model_dump())
    return FastJson(schemas.variant_out(variant, with_cost=_sees_cost(request)), 201)


@router.get("/variants", response=Page[schemas.VariantRow], summary="List variants")
@requires("catalog.view")
def list_variants(request: HttpRequest, filters: Query[schemas.VariantFilters]) -> HttpResponse:
    """List variants, newest first. `search` looks in SKU, barcode, the product's name and its pinyin."""
    found = reads.list_variants(product_id=filters.product_id, is_active=filters.is_active, search=filters.search)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    with_cost = _sees_cost(request)
    now = clock.now()
    items = [schemas.variant_row(row, now, with_cost=with_cost) for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.get("/variants/{variant_id}", response=schemas.VariantOut, summary="Get a variant")
@requires("catalog.view")
def get_variant(request: HttpRequest, variant_id: int) -> HttpResponse:
    variant = reads.get_variant(variant_id=variant_id)
    return FastJson(schemas.variant_out(variant, with_cost=_sees_cost(request)))


@router.patch("/variants/{variant_id}", response=schemas.VariantOut, summary="Change a variant")
@requires("catalog.edit")
def change_variant(request: HttpRequest, variant_id: int, payload: schemas.VariantPatch) -> HttpResponse:
    """Only the given fields change; a new retail price is written to the audit log."""
    _ensure_may_set_cost(request, payload)
    variant = variants.change_variant(variant_id=variant_id, **payload.model_dump(exclude_unset=True))
    return FastJson(schemas.variant_out(variant, with_cost=_sees_cost(request)))


@router.put("/products/{product_id}/options", response=ProductOut, summary="Set a product's options")
@requires("catalog.edit")
def set_options(request: HttpRequest, product_id: int, payload: schemas.OptionsIn) -> HttpResponse:
    """At most three options and two hundred combinations. Values that variants use cannot be removed."""
    wanted = [options.Option(one.name, tuple(one.values)) for one in payload.options]
    options.set_options(product_id=product_id, options=wanted)
    return product_answer(request, reads.get_product(product_id=product_id))


@router.post(
    "/products/{product_id}/generate-variants",
    response={201: schemas.GeneratedOut},
    summary="Generate variants of all combinations",
)
@requires("catalog.edit")
def generate_variants(request: HttpRequest, product_id: int, payload: schemas.GenerateIn) -> HttpResponse:
    """Create a variant for each combination of options that has none. Repeating the call creates nothing."""
    made = options.generate_variants(product_id=product_id, **payload.model_dump())
    with_cost = _sees_cost(request)
    created = [schemas.variant_out(one, with_cost=with_cost) for one in made.created]
    return FastJson({"created": created, "existing": made.existing}, 201)


@router.get("/variants/{variant_id}/parts", response=schemas.PartsOut, summary="List the parts of a bundle")
@requires("catalog.view")
def list_parts(request: HttpRequest, variant_id: int) -> HttpResponse:
    """List the goods that one bundle takes out of stock."""
    return _parts(reads.get_variant(variant_id=variant_id).pk)


@router.put("/variants/{variant_id}/parts", response=schemas.PartsOut, summary="Set the parts of a bundle")
@requires("catalog.edit")
def set_parts(request: HttpRequest, variant_id: int, payload: schemas.PartsIn) -> HttpResponse:
    """Replace all parts, 1 to 20. Orders already placed keep the parts they were placed with."""
    parts = [bundles.NewPart(one.variant_id, one.quantity) for one in payload.parts]
    bundles.set_parts(variant_id=variant_id, parts=parts)
    return _parts(variant_id)


def _parts(variant_id: int) -> FastJson:
    return FastJson({"parts": [schemas.part_row(part) for part in reads.list_parts(variant_id=variant_id)]})
