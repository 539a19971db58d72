"""The stock report against an oracle that walks the movements one by one."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from kernel.core.money import ZERO, round_money
from tenant_apps.catalog.models import Category, Product
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.inventory.models import StockMovement, Warehouse
from tenant_apps.inventory.selectors.reports import AGES, StockReport, StockRow, get_stock_total, list_stock_report
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.inventory.states import MovementKind, StockBy
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs

pytestmark = pytest.mark.django_db

SINCE = date(2026, 10, 1)
UNTIL = date(2026, 11, 1)
END = datetime(2026, 10, 31, 16, tzinfo=UTC)  # midnight in Shanghai
BEGIN = END - timedelta(days=31)
ARRIVALS = {MovementKind.RECEIPT, MovementKind.OPENING, MovementKind.ADJUSTMENT}
PAGE = "/console/inventory/report/"

Place = tuple[int, int]


@pytest.fixture
def goods() -> dict[int, int | None]:
    """Four SKUs, two of them in a category; map variant to category."""
    category = Category.objects.create(name="护肤")
    found: dict[int, int | None] = {}
    for name, of in (("面霜", category.pk), ("眼霜", category.pk), ("手霜", None), ("口红", None)):
        product = create_product(name=name, tax_rate=Decimal("0.13"))
        Product.objects.filter(pk=product.pk).update(category_id=of)
        found[add_variant(product_id=product.pk, sku=f"R-{product.pk}", retail_price=Decimal("10")).pk] = of
    return found


@pytest.fixture
def places() -> list[int]:
    first = Warehouse.objects.get(is_default=True)
    return [first.pk, create_warehouse(code="W2", name="二仓").pk]


class Past:
    """A random past of movements that never go below nothing."""

    def __init__(self, variants: list[int], places: list[int], seed: int) -> None:
        self.chance = random.Random(seed)
        self.rows: list[StockMovement] = []
        self.held: dict[Place, tuple[int, Decimal]] = defaultdict(lambda: (0, ZERO))
        self.variants, self.places = variants, places

    def move(self, place: Place, kind: MovementKind, quantity: int, value: Decimal, at: datetime) -> None:
        pieces, worth = self.held[place]
        self.held[place] = (pieces + quantity, worth + value)
        self.rows.append(
            StockMovement(
                source=f"past:{len(self.rows)}",
                kind=kind,
                variant_id=place[0],
                warehouse_id=place[1],
                quantity=quantity,
                balance_after=pieces + quantity,
                value=value,
                value_after=worth + value,
                occurred_at=at,
            )
        )

    def take(self, place: Place, kind: MovementKind, at: datetime) -> tuple[int, Decimal]:
        pieces, worth = self.held[place]
        quantity = self.chance.randint(1, pieces)
        value = round_money(worth * quantity / pieces)
        self.move(place, kind, -quantity, -value, at)
        return quantity, value

    def live(self) -> None:
        at = END - timedelta(days=260)
        while at < END + timedelta(days=10):
            at += timedelta(hours=self.chance.randint(5, 90))
            place = (self.chance.choice(self.variants[:3]), self.chance.choice(self.places))
            kind = self.chance.choice(list(MovementKind))
            if kind in {MovementKind.RECEIPT, MovementKind.OPENING}:
                quantity = self.chance.randint(1, 40)
                self.move(place, kind, quantity, Decimal(quantity * self.chance.randint(300, 900)) / 100, at)
            elif self.held[place][0] and kind == MovementKind.TRANSFER:
                quantity, value = self.take(place, kind, at)
                other = self.places[1 - self.places.index(place[1])]
                self.move((place[0], other), kind, quantity, value, at)
            elif self.held[place][0] and kind == MovementKind.RETURN:
                self.move(place, kind, 1, Decimal("4.00"), at)
            elif self.held[place][0]:
                self.take(place, MovementKind.SHIPMENT if kind != MovementKind.ADJUSTMENT else kind, at)
        StockMovement.objects.bulk_create(self.rows)


def oracle(rows: list[StockMovement], *, with_transfers: bool) -> tuple[list[Decimal], tuple[int, Decimal, Decimal]]:
    """Walk one SKU's past: value by age, and (pieces shipped, their cost, opening value) of the period."""
    past = [row for row in rows if row.occurred_at < END]
    pieces = sum(row.quantity for row in past)
    worth = sum((row.value for row in past), ZERO)
    sold = [row for row in past if row.kind in {"shipment", "return"} and row.occurred_at >= BEGIN]
    opening = sum((row.value for row in past if row.occurred_at < BEGIN), ZERO)
    figures = (-sum(row.quantity for row in sold), -sum((row.value for row in sold), ZERO), opening)
    kinds = ARRIVALS | ({MovementKind.TRANSFER} if with_transfers else set())
    left = pieces
    by_age = [0] * (len(AGES) + 1)
    for row in sorted(past, key=lambda one: (one.occurred_at, one.pk), reverse=True):
        if row.quantity > 0 and row.kind in kinds and left > 0:
            layer = min(left, row.quantity)
            days = END - row.occurred_at
            by_age[next((n for n, limit in enumerate(AGES) if days <= timedelta(days=limit)), len(AGES))] += layer
            left -= layer
    by_age[-1] += left
    if not pieces:
        return [ZERO] * (len(AGES) + 1), figures
    ends = [round_money(worth * sum(by_age[: n + 1]) / pieces) for n in range(len(AGES))] + [worth]
    return [end - start for start, end in zip([ZERO, *ends], ends, strict=False)], figures


def expected(
    groups: dict[object, dict[Place, list[StockMovement]]], *, transfers: bool
) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for key, pasts in groups.items():
        walked = [oracle(rows, with_transfers=transfers) for rows in pasts.values()]
        ages = tuple(sum(column, ZERO) for column in zip(*(ages for ages, _figures in walked), strict=True))
        sold, cost, opening = (sum(column) for column in zip(*(figures for _ages, figures in walked), strict=True))
        found[str(key)] = (sum(ages, ZERO), opening, sold, cost, ages)
    return found


def told(rows: list[StockRow]) -> dict[str, tuple[object, ...]]:
    return {row.key: (row.value, row.opening, row.sold, row.cost, row.ages) for row in rows}


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_those_of_the_oracle(goods: dict[int, int | None], places: list[int], seed: int) -> None:
    past = Past(list(goods), places, seed)
    past.live()
    by_variant: dict[object, dict[Place, list[StockMovement]]] = defaultdict(lambda: defaultdict(list))
    by_category: dict[object, dict[Place, list[StockMovement]]] = defaultdict(lambda: defaultdict(list))
    by_place: dict[object, dict[Place, list[StockMovement]]] = defaultdict(lambda: defaultdict(list))
    in_first: dict[object, dict[Place, list[StockMovement]]] = defaultdict(lambda: defaultdict(list))
    for row in past.rows:
        by_variant[row.variant_id][row.variant_id, 0].append(row)
        by_category[goods[row.variant_id] or 0][row.variant_id, 0].append(row)
        by_place[row.warehouse_id][row.variant_id, row.warehouse_id].append(row)
        if row.warehouse_id == places[0]:
            in_first[row.variant_id][row.variant_id, row.warehouse_id].append(row)
    for by, groups, transfers in (
        (StockBy.SKU, by_variant, False),
        (StockBy.CATEGORY, by_category, False),
        (StockBy.WAREHOUSE, by_place, True),
    ):
        report = StockReport(by, SINCE, UNTIL, {})
        rows = list_stock_report(report=report)
        assert told(rows) == expected(groups, transfers=transfers), by
        total = get_stock_total(report=report)
        assert total.value == sum((row.value for row in rows), ZERO)
        assert (total.pieces, total.sold) == (sum(row.pieces for row in rows), sum(row.sold for row in rows))
    here = list_stock_report(report=StockReport(StockBy.SKU, SINCE, UNTIL, {"warehouse_id": places[0]}))
    assert told(here) == expected(in_first, transfers=True)


def test_what_does_not_move(goods: dict[int, int | None], places: list[int]) -> None:
    cream, eyes, hands, lips = goods
    past = Past(list(goods), places, 0)
    for variant, days in ((cream, 200), (eyes, 200), (hands, 200), (lips, 5)):
        past.move((variant, places[0]), MovementKind.RECEIPT, 10, Decimal("40.00"), END - timedelta(days=days))
    past.move((cream, places[0]), MovementKind.SHIPMENT, -4, Decimal("-16.00"), END - timedelta(days=3))
    past.move((hands, places[0]), MovementKind.SHIPMENT, -10, Decimal("-40.00"), END - timedelta(days=90))
    StockMovement.objects.bulk_create(past.rows)
    idle = list_stock_report(report=StockReport(StockBy.SKU, SINCE, UNTIL, {"idle_days": 60}))
    assert [(row.key, row.pieces, row.last_shipped_at) for row in idle] == [(str(eyes), 10, None)]
    first = next(
        row for row in list_stock_report(report=StockReport(StockBy.SKU, SINCE, UNTIL, {})) if row.key == str(cream)
    )
    # (40 + 24) / 2 over 16 in 31 days
    assert first.turnover_days(31) == Decimal("62.0")
    assert idle[0].turnover_days(31) is None


def test_by_http(goods: dict[int, int | None], places: list[int], api: ApiClient) -> None:
    past = Past(list(goods), places, 3)
    past.live()
    period = "since=2026-10-01&until=2026-11-01"
    said = api.get(f"/api/v1/stock/report?by=sku&{period}&limit=2").json()
    assert [len(row["ages"]) for row in said["items"]] == [5, 5]
    assert (said["since"], said["total"]["key"]) == ("2026-10-01", "")
    for query in ("", "by=mood", "by=sku&idle_days=0", "by=sku&colour=red", "by=sku&since=2026-11-01&until=2026-10-01"):
        assert api.get(f"/api/v1/stock/report?{query}").status_code == 422, query
    answer = api.get(f"/api/v1/exports/stock-report.xlsx?by=warehouse&{period}")
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert {row[2] for row in sheet[1:]} <= {"W2", Warehouse.objects.get(is_default=True).code}
    assert len(sheet[0]) == 15


def test_the_page(goods: dict[int, int | None], places: list[int], console_as: ConsoleAs) -> None:
    past = Past(list(goods), places, 4)
    past.live()
    console = console_as("owner")
    assert console.get(PAGE).status_code == 200
    wanted = f"?by=sku&since=2026-10-01&until=2026-10-31&warehouse={places[0]}&category=&idle_days="
    page = console.get(PAGE + wanted)
    report = StockReport(StockBy.SKU, SINCE, UNTIL, {"warehouse_id": places[0]})
    assert page.context["table"].total[1] == get_stock_total(report=report).value
    for wrong in (
        "?by=mood&since=2026-10-01&until=2026-10-31",
        "?by=sku&since=2026-10-31&until=2026-10-01",
        "?by=sku&since=2026-10-01&until=2026-10-31&idle_days=0",
        "?by=sku&since=2026-10-01&until=2026-10-31&warehouse=999999",
        "?by=sku&since=2026-10-01&until=2026-10-31&colour=red",
    ):
        answer = console.get(PAGE + wrong)
        assert answer.context["form"].errors, wrong
        assert "table" not in answer.context
    answer = console.get(f"{PAGE}{wanted}&form=xlsx")
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert len(sheet) == 1 + len(list_stock_report(report=report))
    assert console_as("warehouse").get(PAGE).status_code == 403
