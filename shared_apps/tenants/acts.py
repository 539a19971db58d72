"""Name the acts and facts that this app writes to the audit log."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.audit_words import ActWords, Subject
from shared_apps.tenants.states import BrandState, SuspensionCause

WORDS: Final = ActWords(
    acts={
        "tenants.signed_up": _("Signed up"),
        "tenants.another_trial_permitted": _("Another trial for the company permitted"),
        "tenants.trial_extended": _("Trial extended"),
        "tenants.trial_expired": _("Trial over"),
        "tenants.suspended": _("Suspended"),
        "tenants.resumed": _("Resumed"),
        "tenants.entitled": _("Features and limits set"),
        "tenants.archived": _("Archived"),
        "tenants.archive_renewed": _("Archived anew"),
        "tenants.restore_requested": _("Restore asked for"),
        "tenants.restored": _("Restored"),
        "tenants.schema_dropped": _("Data deleted, archive kept"),
        "tenants.export_requested": _("Export asked for"),
        "tenants.exported": _("Exported"),
        "tenants.export_fetched": _("Export fetched"),
        "tenants.domain_claimed": _("Own domain asked for"),
        "tenants.domain_verified": _("Own domain proved"),
        "tenants.domain_without_proof": _("Own domain lost its proof"),
        "tenants.domain_removed": _("Own domain removed"),
        "tenants.move_prepared": _("Move prepared"),
        "tenants.move_cancelled": _("Move cancelled"),
        "tenants.move_refused": _("Move could not be prepared"),
        "tenants.state_changed": _("State changed"),
        "tenants.closing_begun": _("Account being closed"),
        "tenants.closing_undone": _("Closing taken back"),
        "tenants.brand_dropped": _("Brand that was never set up removed"),
    },
    facts={
        "company": _("Company"),
        "former_brand": _("Former brand"),
        "terms_version": _("Terms agreed to"),
        "answer": _("Answer"),
        "archive": _("Archive"),
        "because": _("Because"),
        "by": _("By"),
        "claim": _("Claim"),
        "closing_at": _("Closes at"),
        "domain": _("Domain"),
        "export": _("Export"),
        "features": _("Features"),
        "from": _("From"),
        "limits": _("Limits"),
        "method": _("Method"),
        "move": pgettext_lazy("cell", "Move"),
        "owner": _("Owner"),
        "plan": _("Plan"),
        "reason": _("Reason"),
        "rows": _("Rows"),
        "sha256": _("Checksum"),
        "since": _("Since"),
        "slug": _("Subdomain"),
        "state": _("State"),
        "to": _("To"),
        "trial_ends_at": _("Trial until"),
        "until": _("Until"),
        "version": _("Version"),
    },
    choices={
        "because": (SuspensionCause,),
        "state": (BrandState,),
    },
    subjects={
        "brand": Subject(_("Brand"), model="tenants.brand"),
    },
)
