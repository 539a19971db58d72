"""The two consoles. Both are mounted at `/console/`: the host decides which one answers.

`brand_site` serves a brand's own people inside the brand's schema, `platform_site` serves Banyan's support staff on
the public schema. Register a model's page with one of them, in the app's `admin.py`:

    from django.contrib import admin
    from console.admin import BrandModelAdmin
    from console.sites import brand_site

    @admin.register(Order, site=brand_site)
    class OrderAdmin(BrandModelAdmin[Order]):
        view_permission = "orders.view"

`console.admin` documents the base classes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.content_security import relax_for_console
from console.navigation import list_acts, list_tabs
from kernel.tenancy.context import is_public

if TYPE_CHECKING:
    UnfoldAdminSite = AdminSite
else:
    from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    """Base of both consoles: their pages carry the relaxed content security policy unfold needs."""

    settings_name: str
    acts_setting: str  # names the setting with what a person may begin from anywhere
    index_template = "console/dashboard.html"  # until an app names its own
    index_title = _("Overview")
    enable_nav_sidebar = True

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        links = [group["section"] for group in context["sidebar_navigation"]]
        acts = getattr(settings, self.acts_setting)
        context["page_tabs"] = list_tabs(links, request.path)
        context["phone_bar"] = [link for link in links if link.is_in_phone_bar]
        context["quick_acts"] = list_acts(self.name, acts, request) if links else []
        return context

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        return relax_for_console(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return relax_for_console(super().login)(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Hand over to the one page for it; Django's own would change the password without telling the audit log."""
        return redirect(settings.CONSOLE_PASSWORD_PAGE)


class BrandSite(ConsoleSite):
    """A brand's console. Sessions live in the brand's schema, so an authenticated user is one of that brand."""

    settings_name = "UNFOLD_BRAND"
    acts_setting = "BRAND_ACTS"
    login_template = "console/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in whoever has a permission in this brand; an agent has none."""
        return not is_public() and request.user.is_active and getattr(request.user, "is_staff", False)


class PlatformSite(ConsoleSite):
    """The support staff's console."""

    settings_name = "UNFOLD_PLATFORM"
    acts_setting = "PLATFORM_ACTS"
    login_template = "console/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return is_public() and user.is_active and getattr(user, "is_platform_staff", False)


brand_site = BrandSite(name="brand")
platform_site = PlatformSite(name="platform")
