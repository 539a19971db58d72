"""The console's frame: the brand's name, its address, and the days left of its trial."""

from datetime import datetime, timedelta
from typing import Literal

from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from kernel.tenancy.context import current_brand, is_public

Badge = tuple[str, Literal["info", "warning", "danger"]]
LAST_DAYS = 3


def show_icon(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the icon of the house: some programs ask for /favicon.ico whatever a page names."""
    return HttpResponseRedirect(static("console/banyan.svg"))


def brand_title(request: HttpRequest) -> str:
    """The brand's own name."""
    return gettext("Banyan") if is_public() else str(current_brand().name)


def brand_subheader(request: HttpRequest) -> str:
    """The host the brand is reached at, without the port."""
    return request.get_host().partition(":")[0]


def days_left(ends_at: datetime, now: datetime) -> int:
    """Days until the end, each begun day counted as a whole one; 0 once it is over."""
    return max(0, -((now - ends_at) // timedelta(days=1)))


def trial_badge(request: HttpRequest) -> Badge | None:
    """The label in the header while the brand tries Banyan out, None afterwards."""
    brand = None if is_public() else current_brand()
    if brand is None or getattr(brand, "state", "") not in {"trialing", "trial_expired"} or brand.trial_ends_at is None:
        return None
    days = days_left(brand.trial_ends_at, timezone.now())
    if days == 0:
        return gettext("Trial over"), "danger"
    text = ngettext("Trial: %(days)d day left", "Trial: %(days)d days left", days) % {"days": days}
    return text, "warning" if days <= LAST_DAYS else "info"
