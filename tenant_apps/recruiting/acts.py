"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "recruiting.terminated": _("Contract terminated"),
        "recruiting.applied": pgettext_lazy("act", "Applied"),
        "recruiting.completed": _("Application completed"),
        "recruiting.withdrawn": _("Application withdrawn"),
        "recruiting.approved": _("Application approved"),
        "recruiting.rejected": _("Application rejected"),
        "recruiting.page_changed": _("Recruiting page changed"),
        "recruiting.consent_published": _("Consent text published"),
    },
    facts={
        "agents": _("Agents"),
        "consent": _("Consent text"),
        "phone": _("Phone"),
        "proofs": _("Proofs"),
        "team": _("Team"),
    },
    subjects={
        "application": Subject(_("Application"), model="recruiting.application"),
        "consent": Subject(_("Consent text"), key_is_shown=True),
        "recruiting_page": Subject(
            _("Recruiting page"), page="recruiting:settings", permission="agents.view", is_single=True
        ),
    },
)
