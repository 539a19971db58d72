"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject
from shared_apps.support.states import Audience, GrantKind

WORDS: Final = ActWords(
    acts={
        "support.access_revoked": _("Access of support ended"),
        "support.emergency_approved": _("Emergency access approved"),
        "support.pass_issued": _("Somebody of support asked to go in"),
        "support.session_begun": _("Somebody of support went in"),
        "support.adviser_assigned": _("Adviser assigned"),
        "support.adviser_removed": _("Adviser taken away"),
        "support.follow_up_finished": _("Follow-up done"),
        "support.ticket_assigned": _("Ticket assigned"),
        "support.ticket_closed": _("Ticket closed"),
        "support.ticket_reopened": _("Ticket opened again"),
        "support.confirmation_resent": _("Confirmation of the e-mail address sent again"),
        "support.login_reset": _("Owner's sign-in reset"),
        "support.access_granted": _("Access of support allowed"),
        "support.emergency_requested": _("Emergency access asked for"),
        "support.follow_up_added": _("Follow-up added"),
        "support.note_added": _("Note about the brand written"),
        "support.ticket_opened": _("Ticket opened"),
        "support.ticket_asked": _("Ticket: the brand wrote"),
        "support.ticket_answered": _("Ticket answered"),
        "support.ticket_noted": _("Internal note on a ticket"),
        "support.announced": _("Announcement published"),
        "support.announcement_changed": _("Announcement changed"),
        "support.announcement_ended": _("Announcement ended"),
    },
    facts={
        "access": _("Access"),
        "adviser": _("Adviser"),
        "audience": _("Audience"),
        "due_on": _("Due on"),
        "follow_up": _("Follow-up"),
        "hours": _("Hours"),
        "kind": _("Kind"),
        "may_write": _("May change things"),
        "note": _("Note"),
        "outcome": _("Outcome"),
        "path": _("Page"),
        "selection": _("Selection"),
        "staff": _("Staff"),
        "subject": _("Subject"),
        "ticket": _("Ticket"),
        "title": _("Title"),
        "who": _("Person"),
    },
    choices={
        "kind": (GrantKind,),
        "audience": (Audience,),
    },
    subjects={
        "announcement": Subject(_("Announcement"), model="support.announcement"),
        "support_access": Subject(_("Access for support"), model="support.accessgrant"),
        "ticket": Subject(_("Ticket"), model="support.ticket", key="number", key_is_shown=True),
    },
)
