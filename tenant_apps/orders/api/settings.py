"""API of the brand's settings of orders."""

from django.http import HttpRequest
from ninja import Router

from kernel.core import clock
from kernel.http.permissions import requires
from tenant_apps.orders.rules.deadlines import Deadlines
from tenant_apps.orders.schemas import incoming, outgoing
from tenant_apps.orders.selectors import deadlines
from tenant_apps.orders.services.deadlines import change_deadlines

router = Router(tags=["orders"])


@router.get("/order-settings", response=outgoing.OrderSettingsOut, summary="Get the settings of orders")
@requires("orders.view")
def get_order_settings(request: HttpRequest) -> Deadlines:
    return deadlines.get_deadlines()


@router.put("/order-settings", response=outgoing.OrderSettingsOut, summary="Change the settings of orders")
@requires("orders.settings")
def change_order_settings(request: HttpRequest, payload: incoming.OrderSettingsIn) -> Deadlines:
    """Set all deadlines. Closing holds for orders placed from the moment it was turned on."""
    return change_deadlines(**payload.model_dump(), now=clock.now())
