"""API schemas of invoicing."""

from datetime import datetime
from typing import Annotated, Self

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Id, MoneyText, RateText, Strict, Text100, Text200
from tenant_apps.invoicing import selectors
from tenant_apps.invoicing.models import Invoice, InvoiceLine, SellerProfile
from tenant_apps.invoicing.states import BuyerKind

# An id in a path or a query.
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class SellerIn(Strict):
    legal_name: Text100
    tax_id: str = Field(max_length=24, description="统一社会信用代码, 18 characters")
    address: str = Field("", max_length=200)
    phone: str = Field("", max_length=32)
    bank_name: str = Field("", max_length=100)
    bank_account: str = Field("", max_length=40)


class SellerOut(Schema):
    legal_name: str
    tax_id: str
    address: str
    phone: str
    bank_name: str
    bank_account: str

    @classmethod
    def of(cls, profile: SellerProfile) -> Self:
        return cls(**{name: getattr(profile, name) for name in cls.model_fields})


class InvoiceIn(Strict):
    order_id: Id
    buyer_kind: BuyerKind = BuyerKind.INDIVIDUAL
    buyer_name: Text100
    buyer_tax_id: str = Field("", max_length=24, description="Required for organisations; its check digit is checked")


class ReversalIn(Strict):
    reason: Text200


class InvoiceLineOut(Schema):
    line_no: int
    order_line_id: int | None
    sku: str
    name: str
    quantity: int
    unit_price: str
    tax_rate: RateText
    gross_amount: MoneyText
    net_amount: MoneyText
    tax_amount: MoneyText

    @classmethod
    def of(cls, line: InvoiceLine) -> Self:
        values = {name: getattr(line, name) for name in cls.model_fields if name != "unit_price"}
        return cls(unit_price=f"{line.unit_price:f}", **values)


class InvoiceOut(Schema):
    id: int
    number: str
    kind: str
    order_id: int
    order_number: str
    original_id: int | None = Field(description="The invoice that this red letter takes back")
    red_letter_id: int | None = Field(description="The red letter that took this invoice back")
    refunded_since: MoneyText = Field(description="Refunded since: above zero the invoice needs a red letter")
    buyer_kind: str
    buyer_name: str
    buyer_tax_id: str
    seller_name: str
    seller_tax_id: str
    gross_amount: MoneyText
    net_amount: MoneyText
    tax_amount: MoneyText
    reason: str
    issued_at: datetime
    lines: list[InvoiceLineOut]

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        computed = {"red_letter_id", "refunded_since", "lines"}
        return cls(
            red_letter_id=next((red.pk for red in invoice.red_letters.all()), None),
            refunded_since=selectors.get_billed_too_much(invoice=invoice),
            lines=[InvoiceLineOut.of(line) for line in sorted(invoice.lines.all(), key=lambda line: line.line_no)],
            **{name: getattr(invoice, name) for name in cls.model_fields if name not in computed},
        )
