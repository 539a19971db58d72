"""The page on which people count, on a phone and blind: what the books say is not on it."""

from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import may
from console.brand_pages import BrandPage
from console.json_acts import JsonAct
from kernel.core import clock
from tenant_apps.inventory.schemas.stocktakes import CountedIn, ScanIn, line_row, pieces_counted, pieces_found
from tenant_apps.inventory.selectors import stocktakes as selectors
from tenant_apps.inventory.services import stocktakes as services
from tenant_apps.inventory.states import StocktakeState

SHOWN: Final = 100
# Elsewhere no page may use the camera.
_CAMERA: Final = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


class CountPage(BrandPage, TemplateView):
    """A field for the scanner, the latest lines, and what nobody counted yet."""

    permission = "inventory.count"
    title = _("Count")
    template_name = "inventory/console/count.html"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Permissions-Policy"] = _CAMERA
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        stocktake = selectors.get_stocktake(stocktake_id=int(str(kwargs["stocktake_id"])))
        lines = selectors.list_lines(stocktake_id=stocktake.pk)
        counted = lines.filter(counted__isnull=False).order_by("-counted_at", "-id")
        return super().get_context_data(
            stocktake=stocktake,
            is_open=stocktake.state == StocktakeState.OPEN,
            progress=selectors.count_progress(stocktake_ids=[stocktake.pk])[stocktake.pk],
            counted=counted[:SHOWN],
            waiting=lines.filter(counted=None).order_by("variant__sku")[:SHOWN],
            shown=SHOWN,
            may_approve=may(self.request, "inventory.approve"),
            **kwargs,
        )


class ScanGoods(JsonAct):
    """Add what was scanned."""

    permission = "inventory.count"

    def act(self, request: HttpRequest) -> object:
        stocktake = selectors.get_stocktake(stocktake_id=int(self.kwargs["stocktake_id"]))
        given = ScanIn.model_validate_json(request.body)
        line = services.scan(stocktake_id=stocktake.pk, code=given.code, quantity=pieces_found(given), now=clock.now())
        return line_row(line, is_blind=True)


class SetCounted(JsonAct):
    """Correct a line, unless somebody else counted it since."""

    permission = "inventory.count"

    def act(self, request: HttpRequest) -> object:
        stocktake = selectors.get_stocktake(stocktake_id=int(self.kwargs["stocktake_id"]))
        given = CountedIn.model_validate_json(request.body)
        line = services.set_counted(
            stocktake_id=stocktake.pk,
            code=given.code,
            counted=pieces_counted(given),
            seen=given.seen,
            now=clock.now(),
        )
        return line_row(line, is_blind=True)
