"""The price matrix: a row for each variant, a column for each level, every cell a field."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.access import ensure_may, may
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.http.pagination import CursorInvalid, paginate
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.products import list_variants
from tenant_apps.pricing.selectors.matrix import list_cells
from tenant_apps.pricing.selectors.price_lists import get_price_list
from tenant_apps.pricing.services.level_prices import NewLevelPrice, save_matrix

ROWS = 50
MAX_SHOWN = 5


class MatrixPage(ConsolePageMixin, TemplateView):
    site = brand_site
    permission = "pricing.view"
    title = _("Price matrix")
    template_name = "pricing/matrix.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        search = self.request.GET.get("q", "").strip()[:100]
        cursor = self.request.GET.get("cursor")
        found = list_variants(is_active=True, search=search)
        try:
            variants, following = paginate(found, cursor=cursor, limit=ROWS)
        except CursorInvalid:  # an address that was cut short shows the first page
            variants, following = paginate(found, cursor=None, limit=ROWS)
        levels = list(agents.list_levels())
        cells = list_cells(
            level_ids=[level.pk for level in levels],
            variant_ids=[variant.pk for variant in variants],
            as_of=clock.now(),
        )
        typed: Mapping[str, str] = kwargs.pop("typed", {})
        rows = [
            {
                "variant": variant,
                "cells": [
                    {
                        "name": f"p-{cell.level_id}-{variant.pk}",
                        "own": cell.own,
                        "value": typed.get(f"p-{cell.level_id}-{variant.pk}", cell.own),
                        "price": cell.resolved.price,
                        "reason": cell.resolved.reason_text(),
                    }
                    for cell in cells[variant.pk]
                ],
            }
            for variant in variants
        ]
        return super().get_context_data(
            **{
                **kwargs,
                "levels": levels,
                "rows": rows,
                "search": search,
                "next": urlencode({"q": search, "cursor": following}) if following else "",
                "may_edit": may(self.request, "pricing.edit"),
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        ensure_may(request, "pricing.edit")
        prices, ended, wrong = _changed(request.POST)
        if not wrong:
            try:
                save_matrix(prices=prices, ended=ended, now=clock.now())
            except DomainError as refusal:
                wrong = [str(error.detail) for error in refusal.errors] or [str(refusal)]
        for sentence in wrong[:MAX_SHOWN]:
            messages.error(request, sentence)
        if wrong:
            return self.render_to_response(self.get_context_data(typed=request.POST))
        messages.success(request, gettext("%(count)d prices changed.") % {"count": len(prices) + len(ended)})
        return redirect(request.get_full_path())


class PriceListFile(ConsolePageMixin, View):
    site = brand_site
    permission = "pricing.view"
    title = _("Price list")

    def get(self, request: HttpRequest) -> FileResponse:
        now = clock.now()
        name = f"prices-{clock.business_date(now):%Y%m%d}.xlsx"
        return FileResponse(get_price_list(as_of=now), as_attachment=True, filename=name)


def _changed(sent: Mapping[str, str]) -> tuple[list[NewLevelPrice], list[tuple[int, int]], list[str]]:
    """Return the cells that differ from the value the page was opened with (`o-…`), so that nobody's price is put back
    by somebody who did not touch it.
    """
    prices = []
    ended = []
    wrong = []
    for name, text in sent.items():
        place = _place(name)
        if place is None or text.strip() == sent.get(f"o{name[1:]}", ""):
            continue
        if not text.strip():
            ended.append(place)
            continue
        try:
            prices.append(NewLevelPrice(*place, Decimal(text.strip().replace(",", ""))))
        except InvalidOperation:
            wrong.append(gettext("“%(text)s” is no price.") % {"text": text[:20]})
    return prices, ended, wrong


def _place(name: str) -> tuple[int, int] | None:
    kind, _dash, rest = name.partition("-")
    level, _dash, variant = rest.partition("-")
    numbers = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (level, variant))
    return (int(level), int(variant)) if kind == "p" and numbers else None
