"""The look of both consoles: names, colours, sidebars. `console.sites` names which dictionary is whose."""

from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.settings.parts import brand_navigation, platform_navigation
from console.navigation import sidebar

# Where a person changes the password: the page that also signs out everywhere else and leaves a trace in the audit log.
CONSOLE_PASSWORD_PAGE = "accounts:password_change"  # noqa: S105 - an address
FORMAT_MODULE_PATH = ["console.formats"]

# A banyan's leaf. Lightness and chroma follow unfold's own scale, so that text on 600 keeps a contrast above 4.5.
BANYAN_GREEN: Final = {
    "50": "oklch(98% .016 165)",
    "100": "oklch(95% .04 165)",
    "200": "oklch(90% .075 165)",
    "300": "oklch(83% .11 164)",
    "400": "oklch(73% .13 163)",
    "500": "oklch(61% .125 162)",
    "600": "oklch(50% .108 162)",
    "700": "oklch(43% .092 163)",
    "800": "oklch(37% .077 164)",
    "900": "oklch(32% .064 165)",
    "950": "oklch(22% .045 166)",
}

_SHARED: Final[dict[str, Any]] = {
    "SITE_SYMBOL": "park",
    "SITE_ICON": lambda request: static("console/banyan.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/banyan.svg")},
    ],
    "STYLES": [lambda request: static("console/console.css"), lambda request: static("console/regions.css")],
    "SCRIPTS": [
        lambda request: static("console/file_inputs.js"),
        lambda request: static("console/dialogs.js"),
        lambda request: static("console/regions.js"),
        lambda request: static("console/addresses.js"),
    ],
    "COLORS": {"primary": BANYAN_GREEN},
    "BORDER_RADIUS": "8px",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("accounts:password_change")},
            {"title": _("Two-step sign-in"), "link": reverse_lazy("accounts:second_step")},
        ]
    },
}

BRAND_NAVIGATION: Final = brand_navigation.SECTIONS
BRAND_ACTS: Final = brand_navigation.ACTS
PLATFORM_NAVIGATION: Final = platform_navigation.SECTIONS
PLATFORM_ACTS: Final = platform_navigation.ACTS

UNFOLD_BRAND: Final[dict[str, Any]] = {
    **_SHARED,
    "SITE_TITLE": "console.branding.brand_title",
    "SITE_HEADER": "console.branding.brand_title",
    "SITE_SUBHEADER": "console.branding.brand_subheader",
    "SITE_URL": None,  # a brand's host has no other page yet than the console
    "ENVIRONMENT": "console.branding.trial_badge",
    "DASHBOARD_CALLBACK": "tenant_apps.insights.views.dashboard.dashboard_context",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": sidebar("brand", BRAND_NAVIGATION),
    },
    # No history: it would leave customers' names in the browser of a shared computer.
    "COMMAND": {"show_history": False},
}

UNFOLD_PLATFORM: Final[dict[str, Any]] = {
    **_SHARED,
    "SITE_TITLE": _("Banyan platform"),
    "SITE_HEADER": _("Banyan platform"),
    "SITE_SUBHEADER": _("Support console"),
    "SITE_URL": "/",
    "DASHBOARD_CALLBACK": "shared_apps.support.views.overview.dashboard_context",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": sidebar("platform", PLATFORM_NAVIGATION),
    },
    # No history: it would leave customers' names in the browser of a shared computer.
    "COMMAND": {"show_history": False},
}
