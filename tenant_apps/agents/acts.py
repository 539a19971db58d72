"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.audit_words import ActWords, Subject
from tenant_apps.agents.states import AgentState, DocumentKind, SensitiveField

WORDS: Final = ActWords(
    acts={
        "agents.registered": _("Registered"),
        "agents.active": _("Approved or unfrozen"),
        "agents.suspended": _("Frozen"),
        "agents.ended": _("Contract ended"),
        "agents.came_back": _("Came back"),
        "agents.anonymised": _("Anonymised"),
        "agents.changed": _("Details changed"),
        "agents.sponsor": _("Moved in the tree"),
        "agents.team": _("Team handed over"),
        "agents.level": _("Level changed"),
        "agents.renewed": _("Contract renewed"),
        "agents.deposit_paid": _("Deposit paid"),
        "agents.deposit_returned": _("Deposit returned"),
        "agents.certified": _("Certificate issued"),
        "agents.certificate_revoked": _("Certificate revoked"),
        "agents.file_changed": _("File changed"),
        "agents.note_added": _("Note written"),
        "agents.document_added": _("Document added"),
        "agents.document_removed": _("Document removed"),
        "agents.document_seen": _("Document looked at"),
        "agents.sensitive_stored": _("Sensitive data stored"),
        "agents.sensitive_seen": _("Sensitive data looked at"),
        "agents.sensitive_forgotten": _("Sensitive data deleted"),
        "agents.group_created": _("Group created"),
        "agents.group_changed": _("Group changed"),
        "agents.group_deleted": _("Group deleted"),
    },
    facts={
        "certificate": _("Certificate"),
        "code": pgettext_lazy("agent", "Code"),
        "consented": _("Consent given"),
        "deposit": _("Deposit"),
        "document": _("Document"),
        "field": _("Field"),
        "level_id": _("Level"),
        "locked_until": _("Fixed until"),
        "sponsor_id": _("Sponsor"),
        "sponsor_of": _("Direct team"),
        "successor_id": _("Successor"),
        "valid_until": _("Valid until"),
    },
    choices={
        "state": (AgentState,),
        "kind": (DocumentKind,),
        "field": (SensitiveField,),
    },
    subjects={
        "agent": Subject(_("Agent"), model="agents.agent"),
        "agent_group": Subject(_("Agent group"), model="agents.agentgroup"),
        "level": Subject(_("Level"), model="agents.level"),
    },
)
