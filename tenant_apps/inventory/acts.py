"""Name the acts and facts that this app writes to the audit log."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "inventory.opened": _("Opening stock brought in"),
        "inventory.opening_undone": _("Opening stock taken back"),
        "inventory.receive": _("Stock received"),
        "inventory.adjust": _("Stock adjusted"),
    },
    facts={
        "lines": _("Lines"),
        "value": _("Value"),
    },
    subjects={
        "receipt": Subject(_("Goods receipt"), key_is_shown=True),
        "adjustment": Subject(_("Stock count"), key_is_shown=True),
        "opening": Subject(_("Opening stock")),
        "warehouse": Subject(_("Warehouse"), model="inventory.warehouse"),
    },
)
