"""The pages of prices: matrix, changes with their preview, and the lists of rules."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import clock
from tenant_apps.catalog.models import Category, Variant
from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, MinimumLot, PriceChange, SuggestedRetailRange
from tenant_apps.pricing.selectors.level_prices import list_level_prices
from tenant_apps.pricing.services.level_prices import set_level_price
from tests.factories.hands import ConsoleAs
from tests.factories.lists import act_on
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db

MATRIX = "/console/pricing/matrix/"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def prices(shop: Shop) -> list[Decimal | None]:
    rows = list_level_prices(level_id=shop.ling.level_id, in_force_at=clock.now()).order_by("valid_from", "id")
    found = dict(rows.values_list("variant_id", "price"))
    return [found.get(one) for one in shop.variant_ids]


def test_the_matrix_saves_what_was_changed_and_ends_what_was_emptied(console: Client, shop: Shop) -> None:
    text = console.get(MATRIX).content.decode()
    first, second, third = (f"{shop.ling.level_id}-{one}" for one in shop.variant_ids)
    assert f'name="p-{first}" value="7.00"' in text
    assert "G-03" in text
    form = {
        f"o-{first}": "7.00",
        f"p-{first}": "6.5",
        f"o-{second}": "14.00",
        f"p-{second}": "",
        f"o-{third}": "20.00",
        f"p-{third}": "20.00",
    }
    assert console.post(f"{MATRIX}?q=G", form).status_code == 302
    assert prices(shop) == [Decimal("6.50"), None, Decimal(21)]  # the third stays as somebody else set it meanwhile
    assert "G-01" not in console.get(f"{MATRIX}?q=G-02").content.decode()


@pytest.mark.parametrize("bad", ["free", "-1", "1.005", "99999999999", "NaN", "1e400"])
def test_a_bad_cell_saves_nothing(console: Client, shop: Shop, bad: str) -> None:
    first, second = (f"{shop.ling.level_id}-{one}" for one in shop.variant_ids[:2])
    answer = console.post(MATRIX, {f"p-{first}": "1", f"p-{second}": bad})
    assert answer.status_code == 200
    assert prices(shop) == [Decimal(7), Decimal(14), Decimal(21)]
    unknown = console.post(MATRIX, {"p-999999-999999": "1", "p-x-1": "1", "p-١-1": "1"})
    assert unknown.status_code == 200


def test_who_may_only_see_cannot_save(console_as: ConsoleAs, shop: Shop) -> None:
    sales = console_as("sales")
    text = sales.get(MATRIX).content.decode()
    assert "7.00" in text
    assert 'name="p-' not in text
    assert sales.post(MATRIX, {"p-1-1": "1"}).status_code == 403
    assert sales.get("/console/pricing/changes/new/").status_code == 403
    assert console_as("warehouse").get(MATRIX).status_code == 403


def test_a_change_by_hand_in_the_console(console: Client, shop: Shop) -> None:
    Variant.objects.filter(id=shop.variant_ids[0]).update(cost_price=Decimal("4"))
    moment = clock.now().astimezone(clock.brand_zone()) + timedelta(days=3)
    form = {"name": "秋季调价", "effective_at": f"{moment:%Y-%m-%dT%H:%M}"}
    assert console.post("/console/pricing/changes/new/", form).status_code == 302
    change = PriceChange.objects.get()
    assert change.effective_at == moment.replace(second=0, microsecond=0)
    page = f"/console/pricing/changes/{change.pk}/"
    line = {"action": "plan", "sku": "g-01", "level_id": shop.ling.level_id, "min_quantity": 1, "price": "3.00"}
    assert console.post(page, {**line, "sku": "NIX"}).status_code == 200
    assert console.post(page, line).status_code == 302
    assert console.post(page, {**line, "sku": "G-02"}).status_code == 302
    dropped = change.prices.get(variant_id=shop.variant_ids[1])
    assert console.post(page, {"drop": dropped.pk}).status_code == 302
    text = console.get(page).content.decode()
    assert "-57.1" in text
    assert "bn-alarm" in text
    assert console.post(page, {"action": "schedule"}).status_code == 302
    change.refresh_from_db()
    assert change.state == "scheduled"
    assert "秋季调价" in console.get("/console/pricing/pricechange/").content.decode()
    assert console.get(f"/console/pricing/pricechange/{change.pk}/change/").headers["Location"] == page
    assert console.post(page, {"action": "cancel"}).status_code == 302
    change.refresh_from_db()
    assert change.state == "cancelled"


def test_a_price_list_in_the_console(console: Client, shop: Shop) -> None:
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "金牌"])
        sheet.write_row(1, 0, ["G-01", 8])
    form = {"name": "x", "effective_at": "2099-01-01T00:00"}
    good = {**form, "file": SimpleUploadedFile("a.xlsx", file.getvalue())}
    assert console.post("/console/pricing/changes/new/", good).status_code == 302
    assert PriceChange.objects.get().prices.count() == 1
    bad = {**form, "file": SimpleUploadedFile("a.xlsx", b"no workbook")}
    assert console.post("/console/pricing/changes/new/", bad).status_code == 200
    assert (
        console.post("/console/pricing/changes/new/", {**form, "effective_at": "2020-01-01T00:00"}).status_code == 200
    )
    assert PriceChange.objects.count() == 1


def test_the_price_list_goes_out_and_comes_in_the_same(console: Client, shop: Shop) -> None:
    set_level_price(
        level_id=shop.ling.level_id,
        variant_id=shop.variant_ids[0],
        price=Decimal("6.25"),
        min_quantity=10,
        now=clock.now(),
    )
    file = console.get("/console/pricing/prices.xlsx").getvalue()
    form = {"name": "x", "effective_at": "2099-01-01T00:00", "file": SimpleUploadedFile("a.xlsx", file)}
    assert console.post("/console/pricing/changes/new/", form).status_code == 302
    planned = PriceChange.objects.get().prices.order_by("variant_id", "min_quantity")
    assert [(one.min_quantity, one.price) for one in planned] == [
        (1, Decimal(7)),
        (10, Decimal("6.25")),
        (1, Decimal(14)),
        (1, Decimal(21)),
    ]


def test_the_lists_of_rules(console: Client, shop: Shop) -> None:
    category = Category.objects.create(name="面霜")
    level = shop.ling.level_id
    variant = shop.variant_ids[0]
    forms: list[tuple[str, dict[str, object], dict[str, object], type]] = [
        (
            "categorydiscount",
            {"level": level, "category": category.pk, "rate": "8 折"},
            {"rate": "4"},
            CategoryDiscount,
        ),
        (
            "agentprice",
            {"agent": shop.ling.pk, "variant": variant, "min_quantity": 1, "price": "5", "note": ""},
            {"price": "-1"},
            AgentPrice,
        ),
        ("minimumlot", {"level": "all", "variant": variant, "minimum": 6, "step": 3}, {"step": 0}, MinimumLot),
        (
            "suggestedretailrange",
            {"level": "all", "variant": variant, "lowest": "9", "highest": "12"},
            {"highest": "8"},
            SuggestedRetailRange,
        ),
    ]
    for name, form, wrong, model in forms:
        everything = next((field for field in ("category", "level") if form.get(field) in {"all", category.pk}), None)
        if everything:
            left_empty = console.post(f"/console/pricing/{name}/add/", {**form, everything: ""})
            assert list(left_empty.context["adminform"].form.errors) == [everything]
        path = f"/console/pricing/{name}/"
        refused = console.post(f"{path}add/", {**form, **wrong})
        assert refused.status_code == 200, name
        errors = refused.context["adminform"].form.errors
        assert set(errors) <= {*wrong, "__all__", "lowest"}, name
        assert "pricing_" not in str(errors), name  # no constraint's name, but the rule in words
        assert console.post(f"{path}add/", form).status_code == 302, name
        row = model._default_manager.get()  # type: ignore[attr-defined]
        assert console.get(f"{path}{row.pk}/change/").status_code == 200
        action = "remove_selected" if name in {"minimumlot", "suggestedretailrange"} else "end_selected"
        assert act_on(console, path, action, [row.pk]).status_code == 302
        assert console.get(path).status_code == 200
    assert not MinimumLot.objects.exists()
    assert not SuggestedRetailRange.objects.exists()
    assert not AgentPrice.objects.filter(valid_until=None).exists()
