"""The sales report: every dimension, its sums, its filters, its workbook."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from kernel.core import clock
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.models import Category, Product
from tenant_apps.insights.selectors.reports import SalesReport, SalesRow, get_total, list_sales
from tenant_apps.insights.states import SalesBy
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, open_shop, sell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai


@pytest.fixture
def shop() -> Shop:
    """Two orders on a Monday, of which a piece was refunded, and one on the Wednesday of the week after."""
    shop = open_shop()
    product = Product.objects.get(name="面霜")
    product.category = Category.objects.create(name="护肤")
    product.save(update_fields=["category"])
    orders = [
        sell(("G-01", 3), ("G-02", 1), agent_code="LING", freight="8.00"),
        sell(("G-02", 1), ("POST", 1), discount="5.00"),
        sell(("G-01", 1)),
    ]
    sell(("G-03", 9))  # unpaid: no sale
    for order, moment in zip(orders, (MONDAY, MONDAY + timedelta(hours=3), MONDAY + 9 * DAY), strict=True):
        pay_order(order_id=order.pk, method="bank", reference=f"b-{order.pk}", now=clock.now())
        Order.objects.filter(pk=order.pk).update(placed_at=moment, receiver={"province": "广东省"})
    Order.objects.filter(pk=orders[2].pk).update(receiver={})
    refund_order(order_id=orders[0].pk, lines=[RefundRequest(1, 1)], now=clock.now())
    return shop


def report(by: SalesBy, split: int | None = None, **filters: int | str) -> SalesReport:
    first = MONDAY.date()
    return SalesReport(by, first, first + 30 * DAY, None if split is None else first + split * DAY, filters)


def told(rows: list[SalesRow]) -> list[tuple[str, int, int, str]]:
    return [(row.name or row.key, row.orders, row.units, str(row.amount)) for row in rows]


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        (SalesBy.PRODUCT, [("面霜", 3, 6, "66.43"), ("加急费", 1, 1, "12.86")]),
        (SalesBy.CATEGORY, [("护肤", 3, 6, "66.43"), ("", 1, 1, "12.86")]),
        (SalesBy.REGION, [("广东省", 2, 6, "70.00"), ("", 1, 1, "10.00")]),
        (SalesBy.DAY, [("2026-11-02", 2, 6, "70.00"), ("2026-11-11", 1, 1, "10.00")]),
        (SalesBy.WEEK, [("2026-11-02", 2, 6, "70.00"), ("2026-11-09", 1, 1, "10.00")]),
        (SalesBy.MONTH, [("2026-11-01", 3, 7, "80.00")]),
        (SalesBy.YEAR, [("2026-01-01", 3, 7, "80.00")]),
        (SalesBy.HOUR, [("9", 1, 4, "40.00"), ("12", 1, 2, "30.00"), ("57", 1, 1, "10.00")]),
    ],
)
def test_every_dimension(shop: Shop, by: SalesBy, wanted: list[tuple[str, int, int, str]]) -> None:
    found = told(list_sales(report=report(by)))
    if by in {SalesBy.PRODUCT, SalesBy.CATEGORY}:  # the discount's cents are the splitting's matter
        assert [(name, orders, units) for name, orders, units, _amount in found] == [row[:3] for row in wanted]
    else:
        assert found == wanted
    total = get_total(report=report(by))
    assert (total.orders, total.units, total.amount, total.returned) == (3, 7, Decimal("80.00"), 1)


def test_people_and_channels(shop: Shop) -> None:
    assert (
        told(list_sales(report=report(SalesBy.AGENT)))[:1] == [("LING", 3, 7, "80.00")]
        or len(list_sales(report=report(SalesBy.AGENT))) == 2
    )
    assert [row.orders for row in list_sales(report=report(SalesBy.CUSTOMER))] == [3]
    assert [row.key for row in list_sales(report=report(SalesBy.CHANNEL))] == ["manual"]


def test_rates_and_the_split(shop: Shop) -> None:
    (row,) = list_sales(report=report(SalesBy.MONTH, split=9))
    assert (row.amount_before, row.amount_after) == (Decimal("70.00"), Decimal("10.00"))
    assert (row.average_order, row.units_per_order, row.return_rate) == (
        Decimal("26.67"),
        Decimal("2.33"),
        Decimal("0.1429"),
    )


def test_filters_meet(shop: Shop) -> None:
    assert told(list_sales(report=report(SalesBy.YEAR, sku="G-01"))) == [("2026-01-01", 2, 4, "30.00")]
    assert told(list_sales(report=report(SalesBy.YEAR, sku="G-01", province="广东省"))) == [
        ("2026-01-01", 1, 3, "20.00")
    ]
    assert list_sales(report=report(SalesBy.YEAR, kind="restock")) == []


def test_by_http(shop: Shop, api: ApiClient) -> None:
    period = "since=2026-11-01&until=2026-12-01"
    said = api.get(f"/api/v1/insights/sales?by=day&{period}&split_on=2026-11-10").json()
    assert [row["key"] for row in said["items"]] == ["2026-11-02", "2026-11-11"]
    assert said["total"]["amount_before"] == "70.00"
    for query in ("by=mood", f"by=day&{period}&split_on=2026-11-01", "by=day&colour=red", "by=day&limit=0"):
        assert api.get(f"/api/v1/insights/sales?{query}").status_code == 422, query
    answer = api.get(f"/api/v1/exports/sales.xlsx?by=product&{period}")
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet[1:]] == ["面霜", "加急费"]


def test_the_page(shop: Shop, brand: Brand) -> None:
    owner = users.create_user(name="owner", role="owner", email="owner@console.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(owner)
    place = "/console/insights/sales/"
    assert console.get(place).status_code == 200
    wanted = "?by=hour&since=2026-11-01&until=2026-11-30&split_on=2026-11-10&category=&sku=g-01"
    page = console.get(place + wanted)
    assert page.context["table"].total[:3] == [2, 4, Decimal("30.00")]
    for wrong in (
        "?by=mood&since=2026-11-01&until=2026-11-30",
        "?by=day&since=2026-11-30&until=2026-11-01",
        "?by=day&since=2026-11-01&until=2026-11-30&sku=NOTHING",
        "?by=day&since=2026-11-01&until=2026-11-30&agent=NOBODY",
        "?by=day&since=2026-11-01&until=2026-11-30&split_on=2026-12-24",
        "?by=day&since=2026-11-01&until=2026-11-30&colour=red",
        "?by=day",
    ):
        answer = console.get(place + wrong)
        assert answer.context["form"].errors, wrong
        assert "table" not in answer.context
    answer = console.get(f"{place}{wanted}&form=xlsx")
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert len(sheet) == 3
