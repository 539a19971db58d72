"""Invoices and red letters: what they bill, and that they stay as they are."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.database.append_only import AppendOnlyViolation
from kernel.database.switching import as_owner
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.invoicing import selectors
from tenant_apps.invoicing.models import Invoice, InvoiceLine, SellerProfile
from tenant_apps.invoicing.services import documents, seller
from tenant_apps.invoicing.states import BuyerKind, InvoiceKind
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import refund_order

from .conftest import NOW, SELLER, fill_shelves, sell

PERSON = documents.Buyer(BuyerKind.INDIVIDUAL, "王小姐")


def issue(order: Order, buyer: documents.Buyer = PERSON) -> Invoice:
    return documents.issue_invoice(order_id=order.pk, buyer=buyer, now=NOW)


def reverse(invoice: Invoice) -> Invoice:
    return documents.reverse_invoice(invoice_id=invoice.pk, reason="wrong name", now=NOW)


def taxes() -> Decimal:
    return finance.trial_balance().balance_of(AccountCode.TAXES_PAYABLE)


@pytest.mark.django_db
def test_lines_add_up_to_the_document_and_the_document_to_the_paid_money(goods: None) -> None:
    order = sell([("LIP", 3), ("BOOK", 1)], discount="11.11", freight="8.00")
    invoice = issue(order)
    lines = list(invoice.lines.all())
    assert invoice.gross_amount == order.total == sum(line.gross_amount for line in lines)
    assert invoice.tax_amount == sum(line.tax_amount for line in lines)
    assert invoice.net_amount + invoice.tax_amount == invoice.gross_amount
    by_rate = {str(line.tax_rate): line.gross_amount for line in lines if line.order_line_id is None}
    assert by_rate == {"0.130000": Decimal("8.00")}  # freight bears the highest rate of the goods
    assert taxes() == invoice.tax_amount
    assert finance.trial_balance().difference == 0


@pytest.mark.django_db
def test_numbers_have_no_gaps_and_refusals_use_none_up(goods: None) -> None:
    first = issue(sell())
    with pytest.raises(documents.OrderNotInvoiceable):
        issue(sell(paid=False))
    second = issue(sell())
    red = reverse(first)
    assert [first.number, second.number] == ["INV20261001-000001", "INV20261001-000002"]
    assert red.number == "RED20261001-000001"


@pytest.mark.django_db
def test_an_order_has_one_live_invoice_and_a_new_one_after_the_red_letter(goods: None) -> None:
    order = sell()
    first = issue(order)
    with pytest.raises(documents.AlreadyInvoiced):
        issue(order)
    red = reverse(first)
    with pytest.raises(documents.AlreadyReversed):
        reverse(first)
    with pytest.raises(documents.NotReversible):
        reverse(red)
    second = issue(order)
    assert second.replaces_id == red.pk
    last = selectors.get_last_document(order_id=order.pk)
    assert last is not None
    assert last.pk == second.pk
    with pytest.raises(documents.AlreadyInvoiced):
        issue(order)


@pytest.mark.django_db
def test_an_order_refunded_after_its_invoice_asks_for_a_red_letter(goods: None) -> None:
    order = sell([("LIP", 3)], freight="8.00")
    refund_order.refund_order(order_id=order.pk, lines=[refund_order.RefundRequest(0, 0, Decimal(3))], now=NOW)
    invoice = issue(order)

    def due() -> list[tuple[str, Decimal]]:
        found = selectors.list_invoices(needs_red_letter=True)
        return [(one.number, selectors.get_billed_too_much(invoice=one)) for one in found]

    assert due() == []  # what was refunded before was not billed
    refund_order.refund_order(order_id=order.pk, lines=[refund_order.RefundRequest(1, 1)], now=NOW)
    assert due() == [(invoice.number, Decimal("99.99"))]
    reverse(invoice)
    assert due() == []
    assert issue(order).gross_amount == Decimal("204.98")
    assert due() == []


@pytest.mark.django_db
def test_the_red_letter_mirrors_its_original_to_the_fen(goods: None) -> None:
    blue = issue(sell([("LIP", 7), ("BOOK", 3)], discount="0.05"))
    red = reverse(blue)
    assert red.original_id == blue.pk
    for before, after in zip(blue.lines.all(), red.lines.all(), strict=True):
        assert after.quantity == -before.quantity
        assert after.gross_amount == -before.gross_amount
        assert after.tax_amount == -before.tax_amount
    assert taxes() == 0


@pytest.mark.django_db
def test_what_was_refunded_before_is_not_billed(goods: None) -> None:
    order = sell([("LIP", 3), ("BOOK", 1)], freight="8.00")
    requests = [
        refund_order.RefundRequest(1, 1),
        refund_order.RefundRequest(2, 1),
        refund_order.RefundRequest(0, 0, Decimal(3)),
    ]
    refund_order.refund_order(order_id=order.pk, lines=requests, now=NOW)
    invoice = issue(order)
    assert [(line.sku, line.quantity, str(line.gross_amount)) for line in invoice.lines.all()] == [
        ("LIP", 2, "199.98"),
        ("", 1, "5.00"),
    ]
    order.refresh_from_db()
    assert invoice.gross_amount == order.total - order.refunded_amount


@pytest.mark.django_db
def test_a_wholly_refunded_order_is_not_invoiced(goods: None) -> None:
    order = sell()
    refund_order.refund_everything(order_id=order.pk, now=NOW)
    with pytest.raises(documents.OrderNotInvoiceable):
        issue(order)


@pytest.mark.django_db
def test_an_order_that_cost_nothing_has_nothing_to_invoice(goods: None) -> None:
    with pytest.raises(documents.NothingToInvoice):
        issue(sell([("FREE", 1)]))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("buyer", "error", "field"),
    [
        (documents.Buyer(BuyerKind.ORGANISATION, "某某公司"), documents.BuyerIncomplete, "buyer_tax_id"),
        (
            documents.Buyer(BuyerKind.ORGANISATION, "某某公司", "91350100M000100Y44"),
            seller.InvalidTaxId,
            "buyer_tax_id",
        ),
        (documents.Buyer(BuyerKind.INDIVIDUAL, "  "), documents.BuyerIncomplete, "buyer_name"),
    ],
)
def test_a_buyer_that_cannot_be_invoiced(
    goods: None, buyer: documents.Buyer, error: type[documents.BuyerIncomplete], field: str
) -> None:
    with pytest.raises(error) as refusal:
        issue(sell(), buyer)
    assert refusal.value.errors[0].field == field


@pytest.mark.django_db
def test_the_seller_is_a_snapshot(goods: None) -> None:
    invoice = issue(sell())
    seller.put_seller_profile(seller=seller.NewSeller("别的名字", SELLER.tax_id))
    assert Invoice.objects.get(pk=invoice.pk).seller_name == SELLER.legal_name
    assert SellerProfile.objects.count() == 1


@pytest.mark.django_db
def test_without_a_seller_nothing_is_issued() -> None:
    fill_shelves()
    with pytest.raises(documents.SellerProfileMissing):
        issue(sell())
    with pytest.raises(seller.InvalidTaxId):
        seller.put_seller_profile(seller=seller.NewSeller("x", "123"))


@pytest.mark.django_db
def test_documents_are_never_changed(goods: None) -> None:
    invoice = issue(sell())
    with pytest.raises(AppendOnlyViolation):
        invoice.save()
    with pytest.raises(AppendOnlyViolation):
        invoice.lines.all().delete()
    with pytest.raises(AppendOnlyViolation):
        Invoice.objects.filter(pk=invoice.pk).update(buyer_name="x")


@pytest.mark.django_db
def test_the_database_refuses_a_document_that_does_not_add_up(goods: None) -> None:
    invoice = issue(sell())
    statement = "UPDATE invoicing_invoice SET tax_amount = tax_amount + 0.01 WHERE id = %s"
    with (
        pytest.raises(IntegrityError, match="invoicing_invoice_gross_is_net_plus_tax"),
        transaction.atomic(),
        as_owner(),  # a brand has no UPDATE
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [invoice.pk])


@pytest.mark.django_db(transaction=True)
def test_twenty_people_invoice_one_order_at_once(live_brand: Brand) -> None:
    fill_shelves()
    seller.put_seller_profile(seller=SELLER)
    order = sell()

    def attempt(_number: int) -> bool:
        enter_brand(live_brand)
        try:
            issue(order)
        except documents.AlreadyInvoiced:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=10) as pool:
        assert list(pool.map(attempt, range(20))).count(True) == 1
    assert Invoice.objects.filter(kind=InvoiceKind.BLUE).count() == 1
    assert InvoiceLine.objects.count() == 1
