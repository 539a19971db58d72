"""Look up a workbook's references in the catalogue, in a fixed number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tenant_apps.catalog.models import BundlePart, Product, ProductImage, Variant
from tenant_apps.catalog.selectors.categories import list_category_tree
from tenant_apps.catalog.services.sheets.parsing import Row


@dataclass(slots=True)
class Known:
    """Catalogue rows by the keys that a workbook uses."""

    variants: dict[str, Variant] = field(default_factory=dict)  # by SKU; parts too
    products: dict[int, Product] = field(default_factory=dict)  # of those variants
    kinds: dict[int, str] = field(default_factory=dict)  # by product
    barcodes: dict[str, str] = field(default_factory=dict)  # whose SKU carries it
    option_keys: dict[int, dict[str, str]] = field(default_factory=dict)  # product → key → SKU
    counts: dict[int, int] = field(default_factory=dict)  # variants by product
    categories: dict[tuple[str, ...], int] = field(default_factory=dict)
    images: dict[int, list[ProductImage]] = field(default_factory=dict)
    parts: dict[int, dict[int, int]] = field(default_factory=dict)  # bundle → part → pieces


def read_known(rows: Iterable[Row]) -> Known:
    rows = list(rows)
    known = Known()
    skus = {row.sku for row in rows if row.sku} | {sku for row in rows for sku in row.parts}
    for variant in Variant.objects.filter(sku__in=skus).select_related("product").order_by("id"):
        known.variants[variant.sku] = variant
        # One object per product: what is planned for it is written into it.
        variant.product = known.products.setdefault(variant.product_id, variant.product)
    known.kinds = {product_id: product.kind for product_id, product in known.products.items()}
    barcodes = {row.variant["barcode"] for row in rows if "barcode" in row.variant}
    known.barcodes = dict(Variant.objects.filter(barcode__in=barcodes).order_by("id").values_list("barcode", "sku"))
    touched = {known.variants[row.sku].product_id for row in rows if row.sku in known.variants}
    siblings = Variant.objects.filter(product_id__in=touched).order_by("id")
    for product_id, key, sku in siblings.values_list("product_id", "option_key", "sku"):
        known.counts[product_id] = known.counts.get(product_id, 0) + 1
        if key:
            known.option_keys.setdefault(product_id, {})[key] = sku
    known.categories = {branch.path: branch.id for branch in list_category_tree()}
    for image in ProductImage.objects.filter(product_id__in=touched).order_by("position", "id"):
        known.images.setdefault(image.product_id, []).append(image)
    bundles = BundlePart.objects.filter(bundle__product_id__in=touched).order_by("id")
    for bundle_id, part_id, quantity in bundles.values_list("bundle_id", "part_id", "quantity"):
        known.parts.setdefault(bundle_id, {})[part_id] = quantity
    return known
