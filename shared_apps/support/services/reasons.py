"""Record staff's reasons for acts whose service is the owner's too and asks for none."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Invalid
from kernel.tenancy.context import public_schema


@transaction.atomic
def record_reason(*, brand_id: int, act: str, reason: str) -> None:
    """Put the reason of an act into the brand's timeline, beside what the act itself recorded. Raises Invalid."""
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise Invalid(_("Say why."), field="reason")
    with public_schema():
        audit.record(action=f"support.reason_{act}", subject=f"brand:{brand_id}", after={"reason": reason})
