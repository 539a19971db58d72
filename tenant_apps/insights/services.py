"""Push a brand's figures to the platform, so that nobody looks into all schemas; set up its first levels."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.privacy.masking import mask_email, mask_phone
from kernel.privacy.redaction import redact_text
from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors as people
from shared_apps.entitlements import selectors as entitlements
from shared_apps.support.services import figures
from tenant_apps.agents.services.levels import create_level
from tenant_apps.insights.selectors import figures as selectors
from tenant_apps.pricing.services.discounts import set_discount

MAX_PEOPLE: Final = 50
MAX_ERROR_LENGTH: Final = 200
_VISITOR: Final = "visitor"  # Banyan's own people, in the brand for a time

# Levels most brands begin with, the highest first: code, name, share of the retail price that the level pays.
FIRST_LEVELS: Final = (
    ("GENERAL", _("General agent"), Decimal("0.40")),
    ("FIRST", _("First-level agent"), Decimal("0.50")),
    ("AUTHORISED", _("Authorised agent"), Decimal("0.65")),
)


@transaction.atomic
def make_first_levels(*, now: datetime) -> None:
    """Create the levels of the template, named in the current language, with a discount on everything.

    Raises what creating a level raises, such as for a code or rank that is taken.
    """
    for rank, (code, name, rate) in enumerate(FIRST_LEVELS, start=1):
        level = create_level(code=code, name=str(name), rank=rank)
        set_discount(level_id=level.pk, category_id=None, rate=rate, now=now)


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
