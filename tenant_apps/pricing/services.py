"""What changes prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.errors import FieldError, Invalid, NotFound, Text
from tenant_apps.agents import selectors as agents
from tenant_apps.catalog import selectors as catalog
from tenant_apps.pricing import rules
from tenant_apps.pricing.models import LevelPrice


@dataclass(frozen=True, slots=True)
class NewLevelPrice:
    """What agents of a level pay for a variant. `price` is money."""

    level_id: int
    variant_id: int
    price: Decimal


class InvalidLevelPrices(Invalid):
    code = "invalid_level_prices"
    title = _("Some prices break a rule")


class LevelPriceNotFound(NotFound):
    code = "level_price_not_found"
    title = _("There is no such price")


@transaction.atomic
def set_level_price(*, level_id: int, variant_id: int, price: Decimal) -> LevelPrice:
    """Set what agents of the level pay for the variant (money). Raises InvalidLevelPrices."""
    set_level_prices(prices=[NewLevelPrice(level_id=level_id, variant_id=variant_id, price=price)])
    return LevelPrice.objects.select_related("level", "variant").get(level_id=level_id, variant_id=variant_id)


@transaction.atomic
def set_level_prices(*, prices: Sequence[NewLevelPrice]) -> list[int]:
    """Set many prices at once, new or not, and return their ids in the order given.

    The number of statements does not depend on how many. Raises InvalidLevelPrices naming each bad line
    (`prices.3.variant_id`): unknown level or variant, bad price, the same pair twice.
    """
    if not prices:
        return []
    _check(prices)
    before = _read(prices)
    # Sorted: two calls that set the same prices wait for each other instead of deadlocking.
    rows = [
        LevelPrice(level_id=new.level_id, variant_id=new.variant_id, price=new.price)
        for new in sorted(prices, key=_pair)
    ]
    LevelPrice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["level", "variant", "min_quantity", "valid_from"],
        update_fields=["price", "updated_at"],
    )
    audit.record(
        action="pricing.level_prices",
        subject="level_prices",
        before=before,
        after={_label(*_pair(new)): str(new.price) for new in prices},
    )
    ids = {(row.level_id, row.variant_id): row.pk for row in rows}
    return [ids[_pair(new)] for new in prices]


def _pair(new: NewLevelPrice) -> tuple[int, int]:
    return new.level_id, new.variant_id


def _label(level_id: int, variant_id: int) -> str:
    return f"level:{level_id}/variant:{variant_id}"


def _read(prices: Sequence[NewLevelPrice]) -> dict[str, str]:
    """The prices as they are, by the label the audit log shows."""
    wanted = {_pair(new) for new in prices}
    rows = LevelPrice.objects.filter(
        level_id__in={level for level, _variant in wanted}, variant_id__in={variant for _level, variant in wanted}
    ).order_by("id")
    found = rows.values_list("level_id", "variant_id", "price")
    return {_label(level, variant): str(price) for level, variant, price in found if (level, variant) in wanted}


def _check(prices: Sequence[NewLevelPrice]) -> None:
    levels = agents.get_known_level_ids(level_ids={new.level_id for new in prices})
    variants = catalog.get_variants(variant_ids={new.variant_id for new in prices})
    errors = []
    for place, new in enumerate(prices):
        if new.level_id not in levels:
            errors.append(_error(place, "level_id", "unknown_level", _("There is no such level.")))
        if new.variant_id not in variants:
            errors.append(_error(place, "variant_id", "unknown_variant", _("There is no such variant.")))
        if not rules.is_valid_price(new.price):
            detail = _("A price is not negative, below ten billion, and has at most two decimals.")
            errors.append(_error(place, "price", "invalid_price", detail))
    for place in rules.find_repeats([_pair(new) for new in prices]):
        detail = _("This level and variant stand twice in the list.")
        errors.append(_error(place, "variant_id", "repeated_level_price", detail))
    if errors:
        raise InvalidLevelPrices(errors=errors)


def _error(place: int, field: str, code: str, detail: Text) -> FieldError:
    return FieldError(f"prices.{place}.{field}", code, detail)


@transaction.atomic
def delete_level_price(*, level_price_id: int) -> None:
    """Remove a price: agents of the level can no longer order the variant at it. Raises LevelPriceNotFound."""
    row = LevelPrice.objects.select_for_update().filter(id=level_price_id).first()
    if row is None:
        raise LevelPriceNotFound
    before = {_label(row.level_id, row.variant_id): str(row.price)}
    row.delete()
    audit.record(action="pricing.level_price_deleted", subject="level_prices", before=before)
