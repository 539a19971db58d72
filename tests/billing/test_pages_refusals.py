"""Test that refusals of a smaller plan appear on the page concerned, with a link to upgrade."""

import pytest

from shared_apps.entitlements.models import Quota
from shared_apps.tenants.models import Brand
from tests.billing.page_visitors import sign_in, source, subscribe, words

pytestmark = pytest.mark.django_db
WAREHOUSE = {"code": "WH-2", "name": "Second"}
LINK = '<a class="bn-way-out" href="/console/billing/plans/">'


def test_a_refused_form_leads_to_the_plans(brand: Brand) -> None:
    owner = sign_in(brand, "owner")
    subscribe(brand, "basic")
    answer = owner.post("/console/inventory/warehouse/add/", WAREHOUSE)
    assert answer.status_code == 200
    assert LINK in source(answer)
    assert "See the plans" in words(answer)


def test_a_full_quota_names_limit_and_use(brand: Brand) -> None:
    owner = sign_in(brand, "owner")
    subscribe(brand, "standard")
    Quota.objects.filter(name="warehouses").update(used=5)
    answer = owner.post("/console/inventory/warehouse/add/", WAREHOUSE)
    assert "Warehouses: the plan allows 5, and 5 are in use." in words(answer)
    assert LINK in source(answer)


def test_whoever_may_not_see_the_plans_gets_no_link(brand: Brand) -> None:
    keeper = sign_in(brand, "warehouse")
    subscribe(brand, "basic")
    answer = keeper.post("/console/inventory/warehouse/add/", WAREHOUSE)
    assert answer.status_code == 200
    assert "bn-way-out" not in source(answer)
