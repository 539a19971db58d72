"""Stock is compared with its movements, batches and reservations, and a person can read the result."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kernel.events.due import kinds
from kernel.models import AuditRecord
from tenant_apps.inventory import tasks
from tenant_apps.inventory.models import BatchStock, Stock, StockCheck
from tenant_apps.inventory.selectors import checks
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services.sku_settings import change_setting
from tenant_apps.inventory.services.stock import ReceiptLine, StockLine
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
PAGE = "/console/inventory/check/"


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each; the second keeps batches, the third has 4 pieces reserved."""
    shop = open_shop()
    change_setting(variant_id=shop.variant_ids[1], changes={"keeps_batches": True}, now=NOW)
    inventory.reserve(source="order:1", lines=[StockLine(shop.variant_ids[2], 4)], now=NOW)
    return shop


def test_what_agrees_is_told_and_audited(shop: Shop) -> None:
    assert checks.get_last_check() is None
    tasks.check_stock(NOW)
    check = StockCheck.objects.get()
    assert (check.ran_at, check.rows, check.movements, check.batch_rows, check.found) == (NOW, 3, 3, 1, 0)
    assert check.differences == []
    record = AuditRecord.objects.get(action="inventory.check_stock")
    assert record.after == {"rows": 3, "differences": 0}
    assert kinds["inventory.check_stock"].every is not None


def spoil_stock(shop: Shop) -> None:
    Stock.objects.filter(variant_id=shop.variant_ids[0]).update(on_hand=97)


def spoil_batches(shop: Shop) -> None:
    BatchStock.objects.update(on_hand=93)


def spoil_reservations(shop: Shop) -> None:
    Stock.objects.filter(variant_id=shop.variant_ids[2]).update(reserved=9)


def lose_row(shop: Shop) -> None:
    Stock.objects.filter(variant_id=shop.variant_ids[0]).delete()


@pytest.mark.parametrize(
    ("spoil", "sku", "figures"),
    [
        (spoil_stock, "G-01", (100, 97, None, 0, 0)),
        (spoil_batches, "G-02", (100, 100, 93, 0, 0)),
        (spoil_reservations, "G-03", (100, 100, None, 9, 4)),
        (lose_row, "G-01", (100, 0, None, 0, 0)),
    ],
)
def test_each_difference_is_named_with_its_figures(
    shop: Shop, api: ApiClient, spoil: Callable[[Shop], None], sku: str, figures: tuple[int | None, ...]
) -> None:
    spoil(shop)
    before = api.get("/api/v1/stock/check").json()
    assert (before["ran_at"], before["found"], before["differences"]) == (None, 0, [])
    ran = api.post("/api/v1/stock/check")
    assert (ran.status_code, ran.json()["found"]) == (200, 1), ran.content
    (one,) = ran.json()["differences"]
    assert one["sku"] == sku
    assert one["warehouse"]
    assert one["goods"].startswith("面霜")
    assert (one["stock_id"] is None) == (spoil is lose_row)
    assert (one["moved"], one["on_hand"], one["batches"], one["reserved"], one["held"]) == figures
    assert api.get("/api/v1/stock/check").json() == ran.json()


def test_a_check_replaces_the_one_before(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    Stock.objects.update(on_hand=90)
    monkeypatch.setattr(checks, "MAX_SHOWN", 2)
    tasks.check_stock(NOW)
    check = StockCheck.objects.get()
    assert (check.found, [one["sku"] for one in check.differences]) == (3, ["G-01", "G-02"])
    Stock.objects.update(on_hand=100)
    inventory.receive(lines=[ReceiptLine(shop.variant_ids[0], 5, Decimal(4))], reference="more", now=NOW)
    tasks.check_stock(NOW)
    assert StockCheck.objects.get().found == 0


def test_a_person_reads_the_page_and_runs_a_check(shop: Shop, console_as: ConsoleAs) -> None:
    boss = console_as("owner")
    assert boss.get(PAGE).context["check"] is None
    assert boss.post(PAGE, follow=True).context["check"].found == 0
    spoil_batches(shop)
    shown = boss.post(PAGE, follow=True)
    assert shown.context["check"].found == 1
    content = shown.content.decode()
    stock = Stock.objects.get(variant_id=shop.variant_ids[1])
    for address in (
        f"/console/inventory/stock/{stock.pk}/change/",
        "/console/inventory/stockmovement/?q=G-02",
        "/console/inventory/batch/?q=G-02",
    ):
        assert address in content
        assert boss.get(address).status_code == 200
    row = next(one for one in boss.get("/console/").context["to_do"] if one.link == PAGE)
    assert row.count == 1
    clerk = console_as("finance")
    assert clerk.post(PAGE).status_code == 403
