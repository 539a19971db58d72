"""Invoice documents: written once, taken back only by a red letter.

The documents of one order form a chain, blue, red, blue, red …, that three unique constraints keep unforked: one first
blue letter for an order, one red letter for a blue one, one new blue letter for a red one. So at most one is live.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField, RateField
from kernel.database.append_only import AppendOnly
from tenant_apps.invoicing.rules import VAT_RATES
from tenant_apps.invoicing.states import BuyerKind, InvoiceKind

GROSS_IS_NET_AND_TAX = Q(gross_amount=F("net_amount") + F("tax_amount"))
BLUE_AMOUNTS = Q(gross_amount__gte=0, net_amount__gte=0, tax_amount__gte=0)
RED_AMOUNTS = Q(gross_amount__lte=0, net_amount__lte=0, tax_amount__lte=0)


class SellerProfile(models.Model):
    """The "seller" block of the brand's invoices: the one row of this table."""

    ONLY_ID = 1

    id = models.BigAutoField(primary_key=True)
    legal_name = models.CharField(_("legal name"), max_length=100)
    tax_id = models.CharField(_("tax number"), max_length=18)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("seller profile")
        verbose_name_plural = _("seller profile")
        constraints = [models.CheckConstraint(name="invoicing_seller_only_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.legal_name


class Invoice(AppendOnly):
    """A VAT document. The amounts of a red letter are negative."""

    number = models.CharField(_("number"), max_length=32)
    kind = models.CharField(_("kind"), max_length=4, choices=InvoiceKind.choices)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+", db_index=False, verbose_name=_("order"))
    order_number = models.CharField(_("order number"), max_length=64)
    original = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="red_letters", db_index=False, verbose_name=_("takes back")
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("follows")
    )
    buyer_kind = models.CharField(_("buyer's kind"), max_length=12, choices=BuyerKind.choices)
    buyer_name = models.CharField(_("buyer"), max_length=100)
    buyer_tax_id = models.CharField(_("buyer's tax number"), max_length=18, blank=True)
    seller_name = models.CharField(_("seller"), max_length=100)
    seller_tax_id = models.CharField(_("seller's tax number"), max_length=18)
    seller_address = models.CharField(_("seller's address"), max_length=200, blank=True)
    seller_phone = models.CharField(_("seller's phone"), max_length=32, blank=True)
    seller_bank = models.CharField(_("seller's bank and account"), max_length=140, blank=True)
    gross_amount = MoneyField(verbose_name=_("total with tax"))
    net_amount = MoneyField(verbose_name=_("total without tax"))
    tax_amount = MoneyField(verbose_name=_("tax"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    issued_by = models.CharField(_("issued by"), max_length=200)
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        indexes = [models.Index(fields=["order"], name="invoicing_invoice_by_order")]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="invoicing_invoice_number_unique"),
            models.UniqueConstraint(fields=["original"], name="invoicing_invoice_one_red_letter"),
            models.UniqueConstraint(fields=["replaces"], name="invoicing_invoice_replaced_once"),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(kind=InvoiceKind.BLUE, replaces__isnull=True),
                name="invoicing_invoice_one_live_per_order",
            ),
            models.CheckConstraint(
                name="invoicing_invoice_red_takes_one_back",
                condition=Q(kind=InvoiceKind.RED, original__isnull=False, replaces__isnull=True)
                | Q(kind=InvoiceKind.BLUE, original__isnull=True),
            ),
            models.CheckConstraint(name="invoicing_invoice_gross_is_net_plus_tax", condition=GROSS_IS_NET_AND_TAX),
            models.CheckConstraint(
                name="invoicing_invoice_sign_follows_kind",
                condition=(Q(kind=InvoiceKind.BLUE) & BLUE_AMOUNTS) | (Q(kind=InvoiceKind.RED) & RED_AMOUNTS),
            ),
            models.CheckConstraint(
                name="invoicing_invoice_buyer_has_tax_id",
                condition=Q(buyer_kind=BuyerKind.INDIVIDUAL) | ~Q(buyer_tax_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(AppendOnly):
    """One line of a document. Freight has no order line. The quantity of a red letter's line is negative."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", db_index=False)
    line_no = models.PositiveIntegerField(_("line"))
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, null=True, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=300)
    sku = models.CharField(_("SKU"), max_length=64, blank=True)
    quantity = models.IntegerField(_("quantity"))
    unit_price = models.DecimalField(_("unit price without tax"), max_digits=20, decimal_places=8)
    tax_rate = RateField(verbose_name=_("tax rate"))
    gross_amount = MoneyField(verbose_name=_("amount with tax"))
    net_amount = MoneyField(verbose_name=_("amount without tax"))
    tax_amount = MoneyField(verbose_name=_("tax"))

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["invoice_id", "line_no"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "line_no"], name="invoicing_line_number_unique"),
            models.CheckConstraint(name="invoicing_line_gross_is_net_plus_tax", condition=GROSS_IS_NET_AND_TAX),
            models.CheckConstraint(
                name="invoicing_line_signs_agree",
                condition=(Q(quantity__gt=0) & BLUE_AMOUNTS) | (Q(quantity__lt=0) & RED_AMOUNTS),
            ),
            models.CheckConstraint(name="invoicing_line_tax_rate_exists", condition=Q(tax_rate__in=VAT_RATES)),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.line_no}"
