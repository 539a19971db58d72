"""Prices per level: set one by one or by the hundred, read in one query."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.core import clock
from kernel.models import AuditRecord
from tenant_apps.agents.services.levels import create_level, delete_level
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.selectors import level_prices as selectors
from tenant_apps.pricing.services import level_prices as services

pytestmark = pytest.mark.django_db


@pytest.fixture
def level_id() -> int:
    return create_level(code="GOLD", name="总代", rank=1).pk


@pytest.fixture
def variant_ids() -> list[int]:
    ids = ensure_variants(rows=[NewVariant(sku=f"S{n:03d}", name=f"{n}") for n in range(500)])
    return sorted(ids.values())


def price(level_id: int, variant_id: int, amount: str) -> services.NewLevelPrice:
    return services.NewLevelPrice(level_id=level_id, variant_id=variant_id, price=Decimal(amount))


def test_set_change_and_read(level_id: int, variant_ids: list[int]) -> None:
    first, second = variant_ids[:2]
    row = services.set_level_price(level_id=level_id, variant_id=first, price=Decimal("50.00"), now=clock.now())
    again = services.set_level_price(level_id=level_id, variant_id=first, price=Decimal("45.00"), now=clock.now())
    assert again.pk != row.pk  # what was charged before stays known
    assert (
        services.set_level_price(level_id=level_id, variant_id=first, price=Decimal("45.00"), now=clock.now()).pk
        == again.pk
    )
    services.set_level_price(level_id=level_id, variant_id=second, price=Decimal("0"), now=clock.now())
    in_force = selectors.list_level_prices(level_id=level_id, in_force_at=clock.now()).order_by("valid_from", "id")
    assert dict(in_force.values_list("variant_id", "price")) == {first: Decimal("45.00"), second: Decimal("0.00")}
    record = AuditRecord.objects.filter(action="pricing.level_prices").order_by("id")[1]
    label = f"level:{level_id}/variant:{first}"
    assert (record.before, record.after) == ({label: "50.00"}, {label: "45.00"})


def test_five_hundred_cost_as_many_statements_as_one(level_id: int, variant_ids: list[int]) -> None:
    with CaptureQueriesContext(connection) as one:
        services.set_level_prices(prices=[price(level_id, variant_ids[0], "1")], now=clock.now())
    with CaptureQueriesContext(connection) as many:
        ids = services.set_level_prices(
            prices=[price(level_id, variant_id, "2.50") for variant_id in variant_ids[::-1]], now=clock.now()
        )
    assert len(one) == len(many) <= 7
    rows = LevelPrice.objects.in_bulk(ids)
    assert [rows[row_id].variant_id for row_id in ids] == variant_ids[::-1]
    assert {row.price for row in rows.values()} == {Decimal("2.50")}


def test_every_bad_line_is_named_and_nothing_set(level_id: int, variant_ids: list[int]) -> None:
    good = price(level_id, variant_ids[0], "1")
    with pytest.raises(services.InvalidLevelPrices) as refusal:
        services.set_level_prices(
            prices=[
                good,
                price(999_999, variant_ids[1], "1"),
                price(level_id, 999_999, "1"),
                price(level_id, variant_ids[2], "1.005"),
                price(level_id, variant_ids[3], "-1"),
                good,
            ],
            now=clock.now(),
        )
    assert [(error.field, error.code) for error in refusal.value.errors] == [
        ("prices.1.level_id", "unknown_level"),
        ("prices.2.variant_id", "unknown_variant"),
        ("prices.3.price", "invalid_price"),
        ("prices.4.price", "invalid_price"),
        ("prices.5.variant_id", "repeated_level_price"),
    ]
    assert not LevelPrice.objects.exists()


def test_nothing_to_set() -> None:
    assert services.set_level_prices(prices=[], now=clock.now()) == []


def test_remove(level_id: int, variant_ids: list[int]) -> None:
    row = services.set_level_price(level_id=level_id, variant_id=variant_ids[0], price=Decimal("1"), now=clock.now())
    services.delete_level_price(level_price_id=row.pk, now=clock.now())
    assert not selectors.list_level_prices(level_id=level_id, in_force_at=clock.now())
    with pytest.raises(services.LevelPriceNotFound):
        services.delete_level_price(level_price_id=row.pk, now=clock.now())


def test_prices_go_with_their_level(level_id: int, variant_ids: list[int]) -> None:
    services.set_level_price(level_id=level_id, variant_id=variant_ids[0], price=Decimal("1"), now=clock.now())
    delete_level(level_id=level_id)
    assert not LevelPrice.objects.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE pricing_levelprice SET price = -0.01",
        "INSERT INTO pricing_levelprice (level_id, variant_id, price, updated_at)"
        " SELECT level_id, variant_id, 1, now() FROM pricing_levelprice",
        "UPDATE pricing_levelprice SET level_id = 999999",
    ],
)
def test_the_database_refuses(level_id: int, variant_ids: list[int], sql: str) -> None:
    services.set_level_price(level_id=level_id, variant_id=variant_ids[0], price=Decimal("1"), now=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
