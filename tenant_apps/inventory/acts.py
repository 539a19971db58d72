"""Name the acts and facts that this app writes to the audit log."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.audit_words import ActWords, Subject
from tenant_apps.inventory.states import OversellPolicy, WarehouseKind

WORDS: Final = ActWords(
    acts={
        "inventory.opened": _("Opening stock brought in"),
        "inventory.opening_undone": _("Opening stock taken back"),
        "inventory.receive": _("Stock received"),
        "inventory.adjust": _("Stock adjusted"),
        "inventory.check_stock": _("Stock checked against its movements"),
        "inventory.set_oversell": _("Selling beyond stock changed"),
        "inventory.fill_backorder": _("Goods that arrived reserved for it"),
        "inventory.create_warehouse": _("Warehouse created"),
        "inventory.change_warehouse": _("Warehouse changed"),
        "inventory.change_setting": _("Keeping of batches changed"),
        "inventory.create_transfer": _("Transfer drafted"),
        "inventory.cancel_transfer": _("Transfer cancelled"),
        "inventory.ship_transfer": _("Transfer shipped"),
        "inventory.receive_transfer": _("Transfer received"),
        "inventory.open_stocktake": _("Stocktake opened"),
        "inventory.finish_stocktake": _("Stocktake counted"),
        "inventory.reopen_stocktake": _("Stocktake counted on"),
        "inventory.cancel_stocktake": _("Stocktake cancelled"),
        "inventory.approve_stocktake": _("Stocktake approved"),
    },
    facts={
        "lines": _("Lines"),
        "value": _("Value"),
        "parent_id": _("Belongs to"),
        "regions": _("Regions served first"),
        "priority": _("Priority"),
        "is_open": pgettext_lazy("warehouse", "Open"),
        "is_default": _("Default"),
        "pieces": _("Pieces"),
        "keeps_batches": _("Keeps batches"),
        "warn_days": _("Days of warning before expiry"),
        "received": _("Received"),
        "lost": _("Lost"),
        "category": _("Category"),
        "oversell": _("Sold beyond stock"),
        "promised_on": _("Promised by"),
        "oversell_limit": _("Most pieces that may wait"),
        "moves_waiting": _("New day for those who wait too"),
        "rows": _("Rows of stock compared"),
        "differences": _("Differences"),
    },
    subjects={
        "receipt": Subject(_("Goods receipt"), key_is_shown=True),
        "adjustment": Subject(_("Stock count"), key_is_shown=True),
        "opening": Subject(_("Opening stock")),
        "stock_check": Subject(_("Stock check")),
        "warehouse": Subject(_("Warehouse"), model="inventory.warehouse"),
        "transfer": Subject(_("Transfer"), model="inventory.transfer"),
        "stocktake": Subject(_("Stocktake"), model="inventory.stocktake"),
    },
    choices={"kind": (WarehouseKind,), "oversell": (OversellPolicy,)},
)
