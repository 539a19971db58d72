"""Order exports."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from kernel.files.tables import Form
from kernel.http.downloads import send_file
from kernel.http.permissions import requires
from tenant_apps.orders.schemas import incoming
from tenant_apps.orders.selectors import lists
from tenant_apps.orders.services.export_orders import export_orders

router = Router(tags=["orders"])


@router.get("/exports/orders.csv", response={200: None}, summary="Download orders as CSV")
@requires("orders.view")
def download_orders_csv(request: HttpRequest, filters: Query[incoming.ExportIn]) -> HttpResponseBase:
    """Return one row per line, in the columns that the import reads. Takes the filters of the list.

    With `masked` it can be handed on: names, phone numbers and addresses are hidden.
    """
    return _export(filters, "csv")


@router.get("/exports/orders.xlsx", response={200: None}, summary="Download orders as XLSX")
@requires("orders.view")
def download_orders_xlsx(request: HttpRequest, filters: Query[incoming.ExportIn]) -> HttpResponseBase:
    """Return the rows of the CSV export as a workbook."""
    return _export(filters, "xlsx")


def _export(filters: incoming.ExportIn, form: Form) -> HttpResponseBase:
    wanted = lists.resolve_filters(filters.model_dump(exclude_none=True, exclude={"masked"}))
    exported = export_orders(filters=wanted, form=form, is_masked=filters.masked)
    return send_file(exported.content, name=exported.name, content_type=exported.content_type)
