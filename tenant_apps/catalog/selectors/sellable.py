"""Read variants with the facts that selling needs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from kernel.core import clock
from tenant_apps.catalog.models import BundlePart, Variant
from tenant_apps.catalog.rules import normalise_sku
from tenant_apps.catalog.selectors.tax_rates import rate_on
from tenant_apps.catalog.states import ProductKind, ShelfState

_PLAIN_COLUMNS = ("id", "sku", "product_id", "product__name", "name", "product__kind", "retail_price")
_SHELF_COLUMNS = (
    "product__state",
    "product__on_shelf_at",
    "product__off_shelf_at",
    "product__early_access_at",
    "product__early_access_rank",
    "is_active",
)
_FREIGHT_COLUMNS = ("weight_grams", "product__freight_template_id")
# What stands in the statement's places until something is asked.
_SOME_DAY: Final = date(1, 1, 1)
_WANTED: Final[dict[str, Any]] = {"id": -8_201_501, "sku": "\ue000 wanted"}


@dataclass(frozen=True, slots=True)
class Part:
    """Quantity of a variant in one bundle."""

    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """Period in which a variant is offered: never (`is_released` false), or between two moments (None: unbounded)."""

    is_released: bool
    on_shelf_at: datetime | None = None
    off_shelf_at: datetime | None = None
    early_access_at: datetime | None = None
    early_access_rank: int | None = None

    def is_open(self, moment: datetime, *, rank: int | None = None) -> bool:
        """Tell whether it is offered to everybody, or to an agent of `rank` (1 is the highest) with early access."""
        if not self.is_released or (self.off_shelf_at is not None and moment >= self.off_shelf_at):
            return False
        if self.on_shelf_at is None or moment >= self.on_shelf_at:
            return True
        if rank is None or self.early_access_at is None or self.early_access_rank is None:
            return False
        return moment >= self.early_access_at and rank <= self.early_access_rank

    def is_to_come(self, moment: datetime) -> bool:
        return self.is_released and self.on_shelf_at is not None and moment < self.on_shelf_at


@dataclass(frozen=True, slots=True)
class SellableVariant:
    """Facts of a variant at a moment. `retail_price` is money, `tax_rate` a fraction such as 0.13.

    `is_on_shelf` ignores early access; `is_orderable` includes it.
    """

    id: int
    sku: str
    product_id: int
    product_name: str
    variant_name: str
    kind: str
    retail_price: Decimal
    tax_rate: Decimal
    is_on_shelf: bool
    shelf: Shelf
    parts: tuple[Part, ...] = ()
    weight_grams: int | None = None
    freight_template_id: int | None = None


def is_orderable(variant: SellableVariant, *, rank: int | None, now: datetime) -> bool:
    """Tell whether everybody (`rank` None) or an agent of this rank with early access may order it now.

    A bundle without parts cannot be ordered.
    """
    if variant.kind == ProductKind.BUNDLE and not variant.parts:
        return False
    return variant.shelf.is_open(now, rank=rank)


def _wait_for(part: Mapping[str, Any], shelf: Shelf) -> Shelf:
    """Limit the bundle's shelf to open no earlier than the part's. The part's end is ignored."""
    if part["starts"] is None:
        return shelf
    starts = datetime.fromisoformat(part["starts"])
    own = shelf.on_shelf_at
    if own is not None and starts <= own:
        early = shelf.early_access_at
        return replace(shelf, early_access_at=early and max(early, starts))
    early = part["early"] and datetime.fromisoformat(part["early"])
    if early and own:
        early = max(early, own)
    return replace(shelf, on_shelf_at=starts, early_access_at=early, early_access_rank=part["rank"])


def _sellable_rows(day: date, **where: object) -> QuerySet[Variant, Any]:
    # The part is looked up by its id for each piece of a bundle, and not joined: of goods that were written in the same
    # transaction Postgres has no statistics, and it would join all of them anew for each of them.
    part = Variant.objects.filter(pk=OuterRef("part_id")).values(
        piece=JSONObject(
            id="pk",
            quantity=OuterRef("quantity"),
            starts="product__on_shelf_at",
            early="product__early_access_at",
            rank="product__early_access_rank",
        )
    )
    parts = BundlePart.objects.filter(bundle=OuterRef("pk")).order_by("id")
    return (
        Variant.objects.filter(**where)
        .annotate(
            rate=rate_on(day, product="product_id", base="product__tax_rate"),
            made_of=ArraySubquery(parts.annotate(piece=Subquery(part)).values("piece")),
        )
        .order_by("id")
        .values_list(*_PLAIN_COLUMNS, "rate", "made_of", *_SHELF_COLUMNS, *_FREIGHT_COLUMNS)
    )


@cache
def _statement(column: str) -> tuple[str, tuple[Any, ...]]:
    """Return the query's text and parameters, with `_SOME_DAY` and `_WANTED` as placeholders.

    Compiled once per process: compiling took longer than the query itself.
    """
    text, parameters = _sellable_rows(_SOME_DAY, **{f"{column}__in": [_WANTED[column]]}).query.sql_with_params()
    return text.replace(f'."{column}" IN (%s)', f'."{column}" = ANY(%s)'), parameters


def _read_sellable(now: datetime, column: str, wanted: Collection[Any]) -> Iterator[SellableVariant]:
    asked = {_SOME_DAY: clock.business_date(now), _WANTED[column]: list(wanted)}
    text, parameters = _statement(column)
    with connection.cursor() as cursor:
        given: list[Any] = [asked.get(parameter, parameter) for parameter in parameters]
        cursor.execute(text, given)
        rows = cursor.fetchall()
    for row in rows:
        plain = row[:7]
        rate = row[7]
        made_of = [orjson.loads(part) for part in row[8]]
        state, start, end, early_at, early_rank, is_active, weight, template_id = row[9:]
        shelf = Shelf(is_active and state == ShelfState.ON, start, end, early_at, early_rank)
        for part in made_of:
            shelf = _wait_for(part, shelf)
        made = tuple(Part(part["id"], part["quantity"]) for part in made_of)
        is_whole = bool(made) or plain[5] != ProductKind.BUNDLE
        yield SellableVariant(*(*plain, rate, is_whole and shelf.is_open(now), shelf, made, weight, template_id))


def get_variants(*, variant_ids: Collection[int], now: datetime) -> dict[int, SellableVariant]:
    """Map each known id to the variant's facts at `now`, in one query; unknown ids are absent."""
    return {variant.id: variant for variant in _read_sellable(now, "id", set(variant_ids))}


def get_variants_by_sku(*, skus: Collection[str], now: datetime) -> dict[str, SellableVariant]:
    """Map each known SKU (upper case) to the variant's facts at `now`, in one query."""
    wanted = {normalise_sku(sku) for sku in skus}
    return {variant.sku: variant for variant in _read_sellable(now, "sku", wanted)}


def get_parts(*, variant_ids: Collection[int]) -> dict[int, tuple[Part, ...]]:
    """Map each bundle to the parts of one bundle, in one query; other variants are absent."""
    found: dict[int, list[Part]] = {}
    rows = BundlePart.objects.filter(bundle_id__in=set(variant_ids)).order_by("bundle_id", "id")
    for bundle_id, part_id, quantity in rows.values_list("bundle_id", "part_id", "quantity"):
        found.setdefault(bundle_id, []).append(Part(part_id, quantity))
    return {bundle_id: tuple(parts) for bundle_id, parts in found.items()}
