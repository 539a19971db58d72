"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "finance.post": _("Journal entry posted"),
        "finance.reverse": _("Journal entry reversed"),
    },
    facts={
        "reverses": _("Reverses"),
    },
    subjects={
        "ledger_entry": Subject(_("Ledger entry"), model="finance.ledgerentry", title="memo"),
    },
)
