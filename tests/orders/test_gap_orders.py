"""Orders of an agent's customers while the agent's contract had run out."""

from datetime import timedelta

import pytest

from kernel.core import clock
from tenant_apps.agents.models import Agent, AgentTerm
from tenant_apps.attribution.models import Binding
from tenant_apps.orders.models import Order
from tests.factories.api_client import ApiClient
from tests.factories.trade import open_shop, sell

pytestmark = pytest.mark.django_db


def test_orders_of_the_gap_are_listed_and_those_before_are_not(api: ApiClient) -> None:
    shop = open_shop()
    now = clock.now()
    today = clock.business_date(now)
    day = timedelta(days=1)
    before = sell(("G-01", 1))
    during = sell(("G-01", 2))
    path = f"/api/v1/agents/{shop.ling.pk}/gap-orders"
    assert api.get(path).json() == {"items": []}
    AgentTerm.objects.create(
        agent=shop.ling, level=shop.ling.level, starts_on=today - 90 * day, ends_on=today - 9 * day, created_at=now
    )
    Agent.objects.filter(id=shop.ling.pk).update(valid_until=today - 9 * day)
    Order.objects.filter(id=before.pk).update(placed_at=now - 20 * day)
    Binding.objects.create(
        customer_id=before.customer_id or 0,
        agent=shop.ling,
        source="link",
        bound_at=now - 30 * day,
        protected_until=now + day,
        expires_at=now + 99 * day,
    )
    assert [row["number"] for row in api.get(path).json()["items"]] == [during.number]
    # Renewed from today on: the days between are a gap for ever.
    Order.objects.filter(id=during.pk).update(placed_at=now - 5 * day)
    AgentTerm.objects.create(agent=shop.ling, level=shop.ling.level, starts_on=today, created_at=now)
    Agent.objects.filter(id=shop.ling.pk).update(valid_until=None)
    assert [row["number"] for row in api.get(path).json()["items"]] == [during.number]
    assert api.get("/api/v1/agents/999999/gap-orders").status_code == 404
