"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "customers.phone": _("Customer's phone number changed"),
    },
    subjects={
        "customer": Subject(_("Customer"), model="customers.customer"),
    },
)
