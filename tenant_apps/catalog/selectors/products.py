"""Read products and variants."""

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.china.pinyin import normalise
from kernel.core.errors import NotFound
from tenant_apps.catalog.models import BundlePart, Product, Variant
from tenant_apps.catalog.rules import normalise_sku


class ProductNotFound(NotFound):
    code = "product_not_found"
    title = _("There is no such product")


class VariantNotFound(NotFound):
    code = "variant_not_found"
    title = _("There is no such variant")


def get_product(*, product_id: int) -> Product:
    """Return the product with its category and variants. Raises ProductNotFound."""
    product = Product.objects.filter(id=product_id).select_related("category").prefetch_related("variants").first()
    if product is None:
        raise ProductNotFound
    return product


def get_variant(*, variant_id: int) -> Variant:
    """Return the variant with its product. Raises VariantNotFound."""
    variant = Variant.objects.filter(id=variant_id).select_related("product").first()
    if variant is None:
        raise VariantNotFound
    return variant


def count_active_variants() -> int:
    return Variant.objects.filter(is_active=True).count()


def list_products(
    *, state: str | None = None, kind: str | None = None, category_id: int | None = None, search: str = ""
) -> QuerySet[Product]:
    """List products, newest first. `search` looks in the name, its pinyin and initials, the brand, SKUs and
    barcodes.
    """
    products = Product.objects.order_by("-id")
    if state:
        products = products.filter(state=state)
    if kind:
        products = products.filter(kind=kind)
    if category_id:
        products = products.filter(category_id=category_id)
    return find_products(products, search)


def find_products(products: QuerySet[Product], search: str) -> QuerySet[Product]:
    """Keep products that match every word of the search, or have a SKU that contains all of it."""
    words = normalise(search).split()
    if not words:
        return products
    matching = Q(id__in=_products_with(" ".join(words)))
    each = Q()
    for word in words:
        each &= Q(search_text__contains=word) | Q(id__in=_products_with(word))
    return products.filter(matching | each if len(words) > 1 else each)


def _products_with(text: str) -> QuerySet[Variant, int]:
    found = Variant.objects.filter(Q(sku__contains=normalise_sku(text)) | Q(barcode=text.upper()) | Q(barcode=text))
    return found.values_list("product_id", flat=True)


def list_variants(
    *, product_id: int | None = None, is_active: bool | None = None, search: str = ""
) -> QuerySet[Variant]:
    """List variants with their products, newest first. `search` looks in SKU, barcode and the product's texts."""
    variants = Variant.objects.select_related("product").order_by("-id")
    if product_id:
        variants = variants.filter(product_id=product_id)
    if is_active is not None:
        variants = variants.filter(is_active=is_active)
    if words := normalise(search).split():
        whole = " ".join(words)
        described = Q()
        for word in words:
            described &= Q(product__search_text__contains=word)
        variants = variants.filter(Q(sku__contains=normalise_sku(whole)) | Q(barcode=search.strip()) | described)
    return variants


def get_variant_by_code(*, code: str) -> Variant | None:
    """Return the variant, for sale or not, whose whole SKU or barcode this is, with its product; a SKU goes first."""
    text = code.strip()
    variants = Variant.objects.select_related("product").order_by("id")
    by_sku = variants.filter(sku=normalise_sku(text)).first()
    return by_sku or (variants.filter(barcode=text).first() if text else None)


def find_variants_to_sell(*, search: str, limit: int) -> list[Variant]:
    """Return active variants with their products, those on the shelf first. A whole SKU or barcode finds one alone.

    Each word is looked for in the product's texts (pinyin and initials too), the variant's name and the SKU.
    """
    text = search.strip()
    variants = Variant.objects.select_related("product").filter(is_active=True)
    exact = list(variants.filter(Q(sku=normalise_sku(text)) | Q(barcode=text))[:2])
    if len(exact) == 1:
        return exact
    for word in normalise(text).split():
        variants = variants.filter(
            Q(product__search_text__contains=word) | Q(name__icontains=word) | Q(sku__contains=normalise_sku(word))
        )
    return list(variants.order_by("-product__state", "product_id", "id")[:limit])


def get_barcodes(*, variant_ids: Collection[int]) -> dict[int, str]:
    """Map the variants that have a barcode to it."""
    variants = Variant.objects.filter(pk__in=variant_ids).exclude(barcode="").order_by("id")
    return dict(variants.values_list("id", "barcode"))


def get_box_sizes(*, variant_ids: Collection[int]) -> dict[int, int]:
    """Map the variants that have boxes to the pieces that one holds."""
    variants = Variant.objects.filter(pk__in=variant_ids, box_size__isnull=False).order_by("id")
    return {pk: size for pk, size in variants.values_list("id", "box_size") if size is not None}


def get_weights(*, variant_ids: Collection[int]) -> dict[int, int | None]:
    """Map variants to their weight in grams, a bundle to that of its parts; None where it is not known."""
    own = dict(Variant.objects.filter(pk__in=variant_ids).order_by("id").values_list("id", "weight_grams"))
    parts: dict[int, int | None] = {}
    rows = BundlePart.objects.filter(bundle_id__in=variant_ids).order_by("id")
    for bundle_id, quantity, grams in rows.values_list("bundle_id", "quantity", "part__weight_grams"):
        so_far = parts.get(bundle_id, 0)
        parts[bundle_id] = None if grams is None or so_far is None else so_far + quantity * grams
    return {pk: grams if grams is not None else parts.get(pk) for pk, grams in own.items()}


def find_variant_ids(*, word: str, limit: int) -> list[int]:
    """Return the newest variants whose SKU begins with the word, whose barcode it is, or whose product is called so.

    A product is found by a part of its Chinese name, and by the beginning of a Latin word or of its pinyin.
    """
    plain = normalise(word)
    if not plain:
        return []
    called = Q(product__search_text__contains=plain)
    if plain.isascii():
        called = Q(product__search_text__startswith=plain) | Q(product__search_text__contains=f" {plain}")
    coded = Q(sku__startswith=normalise_sku(word)) | Q(barcode=word.upper()) | Q(barcode=word)
    return list(Variant.objects.filter(coded | called).order_by("-id").values_list("id", flat=True)[:limit])


def list_parts(*, variant_id: int) -> QuerySet[BundlePart]:
    return BundlePart.objects.filter(bundle_id=variant_id).select_related("part").order_by("id")
