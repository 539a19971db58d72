"""Many at once at the limit: exactly as many get through as the plan says, by the real services."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.models import NumberSeries
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.entitlements.models import Quota
from shared_apps.entitlements.services import quotas
from shared_apps.entitlements.services.quotas import QuotaExceeded
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant, change_variant
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.place_order import NewLine, place_retail_order
from tests.factories.parallel import AtOnce
from tests.factories.trade import open_shop

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 8
LIMIT = 3
OCTOBER = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
NOVEMBER = datetime(2026, 10, 31, 16, 0, 1, tzinfo=UTC)


def leave_room_for(name: str, more: int) -> None:
    row = Quota.objects.get(name=name)
    Quota.objects.filter(name=name).update(limit=row.used + more)


def passed(results: list[Any]) -> int:
    """Return how many calls succeeded; ensure the plan refused all others."""
    refused = [one for one in results if isinstance(one, QuotaExceeded)]
    through = [one for one in results if not isinstance(one, Exception)]
    assert len(refused) + len(through) == len(results), results
    return len(through)


def numbered(work: Callable[[int], Any]) -> list[Callable[[], Any]]:
    return [partial(work, number) for number in range(MANY)]


def test_variants(live_brand: Brand, at_once: AtOnce) -> None:
    product = create_product(name="口红")
    leave_room_for("skus", LIMIT)
    results = at_once.outcomes(
        numbered(lambda n: add_variant(product_id=product.pk, sku=f"L-{n}", retail_price=Decimal("9.90")))
    )
    assert passed(results) == LIMIT == Variant.objects.count() == Quota.objects.get(name="skus").used


def test_imports_of_variants_with_the_same_skus(live_brand: Brand, at_once: AtOnce) -> None:
    """All bring the same three: they fit once, and nobody is refused for what another one added."""
    leave_room_for("skus", LIMIT)
    rows = [NewVariant(sku=f"L-{number}", name="口红") for number in range(LIMIT)]
    results = at_once.outcomes(numbered(lambda _n: ensure_variants(rows=rows)))
    assert passed(results) == MANY
    assert LIMIT == Variant.objects.count() == Quota.objects.get(name="skus").used


def test_agents(live_brand: Brand, at_once: AtOnce) -> None:
    level = create_level(code="GOLD", name="金牌", rank=1)
    leave_room_for("agents", LIMIT)
    now = clock.now()
    results = at_once.outcomes(
        numbered(lambda n: enrol_agent(name="林", phone=f"+861390000000{n}", level_id=level.pk, now=now))
    )
    assert passed(results) == LIMIT == Agent.objects.count() == Quota.objects.get(name="agents").used


def test_staff(live_brand: Brand, at_once: AtOnce) -> None:
    leave_room_for("staff", LIMIT)
    results = at_once.outcomes(
        numbered(lambda n: users.create_user(name="王", role="sales", email=f"w{n}@live.example"))
    )
    assert passed(results) == LIMIT
    assert LIMIT + 1 == User.objects.count() == Quota.objects.get(name="staff").used  # with the owner


def test_orders(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop()
    leave_room_for("orders", LIMIT)
    results = at_once.outcomes(
        numbered(lambda _n: place_retail_order(lines=[NewLine(shop.skus[0], 1)], now=clock.now()))
    )
    assert passed(results) == LIMIT == Order.objects.count() == Quota.objects.get(name="orders").used
    assert NumberSeries.objects.get(kind="SO").last == LIMIT  # a refusal leaves no gap


def test_the_month_turns_while_everybody_orders(live_brand: Brand, at_once: AtOnce) -> None:
    """October is full. Some bring a moment of October, some of November: who is first of the new month opens it."""
    Quota.objects.filter(name="orders").update(limit=LIMIT, used=LIMIT, period="2026-10")

    def take(moment: datetime) -> Any:
        with transaction.atomic():
            return quotas.take_monthly("orders", now=moment)

    results = at_once.outcomes([partial(take, NOVEMBER if n % 2 else OCTOBER) for n in range(MANY)])
    # Those of October that came before the turn were refused; the others share November's places with the rest.
    assert passed(results) == LIMIT
    row = Quota.objects.get(name="orders")
    assert (row.used, row.period) == (LIMIT, "2026-11")


def test_counting_while_others_add_and_end(live_brand: Brand, at_once: AtOnce) -> None:
    """A recount in the middle of the work finds no drift, and the count is the data's when all have finished."""
    product = create_product(name="口红")
    made = [add_variant(product_id=product.pk, sku=f"OLD-{n}", retail_price=Decimal("9.90")).pk for n in range(4)]

    def add(number: int) -> None:
        for turn in range(5):
            add_variant(product_id=product.pk, sku=f"N-{number}-{turn}", retail_price=Decimal("9.90"))

    def end() -> None:
        for variant_id in made:
            change_variant(variant_id=variant_id, is_active=False)

    def recount() -> list[quotas.Drift]:
        return [drift for _turn in range(5) for drift in quotas.recount(limits={}, now=clock.now())]

    results = at_once.outcomes([lambda: add(1), lambda: add(2), lambda: add(3), end, end, recount, recount])
    assert [one for one in results if isinstance(one, Exception)] == []
    assert results[-1] == results[-2] == []
    assert Quota.objects.get(name="skus").used == 15 == Variant.objects.filter(is_active=True).count()
