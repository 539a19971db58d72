"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "invoicing.issue_blue": _("Invoice issued"),
        "invoicing.issue_red": _("Red-letter invoice issued"),
        "invoicing.put_seller_profile": _("Seller's details for invoices changed"),
    },
    facts={
        "gross": _("With tax"),
        "order": _("Order"),
        "tax": _("Tax"),
    },
    subjects={
        "invoice": Subject(_("Invoice"), model="invoicing.invoice", key="number", key_is_shown=True),
        "seller": Subject(_("Seller profile"), model="invoicing.sellerprofile"),
    },
)
