"""Two people at the prices at the same time."""

from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.tenants.models import Brand
from tenant_apps.pricing.models import LevelPrice, PriceChange
from tenant_apps.pricing.services import changes
from tenant_apps.pricing.services.level_prices import NewLevelPrice, set_level_prices
from tests.factories.parallel import AtOnce
from tests.factories.trade import open_shop


@pytest.mark.django_db(transaction=True)
def test_two_changes_for_one_moment_and_one_schedule_twice(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop()
    now = clock.now()
    ids = []
    for name in ("一", "二"):
        change = changes.draft_change(name=name, effective_at=now + timedelta(days=1), now=now)
        price = NewLevelPrice(shop.ling.level_id, shop.variant_ids[0], Decimal(9))
        changes.plan_prices(change_id=change.pk, prices=[price])
        ids.append(change.pk)

    def schedule(change_id: int) -> str:
        try:
            changes.schedule_change(change_id=change_id, now=now)
        except DomainError as refusal:
            return refusal.code
        return "scheduled"

    told = at_once(*(lambda one=one: schedule(one) for one in (*ids, *ids)))
    assert told.count("scheduled") == 1
    assert set(told) == {"scheduled", "prices_planned_twice", "change_not_a_draft"} or set(told) == {
        "scheduled",
        "prices_planned_twice",
    }
    assert PriceChange.objects.filter(state="scheduled").count() == 1
    assert LevelPrice.objects.filter(valid_from__gt=now).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_prices_set_in_opposite_orders(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=20)
    now = clock.now()

    def put(amount: int, *, backwards: bool) -> None:
        ids = shop.variant_ids[::-1] if backwards else shop.variant_ids
        set_level_prices(prices=[NewLevelPrice(shop.ling.level_id, one, Decimal(amount)) for one in ids], now=now)

    at_once(*(lambda n=n: put(n, backwards=bool(n % 2)) for n in range(1, 7)))
    rows = LevelPrice.objects.filter(valid_from=now)
    assert rows.count() == 20
    assert len(set(rows.values_list("price", flat=True))) == 1  # one caller's list, whole
