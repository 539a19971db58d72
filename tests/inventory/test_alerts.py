"""One alert when stock falls below its threshold, until it has recovered."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kernel.models import OutboxMessage
from tenant_apps.inventory import tasks
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services import alerts
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.stock import ReceiptLine, StockLine
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each."""
    return open_shop()


def test_once_until_recovered(shop: Shop) -> None:
    one = shop.variant_ids[0]
    stock = Stock.objects.get(variant_id=one)
    told = OutboxMessage.objects.filter(event="inventory.stock_low")
    alerts.set_low_stock_threshold(stock_id=stock.pk, threshold=90)
    assert tasks.find_lows(NOW) is None
    inventory.reserve(source="order:1", lines=[StockLine(one, 11)], now=NOW)
    assert tasks.find_lows(NOW) == NOW
    tasks.watch_stock(NOW)
    inventory.reserve(source="order:2", lines=[StockLine(one, 1)], now=NOW)
    tasks.watch_stock(LATER)
    (message,) = told
    told_of = {name: message.payload[name] for name in ("stock_id", "variant_id", "available", "threshold")}
    assert told_of == {"stock_id": stock.pk, "variant_id": one, "available": 89, "threshold": 90}
    stock.refresh_from_db()
    assert stock.low_since == NOW
    inventory.receive(lines=[ReceiptLine(one, 2, Decimal(4))], reference="more", now=LATER)
    assert tasks.find_lows(LATER) == LATER
    assert alerts.watch_stock(now=LATER) == 0
    stock.refresh_from_db()
    assert stock.low_since is None
    inventory.reserve(source="order:3", lines=[StockLine(one, 1)], now=LATER)
    assert alerts.watch_stock(now=LATER) == 1
    assert told.all().count() == 2
    alerts.set_low_stock_threshold(stock_id=stock.pk, threshold=0)
    assert alerts.watch_stock(now=LATER) == 0
    stock.refresh_from_db()
    assert stock.low_since is None


def test_a_change_that_crosses_the_threshold_wakes_the_watch(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[str] = []
    monkeypatch.setattr("kernel.events.due.note", lambda kind, **_more: noted.append(kind))
    one = shop.variant_ids[0]
    Stock.objects.filter(variant_id=one).update(low_stock_threshold=99)
    inventory.reserve(source="order:1", lines=[StockLine(one, 1)], now=NOW)
    assert noted == []
    inventory.reserve(source="order:2", lines=[StockLine(one, 1)], now=NOW)
    assert noted == ["inventory.watch_stock"]
    alerts.watch_stock(now=NOW)
    inventory.receive(lines=[ReceiptLine(one, 1, Decimal(4))], reference="more", now=NOW)
    assert noted == ["inventory.watch_stock"] * 2
