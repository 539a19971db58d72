"""Refusals of after-sales: rules by a table, services that change nothing, dialogs that were filled in wrongly."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.core.money import ZERO
from kernel.files import storage
from kernel.files.images import Picture
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.orders.admin.after_sales import name_after_sales
from tenant_apps.orders.models import AfterSale, Order, OrderLine, Refund
from tenant_apps.orders.rules.after_sales import (
    InspectedLine,
    NewAfterSale,
    NewAfterSaleLine,
    Replacement,
    ReturnableLine,
    ensure_inspectable,
    plan_after_sale,
)
from tenant_apps.orders.rules.refunds import FREIGHT_LINE, Refundable
from tenant_apps.orders.services.after_sales import deciding, goods, photos, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale
from tenant_apps.orders.services.close_order import deliver_order
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_order
from tenant_apps.orders.services.ship_order import ship_order
from tests.factories.pictures import picture_bytes
from tests.factories.trade import Shop, assert_books_are_sound, sell

pytestmark = pytest.mark.django_db
HELD = {1: ReturnableLine(1, True, 3, Refundable(1, 3, Decimal(30), 0, ZERO))}
FREIGHT = Refundable(FREIGHT_LINE, 0, Decimal(8), 0, ZERO)
RETURN = NewAfterSale(kind="return", reason="quality", lines=[NewAfterSaleLine(1, 1)])
EXCHANGE = replace(RETURN, kind="exchange", replacements=[Replacement("G-02", 1)])
REFUSED: list[tuple[NewAfterSale, set[tuple[str, str]]]] = [
    (replace(RETURN, kind="gift"), {("kind", "unknown_kind")}),
    (replace(RETURN, reason="mood"), {("reason", "unknown_reason")}),
    (replace(RETURN, kind="gift", reason="mood"), {("kind", "unknown_kind"), ("reason", "unknown_reason")}),
    (replace(EXCHANGE, difference=Decimal("0.005")), {("difference", "too_many_decimals")}),
    (replace(EXCHANGE, replacements=[Replacement("G-02", 0)]), {("replacements.0.quantity", "invalid_quantity")}),
    (replace(EXCHANGE, lines=[NewAfterSaleLine(1)]), {("lines.0.quantity", "nothing_named")}),
]
SIGNED = (("G-01", 3), ("G-02", 1))


@pytest.fixture
def order(shop: Shop) -> Order:
    """Three pieces at 10.00, one at 20.00, no freight: signed for."""
    made = sell(*SIGNED)
    pay_order(order_id=made.pk, method="bank", reference="b-1", now=clock.now())
    ship_order(order_id=made.pk, carrier="SF", tracking_number="SF1", now=clock.now())
    return deliver_order(order_id=made.pk, now=clock.now())


@pytest.fixture
def console(brand: Brand) -> Client:
    owner = users.create_user(name="owner", role="owner", email="owner@console.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(owner)
    return client


def ask(order: Order, wanted: NewAfterSale = RETURN) -> AfterSale:
    return request_after_sale(order_id=order.pk, wanted=wanted, now=clock.now())


def approved(order: Order, wanted: NewAfterSale = RETURN) -> AfterSale:
    return deciding.approve_after_sale(after_sale_id=ask(order, wanted).pk, now=clock.now())


def received(order: Order, *lines: NewAfterSaleLine) -> AfterSale:
    made = approved(order, replace(RETURN, lines=lines))
    return goods.receive_goods(after_sale_id=made.pk, now=clock.now())


def states(after_sale: AfterSale) -> tuple[str, str, str]:
    after_sale.refresh_from_db()
    return after_sale.state, after_sale.goods_state, after_sale.settlement_state


def place_of(after_sale: AfterSale) -> str:
    return f"/console/orders/aftersale/{after_sale.pk}"


def uploads(count: int) -> list[photos.Upload]:
    return [photos.Upload(f"{number}.jpg", ContentFile(picture_bytes())) for number in range(count)]


@pytest.mark.parametrize(("wanted", "faults"), REFUSED, ids=[str(sorted(faults)) for _, faults in REFUSED])
def test_requests_against_the_rules(wanted: NewAfterSale, faults: set[tuple[str, str]]) -> None:
    with pytest.raises(DomainError) as refusal:
        plan_after_sale(wanted, HELD, FREIGHT)
    assert refusal.value.code == "invalid_after_sale"
    assert {(one.field, one.code) for one in refusal.value.errors} == faults


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], ("lines", "lines_missing")),
        ([InspectedLine(2, good=1)], ("lines.0.line_no", "unknown_line")),
        ([InspectedLine(1, good=2, lost=-1)], ("lines.0.good", "wrong_count")),
        ([InspectedLine(1, good=1, unit_cost=Decimal(-1))], ("lines.0.unit_cost", "cost_known")),
    ],
)
def test_inspections_against_the_rules(lines: list[InspectedLine], fault: tuple[str, str]) -> None:
    with pytest.raises(DomainError) as refusal:
        ensure_inspectable(lines, {1: 2}, takes_cost=True)
    assert refusal.value.code == "invalid_inspection"
    assert [(one.field, one.code) for one in refusal.value.errors] == [fault]


def test_what_is_waived_needs_a_reason_and_stays_waived(order: Order) -> None:
    made = approved(order, EXCHANGE)
    for waive in (goods.waive_goods, settling.waive_settlement):
        with pytest.raises(DomainError) as refusal:
            waive(after_sale_id=made.pk, reason="  ", now=clock.now())
        assert (refusal.value.code, refusal.value.errors[0].field) == ("reason_missing", "reason")
    assert states(made) == ("approved", "expected", "due")
    settling.waive_settlement(after_sale_id=made.pk, reason=" 已损坏 ", now=clock.now())
    assert states(made) == ("approved", "expected", "waived")
    assert made.decision == "已损坏"
    with pytest.raises(DomainError) as refusal:
        settling.exchange_goods(after_sale_id=made.pk, now=clock.now())
    assert refusal.value.code == "not_an_exchange"
    goods.waive_goods(after_sale_id=made.pk, reason="留给买家", now=clock.now())
    assert states(made) == ("done", "waived", "waived")
    assert not OrderLine.objects.exclude(claimed_quantity=0).exists()
    assert Order.objects.count() == 1
    assert_books_are_sound()


def test_no_more_than_nine_photos(order: Order) -> None:
    made = ask(order)
    photos.add_photos(after_sale_id=made.pk, uploads=uploads(8))
    with pytest.raises(DomainError) as refusal:
        photos.add_photos(after_sale_id=made.pk, uploads=uploads(2))
    assert (refusal.value.code, refusal.value.errors[0].field) == ("too_many_photos", "photos")
    made.refresh_from_db()
    assert [one["name"] for one in made.photos] == [f"{number}.jpg" for number in range(8)]


def test_photos_of_a_failed_upload_do_not_stay(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ask(order)
    deleted: list[str] = []
    stored: list[str] = []

    def store(picture: Picture, *, folder: str) -> tuple[str, str]:
        if stored:
            raise OSError(folder)
        stored.extend([f"{folder}/a.jpg", f"{folder}/a.webp"])
        return stored[0], stored[1]

    monkeypatch.setattr(photos, "store_picture", store)
    monkeypatch.setattr(storage, "delete_file", deleted.append)
    with pytest.raises(OSError, match="after-sales"):
        photos.add_photos(after_sale_id=made.pk, uploads=uploads(2))
    assert deleted == stored == ["after-sales/a.jpg", "after-sales/a.webp"]
    made.refresh_from_db()
    assert made.photos == []


@pytest.mark.parametrize(("act", "state"), [("refuse", "refused"), ("cancel", "cancelled")])
def test_decisions_in_the_console(console: Client, order: Order, act: str, state: str) -> None:
    made = ask(order)
    ask(order, replace(RETURN, lines=[NewAfterSaleLine(2, 1)]))  # stays open
    before = states(made)
    answer = console.post(f"{place_of(made)}/{act}/", {"reason": ""})
    assert answer.status_code == 200
    assert answer.context["form"].has_error("reason", "required")
    assert states(made) == before
    assert console.post(f"{place_of(made)}/{act}/", {"reason": "已使用"}).status_code == 302
    assert states(made)[0] == state
    assert made.decision == "已使用"
    queue = console.get("/console/orders/aftersale/").content.decode()
    assert made.number in queue
    assert "bn-alarm" not in queue


@pytest.mark.parametrize(
    ("act", "wanted"),
    [("waive_goods", ("approved", "waived", "due")), ("waive_settlement", ("approved", "expected", "waived"))],
)
def test_waiving_in_the_console(console: Client, order: Order, act: str, wanted: tuple[str, str, str]) -> None:
    made = approved(order)
    assert console.post(f"{place_of(made)}/{act}/", {"reason": " "}).status_code == 200
    assert states(made) == ("approved", "expected", "due")
    assert console.post(f"{place_of(made)}/{act}/", {"reason": "好评老客"}).status_code == 302
    assert states(made) == wanted
    assert made.decision == "好评老客"


def test_photos_in_the_console(console: Client, order: Order) -> None:
    made = ask(order)
    answer = console.post(f"{place_of(made)}/add_photos/", {})
    assert answer.context["form"].has_error("photos", "required")
    files = [SimpleUploadedFile(f"{name}.jpg", picture_bytes(), content_type="image/jpeg") for name in "ab"]
    assert console.post(f"{place_of(made)}/add_photos/", {"photos": files}).status_code == 302
    made.refresh_from_db()
    assert [one["name"] for one in made.photos] == ["a.jpg", "b.jpg"]


def test_an_exchange_in_the_console(console: Client, order: Order) -> None:
    fields = {"reason": "quality", "everything": "on", "to_refund": "2"}
    assert console.post(f"/console/orders/order/{order.pk}/ask_exchange/", fields).status_code == 302
    made = AfterSale.objects.get()
    assert (made.difference, made.replacements) == (
        Decimal(-2),
        [{"sku": "G-01", "quantity": 3}, {"sku": "G-02", "quantity": 1}],
    )
    deciding.approve_after_sale(after_sale_id=made.pk, now=clock.now())
    assert console.post(f"{place_of(made)}/exchange/", {}).status_code == 302
    made.refresh_from_db()
    sent = made.exchange_order
    assert sent is not None
    assert sent.number in console.get(f"{place_of(made)}/change/").content.decode()
    page = console.get(f"/console/orders/order/{sent.pk}/change/")
    assert order.number in page.content.decode()
    names = name_after_sales(page.wsgi_request, [made.pk, made.pk + 1])
    assert list(names) == [made.pk]
    assert made.number in names[made.pk][0]
    assert names[made.pk][1] == f"{place_of(made)}/change/"


def test_the_dialogs_offer_what_is_left(console: Client, order: Order) -> None:
    refund_order(order_id=order.pk, lines=[RefundRequest(2, 1)], restock=False, now=clock.now())
    made = received(order, NewAfterSaleLine(1, 3))
    goods.inspect_goods(after_sale_id=made.pk, lines=[InspectedLine(1, good=3)], now=clock.now())
    place = f"/console/orders/order/{order.pk}"
    fields = {act: set(console.get(f"{place}/{act}/").context["form"].fields) for act in ("ask_refund", "ask_return")}
    assert not {"line_2_refund_quantity", "freight"} & fields["ask_refund"]
    assert "line_2_quantity" in fields["ask_return"]
    assert not {"line_1_quantity", "freight", "late_reason"} & fields["ask_return"]


def test_a_late_request_says_why(console: Client, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(delivered_at=clock.now() - timedelta(days=8))
    place = f"/console/orders/order/{order.pk}/ask_return/"
    sent = {"reason": "quality", "line_1_quantity": "1"}
    answer = console.post(place, sent)
    assert answer.context["form"].has_error("late_reason", "required")
    assert not AfterSale.objects.exists()
    assert console.post(place, {**sent, "late_reason": "老客户"}).status_code == 302
    assert AfterSale.objects.get().late_reason == "老客户"


def test_an_inspection_in_parts(console: Client, order: Order) -> None:
    second = create_warehouse(code="B", name="二仓")
    made = received(order, NewAfterSaleLine(1, 2), NewAfterSaleLine(2, 1))
    place = f"{place_of(made)}/inspect/"
    assert "warehouse" in console.get(place).context["form"].fields
    answer = console.post(place, {"everything": "on", "line_1_good": "1"})
    assert answer.context["form"].has_error("__all__", "everything_and_parts")
    assert states(made)[1] == "received"
    assert console.post(place, {"line_2_good": "1", "warehouse": f"{second.pk}"}).status_code == 302
    assert Stock.objects.get(warehouse=second).on_hand == 1
    form = console.get(place).context["form"]
    assert "line_1_good" in form.fields
    assert "line_2_good" not in form.fields
    assert console.post(place, {"everything": "on"}).status_code == 302
    assert states(made)[1] == "inspected"
    assert_books_are_sound()


@pytest.mark.parametrize("amount", ["x", "-1", "10.01"])
def test_a_wrong_amount_is_not_paid_back(console: Client, order: Order, amount: str) -> None:
    made = approved(order)
    answer = console.post(f"{place_of(made)}/pay_back/", {"amount": amount, "_sum": "10.00"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert states(made) == ("approved", "expected", "due")
    assert not Refund.objects.exists()
