"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "imports.uploaded": _("File uploaded"),
        "imports.checking": _("Check of a file started"),
        "imports.checked": _("File checked"),
        "imports.committing": _("Import started"),
        "imports.committed": _("File imported"),
        "imports.failed": _("Import failed"),
        "imports.cancelled": _("Import cancelled"),
        "imports.undoing": _("Undoing of an import started"),
        "imports.undone": _("Import undone"),
    },
    facts={"file": _("File"), "message": _("Message"), "sha256": _("Checksum")},
    subjects={
        "import": Subject(_("Import"), model="imports.importjob"),
    },
)
