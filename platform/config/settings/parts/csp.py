"""Content-Security-Policy of our pages (django-csp 4). Strict everywhere, relaxed where unfold needs it.

| pages | beyond the policy below | set by | | --- | --- | --- | | `/`, `/pricing/`, error pages, API | nothing | | |
`/console/…` of both sites | `script-src 'unsafe-eval'` (Alpine.js), `style-src 'unsafe-inline'` (theme colours, Alpine,
charts) | `console.content_security`, on the sites' `admin_view`, their sign-in page and `ConsolePageMixin` | |
`/console/billing/`, `…/plans/…` of a brand | besides, `form-action` Stripe's pay page and portal, or what stands in for
them | `shared_apps.billing.views.pages` | | `/signup/` | `form-action` the brands' hosts | its view | | `/api/v1/docs`
| the API documentation's own assets | the view that serves it |

Nowhere is an inline script allowed, and nothing comes from another host.
"""

from typing import Any, Final

from csp.constants import NONE, SELF

CONTENT_SECURITY_POLICY: Final[dict[str, Any]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
