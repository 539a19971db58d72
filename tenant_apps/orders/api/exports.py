"""Orders as files."""

from typing import Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from kernel.http.permissions import requires
from tenant_apps.orders import selectors
from tenant_apps.orders.schemas import incoming
from tenant_apps.orders.services.export_orders import export_orders

router = Router(tags=["orders"])


@router.get("/exports/orders.{form}", response={200: None}, summary="Download orders as CSV or XLSX")
@requires("orders.view")
def download_orders(
    request: HttpRequest, form: Literal["csv", "xlsx"], filters: Query[incoming.ExportFilters]
) -> HttpResponseBase:
    """A row per line, in the columns the import reads; the filters are those of the list."""
    wanted = selectors.resolve_filters(filters.model_dump(exclude_none=True))
    return export_orders(filters=wanted, form=form)
