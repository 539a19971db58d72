"""States of reservations, kinds of warehouses and of movements."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class WarehouseKind(models.TextChoices):
    """Use of a warehouse. Orders are served from the first three."""

    MAIN = "main", _("Main warehouse")
    BRANCH = "branch", _("Branch warehouse")
    STORE = "store", _("Store")
    TRANSIT = "transit", pgettext_lazy("warehouse", "In transit")
    DAMAGED = "damaged", pgettext_lazy("warehouse", "Damaged goods")


SELLING_KINDS: Final = (WarehouseKind.MAIN, WarehouseKind.BRANCH, WarehouseKind.STORE)


class ReservationState(models.TextChoices):
    """State of goods promised to somebody."""

    ACTIVE = "active", _("Reserved")
    CONSUMED = "consumed", pgettext_lazy("reservation", "Shipped")
    RELEASED = "released", _("Released")
    EXPIRED = "expired", pgettext_lazy("reservation", "Expired")


class MovementKind(models.TextChoices):
    """Reason of a movement."""

    RECEIPT = "receipt", _("Receipt")
    ADJUSTMENT = "adjustment", _("Adjustment")
    SHIPMENT = "shipment", _("Shipment")
    RETURN = "return", _("Return")
    OPENING = "opening", _("Opening stock")
    TRANSFER = "transfer", _("Transfer")


class OversellPolicy(models.TextChoices):
    """Terms on which a SKU is sold beyond stock: not at all, again on its way, or ahead of its first arrival."""

    NONE = "none", _("Only what is in stock")
    BACKORDER = "backorder", _("Backorder")
    PRESALE = "presale", _("Presale")


class CloudKind(models.TextChoices):
    """Reason of a movement of an agent's cloud stock."""

    RESTOCK = "restock", pgettext_lazy("cloud stock", "Restock")
    TAKEN_BACK = "taken_back", pgettext_lazy("cloud stock", "Restock refunded")
    DISPATCH = "dispatch", pgettext_lazy("cloud stock", "Dispatch")
    GIVEN_BACK = "given_back", pgettext_lazy("cloud stock", "Dispatch given back")


class TransferState(models.TextChoices):
    """State of a transfer between warehouses."""

    DRAFT = "draft", pgettext_lazy("transfer", "Draft")
    SHIPPED = "shipped", pgettext_lazy("transfer", "On the way")
    RECEIVED = "received", pgettext_lazy("transfer", "Received")
    CANCELLED = "cancelled", pgettext_lazy("transfer", "Cancelled")


TRANSFER_TRANSITIONS: Final = {
    TransferState.DRAFT: frozenset({TransferState.SHIPPED, TransferState.CANCELLED}),
    TransferState.SHIPPED: frozenset({TransferState.RECEIVED}),
    TransferState.RECEIVED: frozenset[TransferState](),
    TransferState.CANCELLED: frozenset[TransferState](),
}


class StocktakeState(models.TextChoices):
    """State of a stocktake."""

    OPEN = "open", pgettext_lazy("stocktake", "Being counted")
    COUNTED = "counted", pgettext_lazy("stocktake", "Counted")
    APPROVED = "approved", pgettext_lazy("stocktake", "Approved")
    CANCELLED = "cancelled", pgettext_lazy("stocktake", "Cancelled")


STOCKTAKE_TRANSITIONS: Final = {
    StocktakeState.OPEN: frozenset({StocktakeState.COUNTED, StocktakeState.CANCELLED}),
    StocktakeState.COUNTED: frozenset({StocktakeState.OPEN, StocktakeState.APPROVED, StocktakeState.CANCELLED}),
    StocktakeState.APPROVED: frozenset[StocktakeState](),
    StocktakeState.CANCELLED: frozenset[StocktakeState](),
}


class Uncounted(models.TextChoices):
    """Fate of goods that nobody counted when a stocktake is approved."""

    LEAVE = "leave", _("Leave them as booked")
    ZERO = "zero", _("Nothing is there: book them to 0")


class StockBy(models.TextChoices):
    """Meaning of the rows of a stock report."""

    SKU = "sku", _("SKU")
    CATEGORY = "category", _("Category")
    WAREHOUSE = "warehouse", _("Warehouse")
