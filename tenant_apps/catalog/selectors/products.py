"""Reading products and variants."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.errors import NotFound
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.rules import normalise_sku


class ProductNotFound(NotFound):
    code = "product_not_found"
    title = _("There is no such product")


class VariantNotFound(NotFound):
    code = "variant_not_found"
    title = _("There is no such variant")


def get_product(*, product_id: int) -> Product:
    """The product with its category and variants. Raises ProductNotFound."""
    product = Product.objects.filter(id=product_id).select_related("category").prefetch_related("variants").first()
    if product is None:
        raise ProductNotFound
    return product


def get_variant(*, variant_id: int) -> Variant:
    """The variant with its product. Raises VariantNotFound."""
    variant = Variant.objects.filter(id=variant_id).select_related("product").first()
    if variant is None:
        raise VariantNotFound
    return variant


def count_active_variants() -> int:
    """How many SKUs are for sale, on the shelf or not."""
    return Variant.objects.filter(is_active=True).count()


def list_products(
    *, state: str | None = None, kind: str | None = None, category_id: int | None = None, search: str = ""
) -> QuerySet[Product]:
    """Products, newest first. `search` looks in the name, the SKUs and the barcodes."""
    products = Product.objects.order_by("-id")
    if state:
        products = products.filter(state=state)
    if kind:
        products = products.filter(kind=kind)
    if category_id:
        products = products.filter(category_id=category_id)
    if search:
        found = Variant.objects.filter(Q(sku__contains=normalise_sku(search)) | Q(barcode=search))
        products = products.filter(Q(name__icontains=search) | Q(id__in=found.values("product_id")))
    return products


def list_variants(
    *, product_id: int | None = None, is_active: bool | None = None, search: str = ""
) -> QuerySet[Variant]:
    """Variants with their products, newest first. `search` looks in SKU, barcode and the product's name."""
    variants = Variant.objects.select_related("product").order_by("-id")
    if product_id:
        variants = variants.filter(product_id=product_id)
    if is_active is not None:
        variants = variants.filter(is_active=is_active)
    if search:
        variants = variants.filter(
            Q(sku__contains=normalise_sku(search)) | Q(barcode=search) | Q(product__name__icontains=search)
        )
    return variants
