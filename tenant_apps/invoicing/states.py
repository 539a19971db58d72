"""Kinds of documents and buyers."""

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
