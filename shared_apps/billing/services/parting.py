"""A brand's reason to cancel: asked once, kept in the platform's audit log for the brand's timeline."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Invalid
from kernel.tenancy.context import public_schema
from shared_apps.billing.services import plan_changes
from shared_apps.billing.states import CancelReason

MAX_COMMENT_LENGTH: Final = 500


class CancelReasonMissing(Invalid):
    code = "cancel_reason_missing"
    title = _("Tell us why you cancel")


def cancel_with_reason(*, brand_id: int, reason: str, comment: str, now: datetime) -> None:
    """End the subscription with its period and note why; what is paid runs on until then.

    The note is written after Stripe has agreed: a cancellation that failed leaves none. Raises CancelReasonMissing and
    what `plan_changes.cancel_at_period_end` refuses.
    """
    if reason not in CancelReason.values:
        raise CancelReasonMissing(field="reason")
    plan_changes.cancel_at_period_end(brand_id=brand_id, now=now)
    with public_schema(), transaction.atomic():
        audit.record(
            action="billing.cancel_reason",
            subject=f"brand:{brand_id}",
            after={"reason": reason, "comment": comment[:MAX_COMMENT_LENGTH]},
        )
