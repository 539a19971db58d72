"""Words of invoicing."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class InvoiceKind(models.TextChoices):
    """A blue letter bills an order; a red letter takes one blue letter back."""

    BLUE = "blue", _("Invoice")
    RED = "red", _("Red letter")


class BuyerKind(models.TextChoices):
    INDIVIDUAL = "individual", _("Individual")
    ORGANISATION = "organisation", _("Organisation")


NUMBER_KINDS = {InvoiceKind.BLUE: "INV", InvoiceKind.RED: "RED"}

# 增值税 rates: goods, transport and books, services; the small-scale levy rate and its reduction; exports.
VAT_RATES = tuple(Decimal(rate) for rate in ("0.13", "0.09", "0.06", "0.03", "0.01", "0"))
