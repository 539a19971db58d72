"""The brand's application page: how it looks, what it asks, and the text that applicants agree to."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.services import levels
from tenant_apps.recruiting.models import ConsentText, RecruitingPage
from tenant_apps.recruiting.selectors import applications as reads


class PageFields(TypedDict, total=False):
    """Fields of the page. `wait_days_after_rejection` is 0 to 365."""

    is_open: bool
    title: str
    introduction: str
    default_level_id: int | None
    asks_id_number: bool
    asks_proof: bool
    wait_days_after_rejection: int


class InvalidPage(Invalid):
    code = "invalid_recruiting_page"
    title = _("The application page breaks a rule")


class ConsentEmpty(Invalid):
    code = "consent_empty"
    title = _("The text is needed in both languages")


@transaction.atomic
def change_page(**changes: Unpack[PageFields]) -> RecruitingPage:
    """Change the page. Raises UnknownLevel, InvalidPage."""
    if (level_id := changes.get("default_level_id")) is not None:
        levels.ensure_level_exists(level_id)
    refusals = {
        "recruiting_recruitingpage_wait_days": lambda: InvalidPage(
            _("Between 0 and 365 days."), field="wait_days_after_rejection"
        )
    }
    with refine_integrity_error(refusals), transaction.atomic():
        RecruitingPage.objects.update_or_create(id=1, defaults=dict(changes))
    audit.record(action="recruiting.page_changed", subject="recruiting_page:1", after=dict(changes))
    return reads.get_recruiting_page()


@transaction.atomic
def publish_consent(*, text_zh: str, text_en: str, now: datetime) -> ConsentText:
    """Put a new version of the text in force; who agreed to an earlier one agreed to that one. Raises ConsentEmpty."""
    if not text_zh.strip() or not text_en.strip():
        raise ConsentEmpty(field="text_zh" if not text_zh.strip() else "text_en")
    # Two at once: the unique version lets the second fail instead of hiding the first.
    newest = ConsentText.objects.aggregate(newest=Max("version"))["newest"] or 0
    consent = ConsentText.objects.create(
        version=newest + 1,
        text_zh=text_zh.strip(),
        text_en=text_en.strip(),
        published_at=now,
        published_by=current_actor().label[:200],
    )
    audit.record(action="recruiting.consent_published", subject=f"consent:{consent.version}")
    return consent
