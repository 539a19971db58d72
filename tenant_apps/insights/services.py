"""Push a brand's figures to the platform, so that nobody looks into all schemas."""

from datetime import datetime
from typing import Any, Final

from kernel.privacy.masking import mask_email, mask_phone
from kernel.privacy.redaction import redact_text
from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors as people
from shared_apps.entitlements import selectors as entitlements
from shared_apps.support.services import figures
from tenant_apps.insights.selectors import figures as selectors

MAX_PEOPLE: Final = 50
MAX_ERROR_LENGTH: Final = 200
_VISITOR: Final = "visitor"  # Banyan's own people, in the brand for a time


def push_figures(*, now: datetime) -> None:
    """Report the current brand's figures to the platform, personal data masked. The statements are a fixed number."""
    condition = selectors.get_condition(now=now)
    waits = (now - condition.oldest_waits_since).total_seconds() if condition.oldest_waits_since else 0
    figures.report_figures(
        brand_id=current_brand().pk,
        figures=figures.Figures(
            orders_30_days=condition.orders,
            failed_jobs=condition.failed,
            pending_deliveries=condition.waiting,
            oldest_delivery_seconds=max(0, int(waits)),
            last_seen_at=condition.last_seen_at,
            usage={use.name: {"used": use.used, "limit": use.limit} for use in entitlements.list_quotas(now=now)},
            staff=_staff(),
            failures=[
                {
                    "what": one.what,
                    "times": one.times,
                    "error": redact_text(one.error)[:MAX_ERROR_LENGTH],
                    "at": _text(one.at),
                }
                for one in selectors.list_failures(now=now)
            ],
        ),
        now=now,
    )


def _staff() -> list[dict[str, Any]]:
    """The active people, the oldest first: support must tell the owner from others, and write to nobody from here."""
    active = people.list_users().filter(is_active=True).exclude(role=_VISITOR)
    return [
        {
            "name": user.name,
            "role": user.role,
            "contact": mask_email(user.email) if user.email else mask_phone(user.phone or ""),
            "two_step": user.has_totp,
            "last_login": _text(user.last_login),
        }
        for user in active[:MAX_PEOPLE]
    ]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
