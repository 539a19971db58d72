"""`/healthz`: the process answers. `/readyz`: it can serve (database, Redis, migrations, what the settings add)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.core import health
from kernel.http.rendering import FastJson


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process runs. Touches nothing else, so that a database outage does not restart all processes."""
    return FastJson({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every check passes, 503 with the failing ones otherwise. No secrets, no host names."""
    findings = health.run_checks()
    ready = all(finding.ok for finding in findings)
    body = {
        "status": "ready" if ready else "not_ready",
        "checks": {finding.name: {"ok": finding.ok, "figure": finding.figure} for finding in findings},
    }
    return FastJson(body, status=200 if ready else 503)
