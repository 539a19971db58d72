"""A change of prices: draft, preview, schedule, in force by itself, cancel before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from django.db import transaction

from kernel.core import clock
from kernel.core.errors import DomainError, Invalid
from tenant_apps.agents.models import Agent
from tenant_apps.catalog.models import Variant
from tenant_apps.imports.services import immediate
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import NewLine, place_restock_order
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.selectors.changes import is_in_force, preview_change
from tenant_apps.pricing.selectors.resolver import ResolvedPrice, resolve_prices
from tenant_apps.pricing.services import agreements, changes, discounts, lots
from tenant_apps.pricing.services.level_prices import NewLevelPrice, delete_level_price, set_level_price
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
NEXT_WEEK = NOW + timedelta(days=7)


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def price_of(shop: Shop, moment: datetime, *, quantity: int = 1, place: int = 0) -> ResolvedPrice:
    line = (shop.variant_ids[place], quantity)
    return resolve_prices(agent_id=shop.ling.pk, lines=[line], as_of=moment)[line]


def planned(shop: Shop, amount: str, *, at: datetime = NEXT_WEEK, name: str = "涨价", place: int = 0) -> int:
    change = changes.draft_change(name=name, effective_at=at, now=NOW)
    price = NewLevelPrice(shop.ling.level_id, shop.variant_ids[place], Decimal(amount))
    changes.plan_prices(change_id=change.pk, prices=[price])
    return change.pk


def test_a_change_takes_effect_by_itself_and_open_orders_keep_their_prices(shop: Shop) -> None:
    change_id = planned(shop, "9.00")
    assert price_of(shop, NEXT_WEEK).price == Decimal("7.00")  # a draft changes nothing
    before = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-01", 2)], now=NOW)
    change = changes.schedule_change(change_id=change_id, now=NOW)
    assert price_of(shop, NEXT_WEEK - timedelta(microseconds=1)).price == Decimal("7.00")
    assert (price_of(shop, NEXT_WEEK).price, price_of(shop, NEXT_WEEK).valid_from) == (Decimal("9.00"), NEXT_WEEK)
    after = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-01", 2)], now=NEXT_WEEK)
    lines = OrderLine.objects.filter(order__in=[before.pk, after.pk]).order_by("order_id")
    assert [line.unit_price for line in lines] == [Decimal("7.00"), Decimal("9.00")]
    assert not is_in_force(change, NOW)
    assert is_in_force(change, NEXT_WEEK)
    with pytest.raises(changes.ChangeInForce), transaction.atomic():
        changes.cancel_change(change_id=change_id, now=NEXT_WEEK)


def test_cancelled_before_its_moment_it_never_comes(shop: Shop) -> None:
    change_id = planned(shop, "9.00")
    changes.schedule_change(change_id=change_id, now=NOW)
    changes.cancel_change(change_id=change_id, now=NEXT_WEEK - timedelta(seconds=1))
    assert price_of(shop, NEXT_WEEK).price == Decimal("7.00")
    assert len(preview_change(change_id=change_id).prices) == 1
    with pytest.raises(DomainError), transaction.atomic():
        changes.cancel_change(change_id=change_id, now=NOW)
    with pytest.raises(changes.ChangeNotADraft), transaction.atomic():
        changes.schedule_change(change_id=change_id, now=NOW)
    changes.schedule_change(change_id=planned(shop, "8.00"), now=NOW)  # the moment is free again


def test_two_changes_of_the_same_price_each_hold_from_their_moment(shop: Shop) -> None:
    later = NEXT_WEEK + timedelta(days=7)
    first = planned(shop, "9.00", name="一")
    second = planned(shop, "8.00", at=later, name="二")
    for change_id in (second, first):
        changes.schedule_change(change_id=change_id, now=NOW)
    assert [price_of(shop, day).price for day in (NOW, NEXT_WEEK, later)] == [Decimal(7), Decimal(9), Decimal(8)]
    assert preview_change(change_id=second).prices[0].also_in == ("一",)
    assert preview_change(change_id=second).prices[0].old.price == Decimal("9.00")
    with pytest.raises(changes.PricesPlannedTwice) as refusal, transaction.atomic():
        changes.schedule_change(change_id=planned(shop, "5.00", name="三"), now=NOW)
    assert "G-01" in str(refusal.value.errors[0].detail)
    changes.cancel_change(change_id=first, now=NOW)
    assert [price_of(shop, day).price for day in (NEXT_WEEK, later)] == [Decimal(7), Decimal(8)]


def test_the_preview_tells_whom_it_touches(shop: Shop) -> None:
    Variant.objects.filter(id=shop.variant_ids[0]).update(cost_price=Decimal("4.00"))
    agreement = agreements.NewAgreement(shop.ling.pk, shop.variant_ids[0], Decimal("5.00"))
    agreements.set_agreement(agreement=agreement, now=NOW)
    change_id = planned(shop, "3.50")
    changes.plan_prices(
        change_id=change_id, prices=[NewLevelPrice(shop.ling.level_id, shop.variant_ids[1], Decimal("21.00"), 10)]
    )
    preview = preview_change(change_id=change_id)
    assert (preview.agents, preview.variants, preview.below_cost, preview.unchanged) == (3, 2, 1, 0)
    below, above = preview.prices
    assert (below.old.price, below.new, below.percent, below.agents) == (Decimal(7), Decimal("3.50"), Decimal(-50), 2)
    assert below.is_below_cost
    assert (above.min_quantity, above.percent, above.agents, above.cost) == (10, Decimal(50), 3, None)


@pytest.mark.parametrize(
    ("at", "prices", "code"),
    [(NOW, 1, "invalid_price_change"), (NOW + timedelta(days=1), 0, "invalid_price_change")],
)
def test_what_cannot_be_scheduled(shop: Shop, at: datetime, prices: int, code: str) -> None:
    change = changes.draft_change(name="x", effective_at=NOW + timedelta(hours=1), now=NOW - timedelta(days=1))
    if prices:
        price = NewLevelPrice(shop.ling.level_id, shop.variant_ids[0], Decimal(1))
        changes.plan_prices(change_id=change.pk, prices=[price])
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        changes.schedule_change(change_id=change.pk, now=at + timedelta(days=1))
    assert refusal.value.code == code


def test_a_later_price_keeps_the_earlier_one_readable_and_an_end_ends_them_all(shop: Shop) -> None:
    row = set_level_price(level_id=shop.ling.level_id, variant_id=shop.variant_ids[0], price=Decimal(8), now=NOW)
    yesterday = NOW - timedelta(days=1)
    assert [price_of(shop, day).price for day in (yesterday, NOW)] == [Decimal(7), Decimal(8)]
    discounts.set_discount(level_id=shop.ling.level_id, category_id=None, rate=Decimal("0.9"), now=NOW)
    delete_level_price(level_price_id=row.pk, now=NEXT_WEEK)
    assert [price_of(shop, day).source for day in (yesterday, NOW, NEXT_WEEK)] == [
        "level_price",
        "level_price",
        "level_discount",
    ]
    assert price_of(shop, NEXT_WEEK).price == Decimal("9.00")


def test_the_personal_discount_comes_off_the_levels_price_but_not_off_an_agreement(shop: Shop) -> None:
    Agent.objects.filter(id=shop.ling.pk).update(personal_discount=Decimal("0.05"))
    assert price_of(shop, NOW).price == Decimal("6.65")
    agreement = agreements.NewAgreement(shop.ling.pk, shop.variant_ids[0], Decimal("6.80"), min_quantity=10)
    row = agreements.set_agreement(agreement=agreement, now=NOW)
    assert price_of(shop, NOW, quantity=9).price == Decimal("6.65")
    assert price_of(shop, NOW, quantity=10).price == Decimal("6.80")
    order = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-01", 10)], now=NOW)
    assert order.total == Decimal("68.00")
    agreements.end_agreement(agreement_id=row.pk, now=NEXT_WEEK)
    assert price_of(shop, NEXT_WEEK, quantity=10).price == Decimal("6.65")


def test_lots_and_the_first_order_bind_restock_orders(shop: Shop) -> None:
    lots.set_lot(level_id=None, variant_id=shop.variant_ids[0], minimum=12, step=6)
    lots.set_lot(level_id=None, variant_id=shop.variant_ids[1], minimum=100)
    lots.set_lot(level_id=shop.ling.level_id, variant_id=shop.variant_ids[1], minimum=2)
    shop.ling.level.first_order_minimum = Decimal("100.00")
    shop.ling.level.save()

    def order(*lines: tuple[str, int], day: datetime = NOW) -> list[tuple[str, str]]:
        try:
            with transaction.atomic():
                place_restock_order(agent_id=shop.ling.pk, lines=[NewLine(*line) for line in lines], now=day)
        except DomainError as refusal:
            return [(error.field, error.code) for error in refusal.errors]
        return []

    assert order(("G-01", 6), ("G-02", 1)) == [
        ("lines.0.quantity", "below_minimum"),
        ("lines.1.quantity", "below_minimum"),
    ]
    assert order(("G-02", 2), ("G-01", 15)) == [("lines.1.quantity", "not_in_steps")]
    assert order(("G-01", 12)) == [("lines", "first_order_too_small")]  # 84.00
    assert order(("G-01", 18)) == []
    first = Order.objects.get(agent_id=shop.ling.pk)
    pay_order(order_id=first.pk, method="cash", reference="c-1", now=clock.now())
    assert order(("G-01", 12)) == []  # the second order may be smaller


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def drafted(path: Path) -> int:
    options = {"name": "秋季", "effective_at": NEXT_WEEK}
    outcome = immediate.import_file(kind="price_list", path=path, options=options, now=NOW)
    return int(outcome.result["change_id"])


def test_a_price_list_becomes_a_draft(shop: Shop, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "list.xlsx",
        ["货号", "起订数量", "金牌"],
        ["g-01", "", "¥1,006.50"],
        ["G-01", 100, 6],
        ["G-02", None, None],
    )
    change_id = drafted(path)
    prices = [(one.sku, one.min_quantity, one.new) for one in preview_change(change_id=change_id).prices]
    assert prices == [("G-01", 1, Decimal("1006.50")), ("G-01", 100, Decimal("6.00"))]


def test_every_bad_cell_of_a_price_list_is_named(shop: Shop, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "list.xlsx",
        ["SKU", "From pieces", "GOLD"],
        ["G-01", 0, 1],
        ["NIX", 1, 1],
        ["G-02", 1, "gratis"],
        ["G-03", 1, 1],
        ["G-03", 1, 2],
        ["G-01", 1, 1.005],
    )
    with pytest.raises(immediate.RowsNotValid) as refusal:
        drafted(path)
    assert [(error.field, error.code) for error in refusal.value.errors] == [
        ("rows.2.From pieces", "invalid_quantity"),
        ("rows.3.SKU", "unknown_sku"),
        ("rows.4.GOLD", "invalid_price"),
        ("rows.6.SKU", "duplicate_sku"),
        ("rows.7.GOLD", "invalid_price"),
    ]
    for heading in (["SKU"], ["GOLD"], ["SKU", "GOLD", "金牌"], ["SKU", "银牌"]):
        path = workbook(tmp_path / "list.xlsx", heading, ["G-01", 1, 1])
        with pytest.raises(Invalid):
            drafted(path)
    assert not LevelPrice.objects.exclude(change=None).exists()
