"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject
from tenant_apps.commissions.states import PayoutState

WORDS: Final = ActWords(
    acts={
        "commissions.opened": _("Opening balances brought in"),
        "commissions.opening_undone": _("Opening balances taken back"),
        "commissions.set_plan": _("Commission plan set"),
        "commissions.payout_requested": _("Withdrawal requested"),
        "commissions.payout_approved": _("Withdrawal approved"),
        "commissions.payout_paid": _("Withdrawal paid"),
        "commissions.payout_rejected": _("Withdrawal rejected"),
        "commissions.payee_seen": _("Payee's account seen in full"),
        "commissions.payout_failed": _("Withdrawal failed"),
    },
    choices={
        "state": (PayoutState,),
    },
    subjects={
        "payout": Subject(_("Payout"), model="commissions.payout", key="number", key_is_shown=True),
        "commission": Subject(_("Opening balances")),
    },
)
