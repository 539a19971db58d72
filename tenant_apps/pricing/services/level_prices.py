"""Set level prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import FieldError, Invalid, NotFound, Text
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors import sellable as catalog
from tenant_apps.pricing import rules
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.selectors.level_prices import holding
from tenant_apps.pricing.services import checking

Key = tuple[int, int, int]  # level, variant, from pieces


@dataclass(frozen=True, slots=True)
class NewLevelPrice:
    """Price that agents of a level pay for a variant from so many pieces on. `price` is money a piece.

    With `counts_product` the pieces of all variants of the product in an order reach the break together.
    """

    level_id: int
    variant_id: int
    price: Decimal
    min_quantity: int = 1
    counts_product: bool = False

    @property
    def key(self) -> Key:
        return self.level_id, self.variant_id, self.min_quantity


class InvalidLevelPrices(Invalid):
    code = "invalid_level_prices"
    title = _("Some prices break a rule")


class LevelPriceNotFound(NotFound):
    code = "level_price_not_found"
    title = _("There is no such price")


@transaction.atomic
def set_level_price(
    *,
    level_id: int,
    variant_id: int,
    price: Decimal,
    min_quantity: int = 1,
    counts_product: bool = False,
    now: datetime,
) -> LevelPrice:
    """Set the level's price of the variant (money) from now on. Raises InvalidLevelPrices."""
    new = NewLevelPrice(level_id, variant_id, price, min_quantity, counts_product)
    (row_id,) = set_level_prices(prices=[new], now=now)
    return LevelPrice.objects.select_related("level", "variant").get(id=row_id)


@transaction.atomic
def set_level_prices(*, prices: Sequence[NewLevelPrice], now: datetime) -> list[int]:
    """Set many prices at once, new or not, and return their ids in the order given.

    A first price holds from the beginning, a later one from `now` on; the row before it stays, so that an old order's
    price can be explained. What costs the same already keeps its row. The number of statements does not depend on how
    many. Raises InvalidLevelPrices naming each bad line (`prices.3.variant_id`): unknown level or variant, bad price or
    quantity, the same one twice.
    """
    if not prices:
        return []
    ensure_valid_level_prices(prices)
    begun = _read_begun([new.key for new in prices], now)
    held = {key: row for key, row in begun.items() if row.valid_until is None}
    changed = [new for new in prices if new.key not in held or _differs(held[new.key], new)]
    # Sorted: two calls that set the same prices wait for each other instead of deadlocking.
    rows = [_row(new, now if new.key in begun else rules.FROM_THE_BEGINNING) for new in sorted(changed, key=_key)]
    LevelPrice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["level", "variant", "min_quantity", "valid_from"],
        update_fields=["price", "counts_product", "valid_until", "updated_at"],
    )
    audit.record(
        action="pricing.level_prices",
        subject="level_prices",
        before={_label(key): str(row.price) for key, row in begun.items()},
        after={_label(new.key): str(new.price) for new in prices},
    )
    ids = {key: row.pk for key, row in held.items()}
    ids |= {(row.level_id, row.variant_id, row.min_quantity): row.pk for row in rows}
    return [ids[new.key] for new in prices]


def _differs(row: LevelPrice, new: NewLevelPrice) -> bool:
    return (row.price, row.counts_product) != (new.price, new.counts_product)


def _key(new: NewLevelPrice) -> Key:
    return new.key


def _row(new: NewLevelPrice, valid_from: datetime) -> LevelPrice:
    return LevelPrice(
        level_id=new.level_id,
        variant_id=new.variant_id,
        min_quantity=new.min_quantity,
        price=new.price,
        counts_product=new.counts_product,
        valid_from=valid_from,
    )


def _label(key: Key) -> str:
    level_id, variant_id, min_quantity = key
    label = f"level:{level_id}/variant:{variant_id}"
    return label if min_quantity == 1 else f"{label}/from:{min_quantity}"


def _read_begun(keys: Sequence[Key], now: datetime) -> dict[Key, LevelPrice]:
    """Return the row of each key that began last, over or not."""
    levels, variants, quantities = (set(column) for column in zip(*keys, strict=True))
    rows = LevelPrice.objects.filter(
        level_id__in=levels, variant_id__in=variants, min_quantity__in=quantities, valid_from__lte=now
    ).order_by("valid_from")
    wanted = set(keys)
    found = {(row.level_id, row.variant_id, row.min_quantity): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def ensure_valid_level_prices(prices: Sequence[NewLevelPrice]) -> None:
    """Raises InvalidLevelPrices naming every bad line."""
    levels = agents.get_known_level_ids(level_ids={new.level_id for new in prices})
    variants = catalog.get_variants(variant_ids={new.variant_id for new in prices}, now=clock.now())
    errors = []
    for place, new in enumerate(prices):
        if new.level_id not in levels:
            errors.append(_error(place, "level_id", "unknown_level", checking.NO_LEVEL))
        if new.variant_id not in variants:
            errors.append(_error(place, "variant_id", "unknown_variant", checking.NO_VARIANT))
        if not rules.is_valid_quantity(new.min_quantity):
            errors.append(_error(place, "min_quantity", "invalid_quantity", checking.BAD_QUANTITY))
        if not rules.is_valid_price(new.price):
            errors.append(_error(place, "price", "invalid_price", checking.BAD_PRICE))
    for place in rules.find_repeats([new.key for new in prices]):
        detail = _("This level and variant stand twice in the list.")
        errors.append(_error(place, "variant_id", "repeated_level_price", detail))
    if errors:
        raise InvalidLevelPrices(errors=errors)


def _error(place: int, field: str, code: str, detail: Text) -> FieldError:
    return FieldError(f"prices.{place}.{field}", code, detail)


@transaction.atomic
def delete_level_price(*, level_price_id: int, now: datetime) -> None:
    """End a price: from now on the level's discounts or the retail price count. One that is still to come disappears.

    Raises LevelPriceNotFound, also for a price that is over.
    """
    row = LevelPrice.objects.select_for_update().filter(id=level_price_id).first()
    if row is None:
        raise LevelPriceNotFound
    rows = LevelPrice.objects.filter(level_id=row.level_id, variant_id=row.variant_id, min_quantity=row.min_quantity)
    before = {_label((row.level_id, row.variant_id, row.min_quantity)): str(row.price)}
    try:
        checking.end_rule(row, rows=rows, now=now)
    except checking.PriceRuleNotFound as over:
        raise LevelPriceNotFound from over
    audit.record(action="pricing.level_price_deleted", subject="level_prices", before=before)


@transaction.atomic
def save_matrix(*, prices: Sequence[NewLevelPrice], ended: Sequence[tuple[int, int]], now: datetime) -> None:
    """Set prices, and end those of the (level, variant) pairs whose cell was emptied: all, or none of it.

    Quantity breaks stay as they are. Raises InvalidLevelPrices.
    """
    set_level_prices(prices=prices, now=now)
    for level_id, variant_id in ended:
        rows = LevelPrice.objects.filter(level_id=level_id, variant_id=variant_id, min_quantity=1)
        row = rows.filter(holding(now)).order_by("-valid_from").first()
        if row is not None:
            delete_level_price(level_price_id=row.pk, now=now)
