"""Words of the audit log: acts that the console records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "console.view_saved": _("View for everybody saved"),
        "console.view_renamed": _("View for everybody renamed"),
        "console.view_deleted": _("View for everybody deleted"),
    },
    facts={"of_list": _("List")},
    subjects={"list_view": Subject(_("Saved view"))},
)
