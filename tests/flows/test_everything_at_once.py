"""Several clerks do whatever chance takes, each on a connection of his own: all sums hold afterwards.

A step either works wholly or is refused; a deadlock, like anything else that is no refusal, fails the test.
"""

from functools import partial

import pytest

from kernel.core import clock
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services.sku_settings import change_setting
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.orders.services.deadlines import change_deadlines
from tests.factories.chance import examples
from tests.factories.clerks import ACTS, Clerk
from tests.factories.parallel import AtOnce, at_once
from tests.factories.sums import assert_everything_adds_up
from tests.factories.trade import open_shop

__all__ = ["at_once"]

pytestmark = pytest.mark.django_db(transaction=True)

CLERKS = 6
ACTS_EACH = 60


@pytest.mark.parametrize("seed", range(examples(1)))
def test_any_acts_of_several_clerks(live_brand: Brand, at_once: AtOnce, seed: int) -> None:
    now = clock.now()
    shop = open_shop(goods=3, pieces=60)
    main = Stock.objects.order_by("warehouse_id").values_list("warehouse_id", flat=True).distinct().get()
    east = create_warehouse(code="EAST", name="东", regions=["31"])
    damaged = create_warehouse(code="DAMAGED", name="残", kind="damaged")
    change_setting(variant_id=shop.variant_ids[2], changes={"keeps_batches": True}, now=now)
    change_deadlines(unpaid_minutes=30, days_after_delivery=7, days_after_shipping=14, now=now)
    places = (main, east.pk, damaged.pk)
    clerks = [Clerk(shop, places, seed=seed * CLERKS + number) for number in range(CLERKS)]
    outcomes = at_once.outcomes([partial(clerk.work, ACTS_EACH) for clerk in clerks])
    assert not any(outcomes), "\n".join(map(str, outcomes))
    done = sum((clerk.done for clerk in clerks), start=type(clerks[0].done)())
    assert set(done) == set(ACTS), sorted(set(ACTS) - set(done))

    assert_everything_adds_up()
