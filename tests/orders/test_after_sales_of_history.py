"""Imported past orders are refunded and returned like others; the refund says where its money comes from."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent
from tenant_apps.finance.models import LedgerEntry
from tenant_apps.finance.states import AccountCode
from tenant_apps.imports.services import jobs, running
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import AfterSale, Channel, Order, Refund
from tenant_apps.orders.rules.after_sales import InspectedLine, NewAfterSale, NewAfterSaleLine
from tenant_apps.orders.services.after_sales import deciding, goods, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale
from tenant_apps.orders.services.refund_order import RefundRequest, RefundTerms, refund_on_terms, refund_order
from tenant_apps.ranks.models import SalesPosting
from tests.factories.trade import Shop, balance_of

pytestmark = pytest.mark.django_db
FILE = (
    "订单号,商家编码,商品名称,数量,单价,下单时间,收货人姓名,代理商\n"
    "T1,G-01,面霜,3,12.00,2026-03-01 10:00:00,王芳,LING\n"
    "T1,OLD,旧款,1,4.00,2026-03-01 10:00:00,王芳,LING\n"
)


@pytest.fixture
def order(shop: Shop) -> Order:
    """Three creams at 12.00 and one piece that the books never had, by a file of past orders."""
    Channel.objects.create(code="old", name="Old shop", kind="import")
    new = jobs.NewImport(
        kind="orders", channel="old", mode="history", upload=ContentFile(FILE.encode(), name="old.csv"), options={}
    )
    job = jobs.create_import(new=new)
    for start in (jobs.start_check, jobs.start_commit):
        start(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
        job.refresh_from_db()
        assert not job.refused_rows, job.reasons
    return Order.objects.get()


def ask(order: Order, *lines: NewAfterSaleLine, kind: str = "return") -> AfterSale:
    wanted = NewAfterSale(kind=kind, reason="quality", lines=lines, late_reason="老客户")
    made = request_after_sale(order_id=order.pk, wanted=wanted, now=clock.now())
    return deciding.approve_after_sale(after_sale_id=made.pk, now=clock.now())


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(DomainError) as refusal:
        call()
    return refusal.value.code, refusal.value.errors[0].field


def test_money_outside_the_books_moves_none_of_it(order: Order) -> None:
    entries = LedgerEntry.objects.count()
    terms = RefundTerms(method="outside")
    refund = refund_on_terms(order_id=order.pk, lines=[RefundRequest(1, 1)], terms=terms, now=clock.now())
    assert (refund.amount, refund.method) == (Decimal("12.00"), "outside")
    assert LedgerEntry.objects.count() == entries
    order.refresh_from_db()
    assert (order.state, order.payment_state) == ("completed", "partly_refunded")
    assert not SalesPosting.objects.exists()
    assert order.receiver["name"] == "王芳"
    assert order.agent_id == Agent.objects.get(code="LING").pk


def test_money_of_the_channel_is_taken_from_it(order: Order) -> None:
    before = balance_of(AccountCode.PLATFORM_CLEARING), balance_of(AccountCode.REVENUE)
    terms = RefundTerms(method="channel")
    refund_on_terms(order_id=order.pk, lines=None, terms=terms, now=clock.now())
    assert balance_of(AccountCode.PLATFORM_CLEARING) == before[0] - 40
    assert balance_of(AccountCode.REVENUE) == before[1] - 40


def test_the_way_of_the_money_is_asked_for(order: Order) -> None:
    now = clock.now()
    assert refused(lambda: refund_order(order_id=order.pk, lines=[RefundRequest(1, 1)], now=now)) == (
        "no_payment",
        "method",
    )
    terms = RefundTerms(restock=True, method="outside")
    assert refused(lambda: refund_on_terms(order_id=order.pk, lines=[RefundRequest(1, 1)], terms=terms, now=now)) == (
        "restock_by_after_sale",
        "restock",
    )


def test_goods_come_back_at_what_the_books_say_they_are_worth(shop: Shop, order: Order) -> None:
    made = ask(order, NewAfterSaleLine(1, 2), NewAfterSaleLine(2, 1))
    goods.receive_goods(after_sale_id=made.pk, now=clock.now())
    both = [InspectedLine(1, good=1, lost=1), InspectedLine(2, good=1)]

    def inspect(*lines: InspectedLine) -> AfterSale:
        return goods.inspect_goods(after_sale_id=made.pk, lines=lines, now=clock.now())

    assert refused(lambda: inspect(*both))[0] == "cost_unknown"
    cost = balance_of(AccountCode.COST_OF_GOODS)
    inspect(both[0], InspectedLine(2, good=1, unit_cost=Decimal("1.5")))
    cream = Stock.objects.get(variant_id=shop.variant_ids[0])
    assert (cream.on_hand, cream.value) == (101, Decimal("404.00"))
    old = Stock.objects.get(variant__sku="OLD")
    assert (old.on_hand, old.value) == (1, Decimal("1.50"))
    assert balance_of(AccountCode.COST_OF_GOODS) == cost  # they were not sold through these books
    given = settling.refund_after_sale(after_sale_id=made.pk, method="outside", now=clock.now())
    assert given.amount == Decimal("28.00")
    made.refresh_from_db()
    assert made.state == "done"
    line = order.lines.get(line_no=1)
    assert (line.shipped_quantity, line.returned_quantity, line.written_off_quantity) == (3, 1, 1)


def test_the_dialogs_ask_for_the_way(brand: Brand, order: Order) -> None:
    owner = users.create_user(name="owner", role="owner", email="owner@console.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(owner)
    place = f"/console/orders/order/{order.pk}/refund/"
    form = console.get(place).context["form"]
    assert "method" in form.fields
    assert "restock" not in form.fields
    assert console.post(place, {"line_1": "1", "_sum": "12.00"}).status_code == 200
    assert console.post(place, {"line_1": "1", "method": "outside", "_sum": "12.00"}).status_code == 302
    assert Refund.objects.get().method == "outside"
    assert "账外" in console.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    made = ask(order, NewAfterSaleLine(1, 2))
    goods.receive_goods(after_sale_id=made.pk, now=clock.now())
    assert "unit_cost" in console.get(f"/console/orders/aftersale/{made.pk}/inspect/").content.decode()
    inventory.receive(
        lines=[inventory.ReceiptLine(made.lines.get().line.variant_id, 1, Decimal(4))], reference="x", now=clock.now()
    )
    sent = {"line_1_good": "2"}
    assert console.post(f"/console/orders/aftersale/{made.pk}/inspect/", sent).status_code == 302
    sent = {"method": "bank", "_sum": "24.00"}
    assert console.post(f"/console/orders/aftersale/{made.pk}/pay_back/", sent).status_code == 302
