"""What the acts in a brand's audit trail are called on its page. A word that is missing here is shown as it is."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text

_NAMES: Final[dict[str, Text]] = {
    "tenants.signed_up": _("Signed up"),
    "tenants.trial_extended": _("Trial extended"),
    "tenants.trial_expired": _("Trial over"),
    "tenants.suspended": _("Suspended"),
    "tenants.resumed": _("Resumed"),
    "tenants.entitled": _("Features and limits set"),
    "tenants.archived": _("Archived"),
    "tenants.archive_renewed": _("Archived anew"),
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
    "tenants.move_cancelled": _("Move given up"),
    "tenants.move_refused": _("Move could not be prepared"),
    "tenants.standing_changed": _("State changed"),
    "tenants.closing_begun": _("Account being closed"),
    "tenants.closing_undone": _("Closing taken back"),
    "billing.cancel_reason": _("Why the plan was cancelled"),
    "billing.checkout_started": _("Went to the pay page"),
    "billing.customer_made": _("Made known to Stripe"),
    "billing.differed_from_stripe": _("Differed from Stripe, repaired"),
    "billing.event_replayed": _("Stripe event handled again"),
    "billing.subscription_changed": _("Subscription changed"),
    "billing.plan_upgrade": _("Changed to a larger plan"),
    "billing.plan_downgrade": _("Planned a smaller plan for the period's end"),
    "billing.change_undone": _("Planned change undone"),
    "billing.cancelled": _("Cancelled for the period's end"),
    "billing.cancel_undone": _("Cancellation undone"),
    "billing.ended": _("Ended"),
    "billing.time_revoked": _("Given time taken back"),
    "billing.transfer_approved": _("Bank transfer approved"),
    "billing.transfer_rejected": _("Bank transfer rejected"),
    "billing.transfer_reversed": _("Bank transfer reversed"),
    "support.access_revoked": _("Access of support ended"),
    "support.emergency_approved": _("Emergency access approved"),
    "support.pass_issued": _("Somebody of support asked to go in"),
    "support.visit_begun": _("Somebody of support went in"),
    "support.adviser_assigned": _("Adviser assigned"),
    "support.adviser_removed": _("Adviser taken away"),
    "support.follow_up_finished": _("Follow-up done"),
    "support.ticket_assigned": _("Ticket assigned"),
    "support.ticket_closed": _("Ticket closed"),
    "support.ticket_reopened": _("Ticket opened again"),
    "support.confirmation_resent": _("Confirmation of the e-mail address sent again"),
    "support.login_reset": _("Owner's sign-in reset"),
    "support.reason_change_plan": _("Why the plan was changed"),
    "support.reason_undo_change": _("Why the change was undone"),
    "support.reason_cancel_plan": _("Why the plan was cancelled"),
    "support.reason_undo_cancel": _("Why the cancellation was undone"),
    "support.reason_reopen": _("Why the closing was taken back"),
    "support.reason_claim_domain": _("Why the domain was added"),
    "support.reason_export": _("Why everything was exported"),
    "support.reason_restore": _("Why the brand was restored"),
    "support.reason_assign_adviser": _("Why the adviser was assigned"),
}


def name_of(action: str) -> Text:
    """The act in words."""
    return _NAMES.get(action, action)
