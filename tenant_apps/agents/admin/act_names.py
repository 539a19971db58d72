"""What the acts in an agent's history are called. A word that is missing here is shown as it is."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text

_NAMES: Final[dict[str, Text]] = {
    "agents.registered": _("Registered"),
    "agents.active": _("Approved or unfrozen"),
    "agents.rejected": _("Rejected"),
    "agents.applied": _("Applied"),
    "agents.suspended": _("Frozen"),
    "agents.ended": _("Contract ended"),
    "agents.changed": _("Details changed"),
    "agents.sponsor": _("Moved in the tree"),
    "agents.team": _("Team handed over"),
    "agents.level": _("Level changed"),
    "agents.level_declined": _("Change of level declined"),
    "agents.renewed": _("Contract renewed"),
    "agents.deposit_paid": _("Deposit paid"),
    "agents.deposit_returned": _("Deposit returned"),
    "agents.certified": _("Certificate issued"),
    "agents.certificate_revoked": _("Certificate revoked"),
    "agents.came_back": _("Came back"),
    "agents.terminated": _("Contract terminated"),
    "agents.anonymised": _("Anonymised"),
    "agents.file_changed": _("File changed"),
    "agents.note_added": _("Note written"),
    "agents.document_added": _("Document added"),
    "agents.document_removed": _("Document removed"),
    "agents.sensitive_looked": _("Sensitive data looked at"),
}


def name_of(action: str) -> Text:
    """The act in words."""
    return _NAMES.get(action, action)
