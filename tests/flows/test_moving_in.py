"""A brand moves here: customers, stock, agents' balances and past sales come from files, once, and go again."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile

from kernel.core import clock
from tenant_apps.catalog.services.bundles import NewPart, set_parts
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.commissions import selectors as commissions
from tenant_apps.commissions.services import payouts
from tenant_apps.commissions.states import PayoutMethod
from tenant_apps.customers.models import Address, Customer
from tenant_apps.finance.states import AccountCode
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import jobs, running
from tenant_apps.imports.services.issues import read_issues
from tenant_apps.imports.states import ImportState
from tenant_apps.inventory.models import Stock, StockMovement
from tenant_apps.inventory.services import opening
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.inventory.states import MovementKind
from tenant_apps.ranks.models import AgentSales
from tests.factories.trade import Shop, assert_books_are_sound, balance_of, open_shop, owed_to_agents

pytestmark = pytest.mark.django_db

CUSTOMERS = """姓名,手机号,渠道,会员号,省份,城市,区县,详细地址,备注
王芳,138 0013 8000,,,福建省,厦门市,思明,湖滨南路 1 号,老客户
李雷,+8613900139000,taobao,tb_1,,,,,
,,taobao,tb_2,,,,,
"""
STOCK = "货号,期初数量,成本价,仓库\nNEW-1,300,60,\nNEW-2,200,90.1234,MAIN\n合计,500,,\n"


@pytest.fixture
def shop() -> Shop:
    """Agents, and two SKUs that never moved: NEW-1 and NEW-2."""
    made = open_shop(goods=1)
    product = create_product(name="精华", tax_rate=Decimal("0.13"))
    for sku in ("NEW-1", "NEW-2"):
        add_variant(product_id=product.pk, sku=sku, name=sku, retail_price=Decimal("100"))
    return made


def uploaded(kind: str, text: str) -> ImportJob:
    upload: Any = ContentFile(text.encode(), name=f"{kind}.csv")
    return jobs.create_import(new=jobs.NewImport(kind=kind, upload=upload))


def done(job: ImportJob, start: Callable[..., Any]) -> ImportJob:
    start(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def committed(kind: str, text: str) -> ImportJob:
    job = done(uploaded(kind, text), jobs.start_check)
    assert (job.state, job.reasons) == (ImportState.CHECKED, {})
    job = done(job, jobs.start_commit)
    assert job.state == ImportState.COMMITTED
    return job


def faults(kind: str, text: str) -> list[tuple[int, str, str]]:
    job = done(uploaded(kind, text), jobs.start_check)
    return [(one.line, one.column, one.reason) for _position, one in read_issues(job.issues_stored_as)]


def test_customers_come_once_with_their_addresses_and_go_again() -> None:
    job = done(uploaded("customers", CUSTOMERS), jobs.start_check)
    assert (job.figures, Customer.objects.count()) == ({"added": 3, "known": 0, "addresses": 1}, 0)
    job = done(job, jobs.start_commit)
    assert job.figures == {"added": 3, "known": 0, "addresses": 1}
    address = Address.objects.get()
    assert (address.district_code, address.street, address.is_default) == ("350203", "湖滨南路 1 号", True)
    assert address.customer.phone == address.receiver_phone == "+8613800138000"
    assert committed("customers", CUSTOMERS).figures == {"added": 0, "known": 3, "addresses": 0}
    assert done(job, jobs.start_undo).state == ImportState.UNDONE
    assert Customer.objects.count() == 0


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("王芳,,,,,,,,", ("phone", "missing")),
        ("王芳,138****8000,,,,,,,", ("phone", "bad_phone")),
        ("王芳,,taobao,,,,,,", ("customer", "incomplete")),
        ("王芳,13800138000,,,,,不存在区,一号,", ("district", "unknown_division")),
        ("王芳,13800138000,,,,,鼓楼区,一号,", ("district", "unknown_division")),
        ("王芳,13800138000,,,,,,一号,", ("district", "missing")),
        (",13800138000,,,北京市,北京市,朝阳区,一号,", ("street", "incomplete")),
        ("王芳,,taobao,1.2E+17,,,,,", ("customer", "damaged_identifier")),
    ],
)
def test_a_customer_who_cannot_be_known_again_is_refused_alone(row: str, fault: tuple[str, str]) -> None:
    text = CUSTOMERS.splitlines()[0] + f"\n{row}\n李雷,13900139000,,,,,,,\n"
    assert faults("customers", text)[0][1:] == fault
    job = ImportJob.objects.latest("id")
    assert (job.refused_rows, job.figures["added"]) == (1, 1)


def test_opening_stock_has_its_value_in_the_ledger_and_goes_again(shop: Shop) -> None:
    before = balance_of(AccountCode.GOODS)
    job = committed("opening_stock", STOCK)
    value = Decimal("36024.68")
    assert job.figures == {"lines": 2, "pieces": 500, "value": str(value)}
    assert balance_of(AccountCode.GOODS) - before == value
    assert balance_of(AccountCode.RETAINED_EARNINGS) == value
    assert_books_are_sound()
    assert [found[1:] for found in faults("opening_stock", STOCK)] == [("sku", "moved_before")] * 2
    job = done(job, jobs.start_undo)
    assert (job.state, balance_of(AccountCode.GOODS)) == (ImportState.UNDONE, before)
    opened = StockMovement.objects.filter(kind=MovementKind.OPENING)
    assert (opened.count(), sum(row.quantity for row in opened), sum(row.value for row in opened)) == (4, 0, 0)
    assert_books_are_sound()


def test_opening_stock_of_no_value_posts_nothing_and_goes_again(shop: Shop) -> None:
    before = balance_of(AccountCode.GOODS)
    job = committed("opening_stock", "sku,quantity,cost\nNEW-1,5,0\n")
    assert (job.figures["value"], balance_of(AccountCode.GOODS)) == ("0.00", before)
    assert done(job, jobs.start_undo).state == ImportState.UNDONE
    opening.take_back_opening(reference="never", now=clock.now())
    assert balance_of(AccountCode.GOODS) == before
    assert_books_are_sound()


def test_a_bundle_has_no_opening_stock(shop: Shop) -> None:
    bundle = create_product(name="组合", kind="bundle")
    box = add_variant(product_id=bundle.pk, sku="SET", retail_price=Decimal(9))
    set_parts(variant_id=box.pk, parts=[NewPart(shop.variant_ids[0], 2)])
    assert faults("opening_stock", "sku,quantity,cost\nSET,5,1\n") == [(2, "sku", "bundle")]


def test_opening_stock_stays_once_goods_were_moved(shop: Shop) -> None:
    job = committed("opening_stock", "sku,quantity,cost\nNEW-1,5,10\n")
    variant = Stock.objects.get(on_hand=5).variant_id
    inventory.reserve(source="order:1", lines=[inventory.StockLine(variant, 1)], now=clock.now())
    job = done(job, jobs.start_undo)
    assert (job.state, Stock.objects.get(variant_id=variant).on_hand) == (ImportState.COMMITTED, 5)
    assert job.message


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("NOPE,1,1,", ("sku", "unknown_sku")),
        ("NEW-1,0,1,", ("quantity", "out_of_range")),
        ('NEW-1,"1,5",1,', ("quantity", "bad_number")),
        ("NEW-1,1,,", ("cost_price", "missing")),
        ("NEW-1,1,1,NOWHERE", ("warehouse", "unknown_warehouse")),
        ("NEW-1,1,1,\nNEW-1,2,1,MAIN", ("sku", "twice_in_file")),
    ],
)
def test_opening_stock_is_refused_with_row_and_column(shop: Shop, row: str, fault: tuple[str, str]) -> None:
    text = "sku,quantity,cost,warehouse\n" + row + "\n"
    assert [found[1:] for found in faults("opening_stock", text)] == [fault]


def test_balances_are_available_at_once_and_stay_once_they_were_asked_for(shop: Shop) -> None:
    agent = shop.ling
    text = f'代理编号,余额\n{agent.code},"1,280.50"\n'
    job = committed("agent_balances", text)
    now = clock.now()
    assert job.figures == {"agents": 1, "total": "1280.50"}
    balance = commissions.balance_of(agent_id=agent.pk, as_of=now)
    assert (balance.opening, balance.available) == (Decimal("1280.50"), Decimal("1280.50"))
    assert owed_to_agents() == Decimal("1280.50") == balance_of(AccountCode.OTHER_PAYABLES)
    assert faults("agent_balances", text) == [(2, "agent_code", "opened_before")]
    assert done(job, jobs.start_undo).state == ImportState.UNDONE
    assert commissions.balance_of(agent_id=agent.pk, as_of=clock.now()).available == Decimal("0.00")
    assert balance_of(AccountCode.OTHER_PAYABLES) == Decimal("0.00")
    again = committed("agent_balances", text)
    payouts.request_payout(
        agent_id=agent.pk,
        amount=Decimal("100.00"),
        payee=payouts.Payee(PayoutMethod.BANK, "Ling", "6222000011112222"),
        now=clock.now(),
    )
    again = done(again, jobs.start_undo)
    assert (again.state, bool(again.message)) == (ImportState.COMMITTED, True)


def test_past_sales_count_by_day_and_month_once(shop: Shop) -> None:
    agent = shop.ling
    text = f"代理编号,月份,销售额\n{agent.code},2026-08,18600\n{agent.phone},2026年9月3日,￥1\n"
    job = committed("past_sales", text)
    assert job.figures == {"days": 2, "agents": 1, "total": "18601.00"}
    sold = {
        str(day): paid - refunded for day, paid, refunded in AgentSales.objects.values_list("day", "paid", "refunded")
    }
    assert sold == {"2026-08-31": Decimal("18600.00"), "2026-09-03": Decimal("1.00")}
    assert [found[1:] for found in faults("past_sales", text)] == [("day", "known_sales")] * 2
    assert done(job, jobs.start_undo).state == ImportState.UNDONE
    assert all(paid == refunded for paid, refunded in AgentSales.objects.values_list("paid", "refunded"))
    assert committed("past_sales", text).figures["total"] == "18601.00"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("NOBODY,2026-08,1", ("agent_code", "unknown_agent")),
        ("{code},2026-13,1", ("day", "bad_date")),
        ("{code},2099-01,1", ("day", "future")),
        ("{code},2026-08,1.234", ("sales", "too_many_places")),
        ("{code},2026-08,1\n{phone},2026-08-31,1", ("day", "twice_in_file")),
    ],
)
def test_past_sales_are_refused_with_row_and_column(shop: Shop, row: str, fault: tuple[str, str]) -> None:
    row = row.replace("{code}", shop.ling.code).replace("{phone}", shop.ling.phone)
    assert [found[1:] for found in faults("past_sales", f"agent,day,sales\n{row}\n")] == [fault]
