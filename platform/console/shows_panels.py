"""Boxes above a form: what one wants to see of a thing before changing it.

class ProductAdmin(ShowsPanels[Product], BrandModelAdmin[Product]):
    form_page = "catalog.product"       # by this name apps above add boxes; see `console.panels`

    def list_panels(self, request, object_id) -> list[Panel]: …
"""

from contextlib import suppress
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from console import panels
from console.admin import AnyModel, ServiceModelAdmin
from console.panels import Panel
from kernel.core.errors import NotFound


class ShowsPanels(ServiceModelAdmin[AnyModel]):
    """First base of a page with boxes and a form."""

    form_page: ClassVar[str] = ""
    change_form_outer_before_template = "console/panels_above.html"

    def list_panels(self, request: HttpRequest, object_id: int) -> list[Panel]:
        """Return the page's own boxes."""
        return []

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        boxes: list[Panel] = []
        if object_id.isdecimal() and len(object_id) < 19 and self.has_view_permission(request):
            with suppress(NotFound):  # the page itself answers 404
                added = panels.collect(self.form_page, request, int(object_id))
                boxes = [*self.list_panels(request, int(object_id)), *added]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": boxes})
