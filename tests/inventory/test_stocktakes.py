"""Stocktakes: counted against the snapshot and what moved until the count, approved once."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from kernel.core.errors import DomainError
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.selectors.categories import UnknownCategory
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Stock, StockMovement, Stocktake, StocktakeLine
from tenant_apps.inventory.selectors.differences import list_differences, total_value
from tenant_apps.inventory.selectors.stocktakes import StocktakeNotFound, get_stocktake, list_lines
from tenant_apps.inventory.selectors.warehouses import get_default_warehouse_id
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.services import stocktakes
from tenant_apps.inventory.services.approving import LineDecision, approve_stocktake
from tenant_apps.inventory.services.stock import StockLine
from tenant_apps.inventory.services.warehouses import ensure_place
from tenant_apps.inventory.states import Uncounted, WarehouseKind
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs
from tests.factories.parallel import AtOnce
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
db = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each at 4.00, 8.00 and 12.00 in the main warehouse."""
    return open_shop()


def begin(category_id: int | None = None) -> Stocktake:
    return stocktakes.open_stocktake(warehouse_id=get_default_warehouse_id(), category_id=category_id, now=NOW)


def count(stocktake: Stocktake, sku: str, pieces: int) -> StocktakeLine:
    line = StocktakeLine.objects.filter(stocktake=stocktake, variant__sku=sku).first()
    seen = line.counted if line else None
    return stocktakes.set_counted(stocktake_id=stocktake.pk, code=sku, counted=pieces, seen=seen, now=NOW)


def approve(
    stocktake: Stocktake, uncounted: Uncounted = Uncounted.LEAVE, reason: str = "盘亏", *said: LineDecision
) -> Stocktake:
    return approve_stocktake(stocktake_id=stocktake.pk, uncounted=uncounted, reason=reason, decisions=said, now=NOW)


def on_hand(shop: Shop) -> list[int]:
    rows = dict(Stock.objects.values_list("variant_id", "on_hand"))
    return [rows[one] for one in shop.variant_ids]


def dispatch(variant_id: int, pieces: int, source: str) -> None:
    lines = [StockLine(variant_id, pieces)]
    inventory.reserve(source=source, lines=lines, now=NOW)
    inventory.ship(source=source, now=NOW)


@db
def test_what_moves_during_the_count_is_no_difference(shop: Shop) -> None:
    one, two, _three = shop.variant_ids
    made = begin()
    dispatch(one, 10, "order:1")  # before its count: 90 are on the shelf
    stocktakes.scan(stocktake_id=made.pk, code="g-01", quantity=88, now=NOW)
    dispatch(one, 5, "order:2")  # after it
    inventory.receive(lines=[inventory.ReceiptLine(two, 20, Decimal(8))], reference="late", now=NOW)
    count(made, "G-02", 121)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    found = {
        one.line.variant.sku: (one.line.expected, one.pieces, one.value)
        for one in list_differences(stocktake_id=made.pk)
    }
    assert found == {"G-01": (90, -2, Decimal("-8.00")), "G-02": (120, 1, Decimal("8.00"))}
    done = approve(made, Uncounted.LEAVE, "盘点差异", LineDecision("g-01", "破损"))
    assert (done.state, on_hand(shop)) == ("approved", [83, 121, 100])
    lines = {line.variant.sku: (line.difference, line.reason) for line in list_lines(stocktake_id=made.pk)}
    assert lines == {"G-01": (-2, "破损"), "G-02": (1, "盘点差异"), "G-03": (None, "")}
    moved = StockMovement.objects.filter(source=f"stocktake:{made.pk}")
    assert sorted(moved.values_list("quantity", "value")) == [(-2, Decimal(-8)), (1, Decimal(8))]
    assert total_value(list_differences(stocktake_id=made.pk)) == balance_of(AccountCode.PENDING_DIFFERENCES) == 0
    assert_books_are_sound()


@db
def test_nothing_is_booked_to_zero_unless_chosen(shop: Shop) -> None:
    made = begin()
    stocktakes.scan(stocktake_id=made.pk, code="G-01", quantity=100, now=NOW)
    dispatch(shop.variant_ids[2], 40, "order:9")
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    approve(made, Uncounted.ZERO)
    assert on_hand(shop) == [100, 0, 0]
    assert balance_of(AccountCode.PENDING_DIFFERENCES) == 100 * 8 + 60 * 12
    assert_books_are_sound()


@db
def test_a_count_without_differences_moves_nothing(shop: Shop) -> None:
    made = begin()
    stocktakes.scan(stocktake_id=made.pk, code="G-01", quantity=100, now=NOW)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    approve(made, Uncounted.LEAVE, "")
    assert not StockMovement.objects.filter(source__startswith="stocktake:").exists()
    assert begin().state == "open"


@db
def test_goods_that_were_never_here_are_found_and_valued(shop: Shop) -> None:
    new = add_variant(
        product_id=create_product(name="眼霜", tax_rate=Decimal("0.13")).pk,
        sku="EYE",
        barcode="6901234567892",
        retail_price=Decimal(90),
    )
    made = begin()
    line = stocktakes.scan(stocktake_id=made.pk, code="6901234567892", quantity=3, now=NOW)
    assert (line.variant_id, line.snapshot, line.counted, line.found) == (new.pk, 0, 3, 3)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    (difference,) = list_differences(stocktake_id=made.pk)
    assert difference.needs_cost
    with pytest.raises(inventory.CostUnknown) as refusal, transaction.atomic():
        approve(made)
    assert [error.field for error in refusal.value.errors] == ["lines.EYE.unit_cost"]
    approve(made, Uncounted.LEAVE, "盘盈", LineDecision("EYE", "", Decimal("30.0000")))
    assert Stock.objects.get(variant_id=new.pk).value == 90
    assert_books_are_sound()


@db
def test_found_goods_take_the_last_known_cost(shop: Shop) -> None:
    dispatch(shop.variant_ids[0], 100, "order:all")
    made = begin()
    stocktakes.scan(stocktake_id=made.pk, code="G-01", quantity=2, now=NOW)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    assert total_value(list_differences(stocktake_id=made.pk)) == 8
    approve(made)
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).value == 8
    assert_books_are_sound()


@db
def test_a_category_counts_its_goods_and_no_others(shop: Shop) -> None:
    care = create_category(name="护肤")
    eyes = create_category(name="眼部", parent_id=care.pk)
    product = create_product(name="眼霜", tax_rate=Decimal("0.13"), category_id=eyes.pk)
    inside = add_variant(product_id=product.pk, sku="EYE", retail_price=Decimal(90))
    later = add_variant(product_id=product.pk, sku="EYE-2", name="大", retail_price=Decimal(90))
    inventory.receive(lines=[inventory.ReceiptLine(inside.pk, 5, Decimal(30))], reference="eye", now=NOW)
    made = begin(care.pk)
    assert made.category_name == ["护肤", "眼部"][0]
    assert [line.variant_id for line in list_lines(stocktake_id=made.pk)] == [inside.pk]
    with pytest.raises(stocktakes.NotInStocktake), transaction.atomic():
        stocktakes.scan(stocktake_id=made.pk, code="G-01", now=NOW)
    assert stocktakes.scan(stocktake_id=made.pk, code="EYE-2", now=NOW).variant_id == later.pk
    with pytest.raises(stocktakes.StocktakeOverlaps), transaction.atomic():
        begin()
    stocktakes.cancel_stocktake(stocktake_id=made.pk, now=NOW)
    assert begin().lines.count() == 5


@db
def test_what_is_reserved_cannot_be_counted_away(shop: Shop) -> None:
    inventory.reserve(source="order:1", lines=[StockLine(shop.variant_ids[0], 60)], now=NOW)
    made = begin()
    count(made, "G-01", 50)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    with pytest.raises(inventory.BelowReserved) as refusal, transaction.atomic():
        approve(made)
    assert [error.field for error in refusal.value.errors] == ["lines.G-01.change"]
    assert get_stocktake(stocktake_id=made.pk).state == "counted"
    stocktakes.reopen_counting(stocktake_id=made.pk)
    count(made, "G-01", 100)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    assert approve(made).state == "approved"


Refused = Callable[[Stocktake], object]
REFUSED: dict[str, tuple[str, Refused]] = {
    "unknown warehouse": ("unknown_warehouse", lambda _one: stocktakes.open_stocktake(warehouse_id=99999, now=NOW)),
    "transit": (
        "unknown_warehouse",
        lambda _one: stocktakes.open_stocktake(warehouse_id=ensure_place(kind=WarehouseKind.TRANSIT).pk, now=NOW),
    ),
    "empty warehouse": (
        "invalid_stocktake",
        lambda _one: stocktakes.open_stocktake(warehouse_id=ensure_place(kind=WarehouseKind.DAMAGED).pk, now=NOW),
    ),
    "unknown category": (UnknownCategory.code, lambda _one: begin(99999)),
    "overlap": ("stocktake_overlaps", lambda _one: begin()),
    "no such stocktake": (
        StocktakeNotFound.code,
        lambda _one: stocktakes.scan(stocktake_id=99999, code="G-01", now=NOW),
    ),
    "nobody ends what is not there": (
        StocktakeNotFound.code,
        lambda _one: stocktakes.cancel_stocktake(stocktake_id=99999, now=NOW),
    ),
    "unknown code": ("unknown_code", lambda one: stocktakes.scan(stocktake_id=one.pk, code="NO", now=NOW)),
    "a service": ("unknown_code", lambda one: stocktakes.scan(stocktake_id=one.pk, code="POST", now=NOW)),
    "blank": ("unknown_code", lambda one: stocktakes.scan(stocktake_id=one.pk, code=" ", now=NOW)),
    "none": (
        "invalid_stocktake",
        lambda one: stocktakes.scan(stocktake_id=one.pk, code="G-01", quantity=0, now=NOW),
    ),
    "too many": (
        "invalid_stocktake",
        lambda one: [
            stocktakes.scan(stocktake_id=one.pk, code="G-01", quantity=600_000, now=NOW) for _twice in range(2)
        ],
    ),
    "negative": (
        "invalid_stocktake",
        lambda one: stocktakes.set_counted(stocktake_id=one.pk, code="G-01", counted=-1, seen=None, now=NOW),
    ),
    "seen otherwise": (
        "count_changed",
        lambda one: stocktakes.set_counted(stocktake_id=one.pk, code="G-01", counted=5, seen=4, now=NOW),
    ),
    "ended uncounted": (
        "invalid_stocktake",
        lambda one: stocktakes.finish_counting(stocktake_id=one.pk, now=NOW),
    ),
    "approved while counted": ("illegal_transition", approve),
    "reopened while open": ("illegal_transition", lambda one: stocktakes.reopen_counting(stocktake_id=one.pk)),
}


@db
@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_refused_by_code(shop: Shop, case: str) -> None:
    code, act = REFUSED[case]
    made = begin()
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        act(made)
    assert refusal.value.code == code


@db
def test_it_goes_its_way_once_and_every_difference_needs_a_reason(shop: Shop) -> None:
    made = begin()
    count(made, "G-01", 99)
    count(made, "G-02", 100)
    stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)
    with pytest.raises(stocktakes.NotBeingCounted), transaction.atomic():
        stocktakes.scan(stocktake_id=made.pk, code="G-01", now=NOW)
    for said, field in (
        ((), "lines.G-01.reason"),
        ((LineDecision("G-02", "没有差异"), LineDecision("G-01", "少")), "lines.0.sku"),
        ((LineDecision("G-01", "少"), LineDecision("G-01", "少")), "lines.1.sku"),
    ):
        with pytest.raises(DomainError) as refusal, transaction.atomic():
            approve(made, Uncounted.LEAVE, " ", *said)
        assert (refusal.value.code, [error.field for error in refusal.value.errors]) == ("invalid_approval", [field])
    approve(made, Uncounted.LEAVE, "", LineDecision("G-01", "少"))
    acts: tuple[Refused, ...] = (approve, lambda one: stocktakes.cancel_stocktake(stocktake_id=one.pk, now=NOW))
    for again in acts:
        with pytest.raises(DomainError) as refusal, transaction.atomic():
            again(made)
        assert refusal.value.code == "illegal_transition"
    assert on_hand(shop) == [99, 100, 100]


@pytest.mark.django_db(transaction=True)
def test_many_count_at_once_and_nothing_is_lost(live_brand: Brand, at_once: AtOnce) -> None:
    shop = open_shop(goods=2)
    new = add_variant(
        product_id=create_product(name="眼霜", tax_rate=Decimal("0.13")).pk, sku="EYE", retail_price=Decimal(90)
    )
    made = begin()
    # Far more than is sold meanwhile: the difference never takes what a sale reserves.
    stocktakes.scan(stocktake_id=made.pk, code="G-01", quantity=50, now=NOW)

    def scan(sku: str) -> Callable[[], object]:
        return lambda: stocktakes.scan(stocktake_id=made.pk, code=sku, now=NOW)

    def sell(number: int) -> Callable[[], object]:
        return lambda: dispatch(shop.variant_ids[0], 1, f"order:{number}")

    work = [scan("G-01") for _one in range(10)] + [scan("EYE") for _one in range(6)] + [sell(n) for n in range(8)]
    at_once(*work)
    counted = dict(made.lines.values_list("variant_id", "counted"))
    assert (counted[shop.variant_ids[0]], counted[new.pk]) == (60, 6)

    def finish() -> object:
        return stocktakes.finish_counting(stocktake_id=made.pk, now=NOW)

    ended = at_once.outcomes([finish, finish, *[scan("G-02") for _one in range(6)]])
    assert sum(isinstance(one, Stocktake) for one in ended) == 1
    late = sum(isinstance(one, StocktakeLine) for one in ended)
    assert (made.lines.get(variant_id=shop.variant_ids[1]).counted or 0) == late
    said = [LineDecision("EYE", "", Decimal(3))]
    done = at_once.outcomes(
        [lambda: approve(made, Uncounted.LEAVE, "盘亏", *said) for _one in range(3)] + [sell(n) for n in range(8, 12)]
    )
    assert sum(isinstance(one, Stocktake) for one in done) == 1, done
    for stock in Stock.objects.all():
        moved = StockMovement.objects.filter(variant_id=stock.variant_id)
        assert stock.on_hand == sum(one.quantity for one in moved)
    assert_books_are_sound()


@db
def test_the_api_counts_blind(shop: Shop, brand: Brand) -> None:
    clients = {}
    for role in ("warehouse", "manager"):
        person = users.create_user(name=role, role=role, email=f"{role}@count.example", password="qing-he-2026")
        clients[role] = ApiClient(host=f"{brand.slug}.localhost", person=person)
    hand, boss = clients["warehouse"], clients["manager"]
    root = "/api/v1/stocktakes"
    made = hand.post(root, {"warehouse_id": get_default_warehouse_id()}, key="a").json()
    here = f"{root}/{made['id']}"
    assert (made["state"], made["lines"], made["counted_lines"]) == ("open", 3, 0)
    line = hand.post(f"{here}/scan", {"code": "G-01", "quantity": 7}, key="b").json()
    assert (line["counted"], {"snapshot", "expected", "difference"} & line.keys()) == (7, set())
    assert hand.post(f"{here}/counted", {"code": "G-01", "counted": 9}, key="c").status_code == 422
    set_ = hand.post(f"{here}/counted", {"code": "G-01", "counted": 9, "seen": 7}, key="d")
    assert (set_.status_code, set_.json()["counted"]) == (200, 9)
    assert hand.post(f"{here}/finish", key="e").json()["state"] == "counted"
    assert hand.post(f"{here}/reopen", key="f").json()["state"] == "open"
    assert hand.post(f"{here}/finish", key="g").json()["counted_lines"] == 1
    decided = {"uncounted": "leave", "lines": [{"sku": "G-01", "reason": "少"}]}
    assert hand.post(f"{here}/approve", decided, key="h").status_code == 403
    seen = {one["sku"]: one for one in boss.get(f"{here}/lines").json()["items"]}
    assert (seen["G-01"]["expected"], seen["G-01"]["difference"], seen["G-02"]["counted"]) == (100, -91, None)
    assert boss.post(f"{here}/approve", {"lines": []}, key="i").status_code == 422
    assert boss.post(f"{here}/approve", decided, key="j").json()["state"] == "approved"
    assert boss.get(f"{root}?state=approved").json()["items"][0]["id"] == made["id"]
    assert boss.get(f"{root}?state=open&warehouse_id={made['warehouse_id']}").json()["items"] == []
    assert boss.get(here).json()["number"] == made["number"]
    assert on_hand(shop) == [9, 100, 100]
    other = boss.post(root, {"warehouse_id": made["warehouse_id"]}, key="k").json()
    assert boss.post(f"{root}/{other['id']}/cancel", key="l").json()["state"] == "cancelled"


def fill(page: Client, address: str, body: object) -> dict[str, object]:
    answer = page.post(address, body, content_type="application/json")
    found: dict[str, object] = answer.json()
    return found


@db
def test_the_pages_count_review_and_approve(shop: Shop, console_as: ConsoleAs) -> None:
    hand, boss = console_as("warehouse"), console_as("owner")
    base = "/console/inventory/stocktake/"
    sent = hand.post(f"{base}new/", {"warehouse_id": get_default_warehouse_id(), "category_id": "", "note": "年底"})
    made = Stocktake.objects.get()
    here = f"/console/inventory/stocktakes/{made.pk}"
    assert (sent.status_code, made.note) == (302, "年底")
    page = hand.get(f"{here}/count/")
    assert (page.status_code, "camera=(self)" in page.headers["Permissions-Policy"]) == (200, True)
    content = page.content.decode()
    begins = content.index('id="count"')
    blind = content[begins : content.index(f"{base}{made.pk}/change/", begins)]
    assert "G-02" in blind
    assert "100" not in blind.replace("1000000", "")
    assert fill(hand, f"{here}/count/scan/", {"code": "G-01", "quantity": 1})["counted"] == 1
    assert fill(hand, f"{here}/count/scan/", {"code": "G-0", "quantity": 1})["code"] == "unknown_code"
    assert fill(hand, f"{here}/count/set/", {"code": "G-01", "counted": 98, "seen": 1})["counted"] == 98
    assert hand.get(f"{here}/review/").status_code == 403
    hand.post(f"{base}{made.pk}/finish/")
    assert hand.get(f"{here}/count/").status_code == 200
    shown = boss.get(f"{here}/review/").content.decode()
    variant = shop.variant_ids[0]
    assert f'name="reason_{variant}"' in shown
    refused = boss.post(f"{here}/review/", {"uncounted": "leave", "reason": ""})
    assert (refused.status_code, Stocktake.objects.get().state) == (200, "counted")
    done = boss.post(f"{here}/review/", {"uncounted": "leave", "reason": "", f"reason_{variant}": "破损"})
    assert (done.status_code, Stocktake.objects.get().state) == (302, "approved")
    for address in (base, f"{base}{made.pk}/change/", f"{here}/review/", "/console/inventory/stockmovement/"):
        assert boss.get(address).status_code == 200
    assert made.number in boss.get("/console/inventory/stockmovement/").content.decode()
