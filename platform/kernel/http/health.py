"""`/healthz`: the process runs. `/readyz`: it can serve (database, Redis, migrations, configured checks)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.core import health
from kernel.http.rendering import FastJson


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200. Checks nothing else, so that a database outage does not restart all processes."""
    return FastJson({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 when every check passes, else 503 with the failed ones. Contains no secrets and host names."""
    findings = health.run_checks()
    ready = all(finding.ok for finding in findings)
    body = {
        "status": "ready" if ready else "not_ready",
        "checks": {finding.name: {"ok": finding.ok, "figure": finding.figure} for finding in findings},
    }
    return FastJson(body, status=200 if ready else 503)
