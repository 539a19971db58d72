"""Carry out a plan in one transaction, in a fixed number of statements."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, DomainError
from kernel.core.integrity import refine_integrity_error
from kernel.files import storage as files
from kernel.files.images import read_picture, store_picture
from shared_apps.entitlements.services import quotas
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import BundlePart, Product, ProductImage, Variant
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.images import FOLDER
from tenant_apps.catalog.services.sheets.archive import Pictures
from tenant_apps.catalog.services.sheets.parsing import Issue, Row
from tenant_apps.catalog.services.sheets.planning import Plan, PlannedProduct, differing, variant_columns
from tenant_apps.catalog.services.variants import VARIANT_RULES
from tenant_apps.catalog.states import ShelfState

BATCH_SIZE = 1_000


@dataclass(slots=True)
class StoredPicture:
    """A stored picture file that waits for its row."""

    columns: dict[str, Any]


@dataclass(slots=True)
class Result:
    """Ids of the created and changed products."""

    created: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)


class PictureStore:
    """Picture files stored before their rows. Files without a committed row are deleted."""

    def __init__(self) -> None:
        self.by_name: dict[str, StoredPicture] = {}
        self._files: list[str] = []

    def fill(self, plan: Plan, pictures: Pictures, heartbeat: Callable[[], None]) -> list[Issue]:
        """Decode the pictures that the plan needs; each may take a second. Undecodable ones are returned as issues."""
        issues = []
        for planned in plan.products:
            for picture in planned.pictures:
                heartbeat()
                name = picture.file_name.casefold()
                # Two rows of the database never share a file: deleting one picture would take the other's.
                try:
                    self._keep(f"{name}/{id(planned)}/{picture.sku}", pictures.read(picture.file_name) or b"")
                except DomainError as refusal:
                    issues.append(Issue(picture.row, picture.column, str(refusal.code), refusal.detail))
        return issues

    def _keep(self, key: str, data: bytes) -> None:
        picture = read_picture(io.BytesIO(data), field="pictures")
        path, thumbnail = store_picture(picture, folder=FOLDER)
        self._files += [path, thumbnail]
        self.by_name[key] = StoredPicture(
            {
                "path": path,
                "thumbnail_path": thumbnail,
                "width": picture.width,
                "height": picture.height,
                "size_bytes": len(picture.content),
                "digest": picture.digest,
            }
        )

    def discard(self, but: Iterable[str] = ()) -> None:
        kept = set(but)
        for name in self._files:
            if name not in kept:
                files.delete_file(name)


def write_plan(plan: Plan, store: PictureStore, *, subject: str) -> Result:
    """Write the plan's changes. Needs a transaction. Raises QuotaExceeded, DuplicateSku, DuplicateBarcode."""
    result = Result()
    _write_products(plan, result)
    with refine_integrity_error(VARIANT_RULES):
        variants = _write_variants(plan, result, subject)
    _write_parts(plan, variants, result)
    _write_pictures(plan, variants, store, result)
    result.changed -= result.created
    return result


def _write_products(plan: Plan, result: Result) -> None:
    made: list[Product] = []
    changed: list[Product] = []
    names = {"updated_at"}
    for planned in plan.products:
        columns = _product_columns(planned, plan)
        if planned.known is None:
            planned.known = Product(**columns)
            made.append(planned.known)
        elif changes := differing(planned.known, columns):
            for name, value in changes.items():
                setattr(planned.known, name, value)
            if {"name", "brand_name"} & set(changes):
                planned.known.search_text = rules.product_search_text(planned.known.name, planned.known.brand_name)
                names.add("search_text")
            names |= set(changes)
            planned.known.updated_at = clock.now()
            changed.append(planned.known)
    for product in made:
        product.search_text = rules.product_search_text(product.name, product.brand_name)
    Product.objects.bulk_create(made, batch_size=BATCH_SIZE)
    Product.objects.bulk_update(changed, names, batch_size=BATCH_SIZE)
    result.created |= {product.pk for product in made}
    result.changed |= {product.pk for product in changed}


def _product_columns(planned: PlannedProduct, plan: Plan) -> dict[str, Any]:
    columns: dict[str, Any] = {**planned.fields}
    if planned.category is not None:
        columns["category_id"] = _category_id(planned.category, plan.known.categories)
    if planned.options:
        columns["options"] = planned.options
    if planned.shelf is not None:
        columns["state"] = ShelfState.ON if planned.shelf else ShelfState.OFF
        if not planned.shelf:  # what is off the shelf has no schedule
            columns |= {"on_shelf_at": None, "off_shelf_at": None, "early_access_at": None, "early_access_rank": None}
    return columns


def _category_id(path: tuple[str, ...], known: dict[tuple[str, ...], int]) -> int:
    for depth in range(1, len(path) + 1):
        here = path[:depth]
        if here not in known:
            known[here] = create_category(name=here[-1], parent_id=known.get(here[:-1])).pk
    return known[path]


def _write_variants(plan: Plan, result: Result, subject: str) -> dict[str, Variant]:
    """Return all variants of the file by SKU. New and reactivated ones fit the plan or nothing is written."""
    variants = dict(plan.known.variants)
    made: list[Variant] = []
    changed: list[Variant] = []
    prices: dict[str, tuple[str, str]] = {}
    names = {"updated_at"}
    places = 0
    for planned, row in _rows(plan):
        columns = variant_columns(row, planned)
        variant = variants.get(row.sku)
        if variant is None:
            variants[row.sku] = Variant(product=planned.known, **columns)
            made.append(variants[row.sku])
            places += variants[row.sku].is_active
        elif changes := differing(variant, columns):
            places += int(changes.get("is_active", variant.is_active)) - int(variant.is_active)
            if "retail_price" in changes:
                prices[row.sku] = (str(variant.retail_price), str(changes["retail_price"]))
            for name, value in changes.items():
                setattr(variant, name, value)
            names |= set(changes)
            variant.updated_at = clock.now()
            changed.append(variant)
            result.changed.add(variant.product_id)
    _count_places(places)
    Variant.objects.bulk_create(made, batch_size=BATCH_SIZE)
    Variant.objects.bulk_update(changed, names, batch_size=BATCH_SIZE)
    result.changed |= {variant.product_id for variant in made}
    _record_prices(prices, subject)
    return variants


def _rows(plan: Plan) -> Iterable[tuple[PlannedProduct, Row]]:
    return ((planned, row) for planned in plan.products for row in planned.rows)


def _count_places(places: int) -> None:
    if places > 0:
        quotas.take("skus", places)
    elif places < 0:
        quotas.give_back("skus", -places)


def _record_prices(prices: Mapping[str, tuple[str, str]], subject: str) -> None:
    if prices:
        before = {sku: old for sku, (old, _new) in prices.items()}
        after = {sku: new for sku, (_old, new) in prices.items()}
        audit.record(action="catalog.retail_price", subject=subject, before=before, after=after)


def _write_parts(plan: Plan, variants: Mapping[str, Variant], result: Result) -> None:
    rows = []
    outdated = []
    for planned, row in _rows(plan):
        bundle = variants[row.sku]
        parts = {variants[sku].pk: pieces for sku, pieces in row.parts.items()}
        if not parts or parts == plan.known.parts.get(bundle.pk):
            continue
        outdated.append(bundle.pk)
        rows += [BundlePart(bundle=bundle, part_id=part_id, quantity=pieces) for part_id, pieces in parts.items()]
        if planned.known is not None:
            result.changed.add(planned.known.pk)
    BundlePart.objects.filter(bundle_id__in=outdated).delete()
    BundlePart.objects.bulk_create(rows, batch_size=BATCH_SIZE)


def _write_pictures(plan: Plan, variants: Mapping[str, Variant], store: PictureStore, result: Result) -> None:
    rows: list[ProductImage] = []
    now = clock.now()
    for planned in plan.products:
        product = planned.known
        if product is None or not planned.pictures:
            continue
        present = plan.known.images.get(product.pk, [])
        known = {(one.variant_id, one.digest) for one in present}
        position = max((one.position for one in present), default=0)
        for picture in planned.pictures:
            stored = store.by_name[f"{picture.file_name.casefold()}/{id(planned)}/{picture.sku}"].columns
            variant_id = variants[picture.sku].pk if picture.sku else None
            if (variant_id, stored["digest"]) in known:
                continue
            known.add((variant_id, stored["digest"]))
            position += 1
            name = picture.file_name[:200]
            rows.append(
                ProductImage(
                    product=product, variant_id=variant_id, position=position, name=name, created_at=now, **stored
                )
            )
            result.changed.add(product.pk)
    ProductImage.objects.bulk_create(rows, batch_size=BATCH_SIZE)
    store.discard(but=[name for row in rows for name in (row.path, row.thumbnail_path)])


class ProductsInUse(Conflict):
    code = "products_in_use"
    title = _("These products are in use already, or the file changed others: the import cannot be undone")


def remove_products(*, product_ids: Sequence[int]) -> None:
    """Delete imported products with their SKUs and pictures. Raises ProductsInUse when one is referenced."""
    variants = Variant.objects.filter(product_id__in=product_ids)
    places = variants.filter(is_active=True).count()
    images = ProductImage.objects.filter(product_id__in=product_ids)
    paths = [path for row in images.values_list("path", "thumbnail_path") for path in row]
    try:
        with transaction.atomic():
            BundlePart.objects.filter(bundle__product_id__in=product_ids).delete()
            images.delete()
            variants.delete()
            Product.objects.filter(id__in=product_ids).delete()
    except (models.ProtectedError, IntegrityError) as error:
        raise ProductsInUse from error
    _count_places(-places)
    for path in paths:
        transaction.on_commit(partial(files.delete_file, path), robust=True)


def lock_products(plan: Plan) -> None:
    ids = [planned.known.pk for planned in plan.products if planned.known is not None]
    products: models.QuerySet[Product] = Product.objects.filter(id__in=ids).order_by("id")
    list(products.select_for_update(no_key=True).values_list("id", flat=True))
