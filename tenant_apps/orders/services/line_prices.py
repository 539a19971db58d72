"""Price the lines of an order that is placed, quoted or changed. All three see the same figures."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError
from kernel.core.money import ZERO
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.sellable import SellableVariant, get_variants_by_sku, is_orderable
from tenant_apps.orders.rules.lines import (
    Article,
    InvalidAdjustments,
    InvalidLines,
    NewLine,
    OrderAdjustments,
    PricedLine,
    price_lines,
)
from tenant_apps.orders.services import restock_rules
from tenant_apps.pricing.selectors.resolver import ResolvedPrice


@dataclass(frozen=True, slots=True)
class Basket:
    """Priced lines, and of a restock order the rule behind each SKU's price."""

    lines: Sequence[PricedLine]
    rules: Mapping[str, ResolvedPrice] = field(default_factory=dict)


def price_retail(
    *, lines: Sequence[NewLine], adjustments: OrderAdjustments, now: datetime, kept: Collection[str] = ()
) -> Basket:
    """Price normalised lines at retail. The SKUs `kept` are sold whether or not they are on the shelf.

    Raises InvalidLines, InvalidAdjustments.
    """
    variants = get_variants_by_sku(skus=[line.sku for line in lines], now=now)
    articles = {sku: _article(variant, variant.retail_price, now) for sku, variant in variants.items()}
    return Basket(price_lines(lines, _sold(articles, kept), adjustments))


def price_sample(
    *, lines: Sequence[NewLine], adjustments: OrderAdjustments, now: datetime, kept: Collection[str] = ()
) -> Basket:
    """Price normalised lines at nothing, as samples are. Raises as price_retail."""
    if adjustments.discount or adjustments.freight:
        field = "discount" if adjustments.discount else "freight"
        raise InvalidAdjustments(_("A sample costs nothing: leave discount and freight at 0."), field=field)
    priced = [index for index, line in enumerate(lines) if line.unit_price is not None]
    if priced:
        rule = _("A sample has no price")
        raise InvalidLines(errors=[FieldError(f"lines.{index}.unit_price", "invalid_price", rule) for index in priced])
    free = [replace(line, unit_price=ZERO) for line in lines]
    return price_retail(lines=free, adjustments=adjustments, now=now, kept=kept)


def price_dispatch(*, lines: Sequence[NewLine], adjustments: OrderAdjustments, now: datetime) -> Basket:
    """Price normalised lines at nothing, as the agent has paid for them; what is off the shelf is sent too.

    Raises as price_retail.
    """
    if adjustments.discount:
        raise InvalidAdjustments(_("A dispatch has no price: leave the discount at 0."), field="discount")
    priced = [index for index, line in enumerate(lines) if line.unit_price is not None]
    if priced:
        rule = _("A dispatch has no price")
        raise InvalidLines(errors=[FieldError(f"lines.{index}.unit_price", "invalid_price", rule) for index in priced])
    free = [replace(line, unit_price=ZERO) for line in lines]
    return price_retail(lines=free, adjustments=adjustments, now=now, kept={line.sku for line in lines})


def price_restock(
    *,
    agent_id: int,
    level_id: int,
    lines: Sequence[NewLine],
    adjustments: OrderAdjustments,
    now: datetime,
    kept: Collection[str] = (),
) -> Basket:
    """Price normalised lines at what the agent of this level pays. Raises as price_retail."""
    variants = get_variants_by_sku(skus=[line.sku for line in lines], now=now)
    rules = restock_rules.resolve_restock_prices(agent_id=agent_id, lines=lines, variants=variants, now=now)
    rank = _early_access_rank(level_id, variants.values(), now)
    articles = {sku: _article(variant, rules[sku].price, now, rank) for sku, variant in variants.items()}
    return Basket(price_lines(lines, _sold(articles, kept), adjustments), rules)


def _sold(articles: Mapping[str, Article], kept: Collection[str]) -> Mapping[str, Article]:
    """Return the articles, those of `kept` as if they were on the shelf."""
    return {sku: replace(one, is_on_shelf=True) if sku in kept else one for sku, one in articles.items()}


def _early_access_rank(level_id: int, variants: Iterable[SellableVariant], now: datetime) -> int | None:
    """Return the agent's rank if the level has early access. Queried only when a variant needs it."""
    if not any(variant.shelf.is_to_come(now) for variant in variants):
        return None
    level = agents.get_level(level_id=level_id)
    return level.rank if level.has_early_access else None


def _article(variant: SellableVariant, price: Decimal, now: datetime, rank: int | None = None) -> Article:
    return Article(
        variant_id=variant.id,
        name=f"{variant.product_name} {variant.variant_name}".strip(),
        is_stocked=variant.kind != "service",
        is_on_shelf=is_orderable(variant, rank=rank, now=now),
        tax_rate=variant.tax_rate,
        price=price,
        is_to_come=variant.shelf.is_to_come(now),
        parts=tuple((part.variant_id, part.quantity) for part in variant.parts),
        weight_grams=variant.weight_grams,
        freight_template_id=variant.freight_template_id,
    )
