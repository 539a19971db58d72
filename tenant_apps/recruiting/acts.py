"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords

WORDS: Final = ActWords(
    acts={
        "agents.terminated": _("Contract terminated"),
        "agents.completed": _("Application completed"),
        "agents.withdrawn": _("Application withdrawn"),
        "agents.application_approved": _("Application approved"),
        "agents.application_rejected": _("Application rejected"),
        "agents.recruiting_page_changed": _("Recruiting page changed"),
        "agents.consent_published": _("Consent text published"),
    },
    facts={
        "agents": _("Agents"),
        "consent": _("Consent text"),
        "phone": _("Phone"),
        "proofs": _("Proofs"),
        "team": _("Team"),
    },
)
