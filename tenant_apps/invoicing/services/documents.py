"""Issue an invoice for a paid order, and reverse it by a red letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kernel.china.numbers import is_credit_code, normalise_credit_code
from kernel.core import audit, clock, numbering
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.money import ZERO
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import current_brand
from shared_apps.entitlements.services import features
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.invoicing import rules, selectors
from tenant_apps.invoicing.models import Invoice, InvoiceLine
from tenant_apps.invoicing.services.seller import InvalidTaxId
from tenant_apps.invoicing.states import NUMBER_KINDS, BuyerKind, InvoiceKind
from tenant_apps.orders.selectors import facts as order_facts
from tenant_apps.orders.services import locking


class SellerProfileMissing(Conflict):
    code = "seller_profile_missing"
    title = _("Enter the brand's own invoice details first")


class BuyerIncomplete(Invalid):
    code = "buyer_incomplete"
    title = _("An organisation is invoiced by its name and tax number")


class OrderNotInvoiceable(Conflict):
    code = "order_not_invoiceable"
    title = _("Only a paid order is invoiced")


class NothingToInvoice(Conflict):
    code = "nothing_to_invoice"
    title = _("All of this order's money was refunded")


class AlreadyInvoiced(Conflict):
    code = "already_invoiced"
    title = _("This order has an invoice; take it back by a red letter first")


class UnknownVatRate(Conflict):
    code = "unknown_vat_rate"
    title = _("A line carries a tax rate that VAT does not know")


class NotReversible(Conflict):
    code = "not_reversible"
    title = _("A red letter cannot be taken back; issue a new invoice instead")


class AlreadyReversed(Conflict):
    code = "already_reversed"
    title = _("This invoice is reversed already")


@dataclass(frozen=True)
class Buyer:
    """Buyer named on an invoice. The tax number is optional for individuals."""

    kind: BuyerKind
    name: str
    tax_id: str = ""


@transaction.atomic
def issue_invoice(*, order_id: int, buyer: Buyer, now: datetime) -> Invoice:
    """Issue the blue letter for the part of an order that was paid and not refunded so far.

    Posts the tax contained in the revenue to taxes payable. Raises SellerProfileMissing, BuyerIncomplete, InvalidTaxId,
    OrderNotInvoiceable, NothingToInvoice, AlreadyInvoiced, UnknownVatRate, FeatureNotInPlan and orders' OrderNotFound.
    """
    features.ensure_feature("invoicing")
    buyer = _checked(buyer)
    seller = selectors.get_seller_profile()
    if seller is None:
        raise SellerProfileMissing
    locking.lock_order(order_id)  # a refund at this moment is either billed less, or waits and comes after the invoice
    facts = order_facts.get_order_facts(order_id=order_id)
    if not facts.is_invoiceable:
        raise OrderNotInvoiceable
    last = selectors.get_last_document(order_id=order_id)
    if last is not None and last.kind == InvoiceKind.BLUE:
        raise AlreadyInvoiced(number=last.number)
    lines = _blue_lines(facts)
    invoice = Invoice(
        kind=InvoiceKind.BLUE,
        order_id=order_id,
        order_number=facts.number,
        replaces=last,
        buyer_kind=buyer.kind,
        buyer_name=buyer.name,
        buyer_tax_id=buyer.tax_id,
        issued_at=now,
        **selectors.seller_block(seller),
    )
    return _write(invoice, lines)


@transaction.atomic
def reverse_invoice(*, invoice_id: int, reason: str, now: datetime) -> Invoice:
    """Reverse an invoice by a red letter: the same lines with negative amounts, once.

    Raises InvoiceNotFound, NotReversible, AlreadyReversed.
    """
    blue = selectors.get_invoice(invoice_id=invoice_id)
    if blue.kind != InvoiceKind.BLUE:
        raise NotReversible
    copied = (
        "order_id",
        "order_number",
        "buyer_kind",
        "buyer_name",
        "buyer_tax_id",
        "seller_name",
        "seller_tax_id",
        "seller_address",
        "seller_phone",
        "seller_bank",
    )
    red = Invoice(
        kind=InvoiceKind.RED,
        original=blue,
        reason=reason,
        issued_at=now,
        **{name: getattr(blue, name) for name in copied},
    )
    return _write(red, [_mirrored(line) for line in blue.lines.order_by("line_no", "id")])


def _checked(buyer: Buyer) -> Buyer:
    name = buyer.name.strip()
    tax_id = normalise_credit_code(buyer.tax_id)
    if not name:
        raise BuyerIncomplete(field="buyer_name")
    if buyer.kind == BuyerKind.ORGANISATION and not tax_id:
        raise BuyerIncomplete(field="buyer_tax_id")
    if tax_id and not is_credit_code(tax_id):
        raise InvalidTaxId(field="buyer_tax_id")
    return Buyer(kind=buyer.kind, name=name, tax_id=tax_id)


def _blue_lines(facts: order_facts.OrderFacts) -> list[InvoiceLine]:
    billed = [*_goods(facts), *_freight(facts)]
    if not billed:
        raise NothingToInvoice
    if not all(rules.is_vat_rate(line.tax_rate) for line in billed):
        raise UnknownVatRate
    amounts = rules.split_tax([(line.gross_amount, line.tax_rate) for line in billed])
    for number, (line, money) in enumerate(zip(billed, amounts, strict=True), start=1):
        line.line_no = number
        line.net_amount = money.net
        line.tax_amount = money.tax
        line.unit_price = rules.unit_price(net=money.net, quantity=line.quantity)
    return billed


def _goods(facts: order_facts.OrderFacts) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            order_line_id=line.line_id,
            name=line.name,
            sku=line.sku,
            # All pieces may have come back for less than their whole money; what stays is still billed.
            quantity=max(line.quantity - line.refunded_quantity, 1),
            tax_rate=line.tax_rate,
            gross_amount=line.goods_amount - line.refunded_amount,
        )
        for line in facts.lines
        if line.goods_amount > line.refunded_amount
    ]


def _freight(facts: order_facts.OrderFacts) -> list[InvoiceLine]:
    """Return the freight's line at the goods' highest rate: it is part of their price (价外费用)."""
    left = facts.freight - facts.refunded_freight
    if left <= ZERO:
        return []
    rate = max(line.tax_rate for line in facts.lines)
    with translation.override(current_brand().language):  # of the document, whoever issues it
        name = str(_("Freight"))
    return [InvoiceLine(name=name, quantity=1, tax_rate=rate, gross_amount=left)]


def _mirrored(line: InvoiceLine) -> InvoiceLine:
    return InvoiceLine(
        line_no=line.line_no,
        order_line_id=line.order_line_id,
        name=line.name,
        sku=line.sku,
        quantity=-line.quantity,
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        gross_amount=-line.gross_amount,
        net_amount=-line.net_amount,
        tax_amount=-line.tax_amount,
    )


def _write(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Invoice:
    kind = InvoiceKind(invoice.kind)
    invoice.gross_amount = sum((line.gross_amount for line in lines), ZERO)
    invoice.net_amount = sum((line.net_amount for line in lines), ZERO)
    invoice.tax_amount = sum((line.tax_amount for line in lines), ZERO)
    invoice.issued_by = current_actor().label
    invoice.number = numbering.take_number(kind=NUMBER_KINDS[kind], day=clock.business_date(invoice.issued_at))
    refusals = {
        "invoicing_invoice_one_live_per_order": AlreadyInvoiced,
        "invoicing_invoice_replaced_once": AlreadyInvoiced,
        "invoicing_invoice_one_red_letter": AlreadyReversed,
    }
    with refine_integrity_error(refusals):
        invoice.save()
    for line in lines:
        line.invoice = invoice
    InvoiceLine.objects.bulk_create(lines)
    _post_tax(invoice)
    audit.record(
        action=f"invoicing.issue_{kind}",
        subject=f"invoice:{invoice.number}",
        after={"order": invoice.order_number, "gross": str(invoice.gross_amount), "tax": str(invoice.tax_amount)},
    )
    return invoice


def _post_tax(invoice: Invoice) -> None:
    """Move the tax contained in the revenue, which the payment posted whole, to taxes payable or back."""
    if invoice.tax_amount == ZERO:
        return
    debit = AccountCode.REVENUE
    credit = AccountCode.TAXES_PAYABLE
    if invoice.tax_amount < ZERO:
        debit, credit = credit, debit
    finance.post_entry(
        source=f"invoice:{invoice.number}:issued",
        occurred_at=invoice.issued_at,
        memo=str(_("VAT on %(number)s") % {"number": invoice.number}),
        transfers=[finance.NewTransfer(debit, credit, abs(invoice.tax_amount))],
    )
