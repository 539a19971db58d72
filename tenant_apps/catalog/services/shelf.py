"""Putting products on the shelf and taking them off."""

from django.db import transaction

from kernel import audit
from kernel.states import compare_and_set, ensure_allowed
from tenant_apps.catalog.models import Product
from tenant_apps.catalog.selectors.products import get_product
from tenant_apps.catalog.states import SHELF_TRANSITIONS, ShelfState


@transaction.atomic
def put_on_shelf(*, product_id: int) -> Product:
    """Let the product be ordered. Raises ProductNotFound, IllegalTransition."""
    return _move(product_id, ShelfState.ON)


@transaction.atomic
def take_off_shelf(*, product_id: int) -> Product:
    """Stop further orders of the product. Raises ProductNotFound, IllegalTransition."""
    return _move(product_id, ShelfState.OFF)


def _move(product_id: int, wanted: ShelfState) -> Product:
    product = get_product(product_id=product_id)
    before = ShelfState(product.state)
    ensure_allowed(SHELF_TRANSITIONS, now=before, wanted=wanted)
    compare_and_set(Product.objects.filter(id=product_id), expected=before, wanted=wanted)
    audit.record(
        action="catalog.shelf", subject=f"product:{product_id}", before={"state": before}, after={"state": wanted}
    )
    product.state = wanted
    return product
