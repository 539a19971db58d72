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
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from console.content_security import relax_for_console
from console.navigation import Link, add_console, find_open_place, list_acts, list_tabs
from console.search import find_hits
from kernel.tenancy.context import is_public

if TYPE_CHECKING:

    class UnfoldAdminSite(AdminSite):
        def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]: ...
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
        context["page_tabs"] = list_tabs(links, request.path)
        context["phone_bar"] = [link for link in links if link.is_in_phone_bar]
        context["quick_acts"] = self._list_acts(request) if links else []
        return context

    def find_open_place(self, request: HttpRequest) -> Link | None:
        """Return the navigation's place that is open."""
        return find_open_place([group["section"] for group in self.get_sidebar_list(request)])

    def search(self, request: HttpRequest) -> TemplateResponse:
        """Answer the search box; never from a cache, as rights and data change."""
        links = [group["section"] for group in self.get_sidebar_list(request)]
        hits = find_hits(self, request, request.GET.get("s", ""), links=links, acts=self._list_acts(request))
        return TemplateResponse(request, "unfold/helpers/command_results.html", {"results": hits})

    def _list_acts(self, request: HttpRequest) -> list[Link]:
        return list_acts(self.name, getattr(settings, self.acts_setting), request)

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
    index_title = _("Home")
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
add_console(brand_site)
add_console(platform_site)
