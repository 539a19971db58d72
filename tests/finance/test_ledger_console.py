"""The ledger in the console speaks of orders and payouts, not of the keys that make its entries unique."""

import re

import pytest
from django.test import Client

from kernel.core import clock
from kernel.events.outbox import deliver_pending
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.hands import console, console_as
from tests.factories.trade import open_shop, sell

__all__ = ["console", "console_as"]


@pytest.mark.django_db
def test_entries_are_named_in_words(console: Client) -> None:
    open_shop()
    order = sell(("G-01", 1), agent_code="LING")
    pay_order(order_id=order.pk, method="cash", reference="R-1", now=clock.now())
    deliver_pending(limit=100)
    page = console.get("/console/finance/ledgerentry/").content.decode()
    cells = re.findall(r'<td class="field-about[^>]*>([^<]*)<', page)
    assert len(cells) >= 2
    assert [cell for cell in cells if ":" in cell or not cell] == []
