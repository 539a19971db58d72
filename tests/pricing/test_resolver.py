"""Compare price resolution with a slow oracle on random rules, dates and quantities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, LevelPrice
from tenant_apps.pricing.selectors.resolver import PricedAgentNotFound, ResolvedPrice, resolve_prices
from tenant_apps.pricing.states import PriceSource
from tests.factories.chance import examples

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Shop:
    """Categories: 0 is the root, 1 below it, 2 below 1; 3 stands alone. One variant in each, and one in none."""

    levels: tuple[Level, Level]
    agents: tuple[Agent, Agent]
    categories: tuple[Category, ...]
    variants: tuple[Variant, ...]


@pytest.fixture
def shop() -> Shop:
    levels = (create_level(code="A", name="总代", rank=1), create_level(code="B", name="分销", rank=2))
    agents = [
        Agent.objects.create(
            code=f"X{n}",
            name="x",
            phone=f"+8613800000{n:03}",
            level=level,
            referral_code=f"R{n}",
            joined_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n, level in enumerate(levels)
    ]
    root = Category.objects.create(name="护肤")
    below = Category.objects.create(name="面霜", parent=root)
    deep = Category.objects.create(name="日霜", parent=below)
    alone = Category.objects.create(name="彩妆")
    categories = (root, below, deep, alone)
    variants = [
        Variant.objects.create(
            product=Product.objects.create(name="p", category=category), sku=f"V{n}", retail_price=Decimal("99.99") + n
        )
        for n, category in enumerate((*categories, None))
    ]
    return Shop(levels, (agents[0], agents[1]), categories, tuple(variants))


def day(number: int) -> datetime:
    return START + timedelta(days=number)


days = st.integers(0, 5)
pieces = st.sampled_from([1, 5, 10])
cents = st.integers(0, 20_000).map(lambda amount: Decimal(amount) / 100)
ends = st.one_of(st.none(), st.integers(0, 7))
rates = st.integers(1, 1_000_000).map(lambda millionths: Decimal(millionths) / 1_000_000)
places = st.integers(0, 4)
level_rules = st.lists(st.tuples(st.integers(0, 1), places, pieces, days, ends, cents), max_size=12)
agent_rules = st.lists(st.tuples(st.integers(0, 1), places, pieces, days, ends, cents), max_size=6)
discounts = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([None, 0, 1, 2, 3]), days, ends, rates), max_size=8)


def holds(rule: LevelPrice | AgentPrice | CategoryDiscount, moment: datetime) -> bool:
    return rule.valid_from <= moment and (rule.valid_until is None or moment < rule.valid_until)


Priced = LevelPrice | AgentPrice


def strongest(rows: Sequence[Priced], variant: Variant, quantity: int, moment: datetime) -> Priced | None:
    of_it = [row for row in rows if row.variant_id == variant.pk and holds(row, moment)]
    fitting = [row for row in of_it if row.min_quantity <= quantity]
    return max(fitting, key=lambda row: (row.min_quantity, row.valid_from)) if fitting else None


def nearest(rules: list[CategoryDiscount], category: Category | None) -> CategoryDiscount | None:
    """Up from the category; behind the root stands the discount on everything."""
    here = [row for row in rules if row.category_id == (category.pk if category else None)]
    if here:
        return max(here, key=lambda row: row.valid_from)
    return nearest(rules, category.parent) if category else None


def oracle(
    agent: Agent | None, level: Level | None, variant: Variant, quantity: int, moment: datetime
) -> tuple[str, int | None, Decimal]:
    """The rules, one by one, in the plainest words there are."""
    agreements = [row for row in AgentPrice.objects.all() if agent and row.agent_id == agent.pk]
    if agreed := strongest(agreements, variant, quantity, moment):
        return "agreement", agreed.pk, agreed.price
    level = level or (agent.level if agent else None)
    left = 1 - agent.personal_discount if agent else Decimal(1)
    prices = [row for row in LevelPrice.objects.all() if level and row.level_id == level.pk]
    if price := strongest(prices, variant, quantity, moment):
        return "level_price", price.pk, (price.price * left).quantize(CENT, ROUND_HALF_UP)
    mine = [row for row in CategoryDiscount.objects.all() if level and row.level_id == level.pk and holds(row, moment)]
    if discount := nearest(mine, variant.product.category):
        kind = "category_discount" if discount.category_id else "level_discount"
        return kind, discount.pk, (variant.retail_price * discount.rate * left).quantize(CENT, ROUND_HALF_UP)
    return "retail", None, variant.retail_price


@settings(max_examples=examples(40))
@given(
    level_rules=level_rules,
    agent_rules=agent_rules,
    discounts=discounts,
    personal=st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.333333")]),
    asked=st.lists(st.tuples(places, st.integers(1, 12)), min_size=1, max_size=8),
    moment=st.integers(-1, 7),
)
def test_the_price_equals_a_slow_oracle(
    shop: Shop,
    level_rules: list[tuple[int, int, int, int, int | None, Decimal]],
    agent_rules: list[tuple[int, int, int, int, int | None, Decimal]],
    discounts: list[tuple[int, int | None, int, int | None, Decimal]],
    personal: Decimal,
    asked: list[tuple[int, int]],
    moment: int,
) -> None:
    with transaction.atomic():
        write_rules(shop, level_rules, agent_rules, discounts)
        Agent.objects.filter(id=shop.agents[0].pk).update(personal_discount=personal)
        agent = Agent.objects.select_related("level").get(id=shop.agents[0].pk)
        lines = [(shop.variants[place].pk, quantity) for place, quantity in asked]
        variants = {variant.pk: variant for variant in shop.variants}
        for buyer, level in ((agent, None), (None, shop.levels[1]), (agent, shop.levels[1]), (None, None)):
            found = resolve_prices(
                agent_id=buyer.pk if buyer else None,
                level_id=level.pk if level else None,
                lines=lines,
                as_of=day(moment),
            )
            assert set(found) == set(lines)
            for (variant_id, quantity), one in found.items():
                expected = oracle(buyer, level, variants[variant_id], quantity, day(moment))
                assert (one.source.value, one.rule_id, one.price) == expected
        transaction.set_rollback(True)


def write_rules(
    shop: Shop,
    level_rules: list[tuple[int, int, int, int, int | None, Decimal]],
    agent_rules: list[tuple[int, int, int, int, int | None, Decimal]],
    discounts: list[tuple[int, int | None, int, int | None, Decimal]],
) -> None:
    LevelPrice.objects.bulk_create(
        [
            LevelPrice(
                level=shop.levels[level],
                variant=shop.variants[place],
                min_quantity=least,
                price=price,
                valid_from=day(begins),
                valid_until=None if ends is None else day(ends),
            )
            for level, place, least, begins, ends, price in level_rules
        ],
        ignore_conflicts=True,
    )
    AgentPrice.objects.bulk_create(
        [
            AgentPrice(
                agent=shop.agents[agent],
                variant=shop.variants[place],
                min_quantity=least,
                price=price,
                valid_from=day(begins),
                valid_until=None if ends is None else day(ends),
            )
            for agent, place, least, begins, ends, price in agent_rules
        ],
        ignore_conflicts=True,
    )
    CategoryDiscount.objects.bulk_create(
        [
            CategoryDiscount(
                level=shop.levels[level],
                category=None if place is None else shop.categories[place],
                rate=rate,
                valid_from=day(begins),
                valid_until=None if ends is None else day(ends),
            )
            for level, place, begins, ends, rate in discounts
        ],
        ignore_conflicts=True,
    )


def test_a_thousand_lines_are_one_query(shop: Shop, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ids = ensure_variants(rows=[NewVariant(sku=f"S{n}", name=f"{n}", retail_price=Decimal(10)) for n in range(1_000)])
    LevelPrice.objects.bulk_create(
        LevelPrice(level=shop.levels[0], variant_id=one, price=Decimal(7)) for one in list(ids.values())[:500]
    )
    with django_assert_num_queries(1):
        found = resolve_prices(agent_id=shop.agents[0].pk, lines=[(one, 3) for one in ids.values()], as_of=day(1))
    assert len(found) == 1_000
    assert sum(one.price for one in found.values()) == 500 * 7 + 500 * 10
    with django_assert_num_queries(0):
        assert resolve_prices(agent_id=shop.agents[0].pk, lines=[], as_of=day(1)) == {}


def test_unknown_variants_are_absent_and_unknown_agents_refused(shop: Shop) -> None:
    known = shop.variants[0].pk
    found = resolve_prices(level_id=shop.levels[0].pk, lines=[(known, 1), (known, 2), (999_999, 1)], as_of=day(1))
    assert set(found) == {(known, 1), (known, 2)}
    with pytest.raises(PricedAgentNotFound):
        resolve_prices(agent_id=999_999, lines=[(known, 1)], as_of=day(1))


def test_the_reason_in_words() -> None:
    price = ResolvedPrice(
        1, 10, Decimal("7.00"), PriceSource.LEVEL_PRICE, 12, START, Decimal(10), 10, None, Decimal("0.05")
    )
    text = price.reason_text()
    for word in ("10", "5%", "2026-03-01", "12"):
        assert word in text
    assert price.as_reason() == {
        "price": "7.00",
        "source": "level_price",
        "rule": 12,
        "since": START.isoformat(),
        "personal_discount": "0.05",
    }


def test_the_reason_tells_its_date_in_the_brands_zone() -> None:
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    price = ResolvedPrice(1, 1, Decimal(7), PriceSource.AGREEMENT, 12, midnight, Decimal(10))
    assert "2027-01-01 00:00" in price.reason_text()
