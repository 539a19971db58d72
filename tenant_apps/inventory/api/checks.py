"""API of the comparison of stock with its movements."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from tenant_apps.inventory.schemas import checks as schemas
from tenant_apps.inventory.selectors.checks import get_last_check
from tenant_apps.inventory.services.checking import check_stock

router = Router(tags=["inventory"])


@router.get("/stock/check", response=schemas.StockCheckOut, summary="Get the last stock check")
@requires("inventory.view")
def get_check(request: HttpRequest) -> HttpResponse:
    """Read when stock was last compared with its movements, batches and reservations, and what differed."""
    return FastJson(schemas.check_row(get_last_check()))


@router.post("/stock/check", response=schemas.StockCheckOut, summary="Check stock now")
@requires("inventory.adjust")
def run_check(request: HttpRequest) -> HttpResponse:
    """Compare stock with its movements, batches and reservations now; nothing is corrected."""
    return FastJson(schemas.check_row(check_stock(now=clock.now())))
