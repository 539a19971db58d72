"""Support's banners on every page of a brand's console: sessions and announcements."""

from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from console.banners import Banner, Severity
from kernel.core import clock
from kernel.tenancy.context import current_brand, is_public
from shared_apps.support.models import AccessGrant
from shared_apps.support.selectors import announcements, grants
from shared_apps.support.views.sessions import get_support_session

_SEVERITIES: Final[dict[str, Severity]] = {"info": "info", "warning": "warning", "critical": "danger"}


def session_banners(request: HttpRequest) -> Sequence[Banner]:
    """Tell a visitor how far the session goes, and the brand's people who may look in."""
    if is_public():
        return ()
    support_session = get_support_session(request)
    if support_session is not None:
        return (_own_session(support_session),)
    return [
        _open_door(request, grant) for grant in grants.list_live_grants(brand_id=current_brand().pk, now=clock.now())
    ]


def announcement_banners(request: HttpRequest) -> Sequence[Banner]:
    """Return Banyan's present announcements to this brand."""
    if is_public():
        return ()
    return [
        Banner(
            severity=_SEVERITIES[announcement.severity],
            text=announcement.title,
            link=announcement.link,
            link_text=gettext("Read more") if announcement.link else "",
            icon="campaign",
        )
        for announcement in announcements.list_banners(current_brand(), clock.now())
    ]


def _own_session(support_session: grants.SupportSession) -> Banner:
    facts = {"brand": current_brand().name, "time": _time(support_session.ends_at), "reason": support_session.reason}
    if support_session.may_write:
        text = gettext("You are visiting %(brand)s until %(time)s and may change things — %(reason)s") % facts
    else:
        text = gettext("You are visiting %(brand)s, read-only, until %(time)s — %(reason)s") % facts
    return Banner("warning", text, link=reverse("support:leave"), link_text=gettext("Leave"), icon="visibility")


def _open_door(request: HttpRequest, grant: AccessGrant) -> Banner:
    names = ", ".join(getattr(grant, "visitors", []))
    facts = {"names": names, "time": _time(grant.ends_at), "reason": grant.reason}
    if names and grant.may_write:
        text = gettext("Support (%(names)s) may look and change things until %(time)s — %(reason)s") % facts
    elif grant.may_write:
        text = gettext("Support may look and change things until %(time)s — %(reason)s") % facts
    elif names:
        text = gettext("Support (%(names)s) may look until %(time)s — %(reason)s") % facts
    else:
        text = gettext("Support may look until %(time)s — %(reason)s") % facts
    may_end = request.user.has_perm("support.grant")
    return Banner(
        "danger" if grant.kind == "break_glass" else "warning",
        text,
        link=reverse("support:access") if may_end else "",
        link_text=gettext("End it now") if may_end else "",
        icon="visibility",
    )


def _time(moment: object) -> str:
    """The day only where it is not today."""
    here = timezone.localtime(moment, clock.brand_zone())  # type: ignore[arg-type]
    today = timezone.localtime(clock.now(), clock.brand_zone()).date()
    return date_format(here, "TIME_FORMAT" if here.date() == today else "SHORT_DATETIME_FORMAT")
