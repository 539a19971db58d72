"""The first days of a brand: steps that lead to the act itself, and the agents' levels by one tap."""

from dataclasses import astuple
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from console.access import ensure_may
from console.brand_pages import BrandPage
from console.dashboard import Act, Step
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.insights.selectors.figures import get_first_steps
from tenant_apps.insights.services import make_first_levels


def list_steps() -> list[Step]:
    """Return the steps in the order in which they build on each other."""
    done = astuple(get_first_steps())
    steps = (
        (
            _("Set up agent levels"),
            _("One tap makes general, first-level and authorised agents at 40 %, 50 % and 65 % of the retail price."),
            reverse("brand:agents_level_changelist"),
            Act(_("Use this template"), reverse("insights:level_template")),
        ),
        (
            _("Put your products on the shelf"),
            _("Import your own Excel file, or enter the first one by hand."),
            reverse("imports:upload", args=["products"]),
            None,
        ),
        (_("Set prices"), _("See and change the price of each level in the matrix."), reverse("pricing:matrix"), None),
        (
            _("Receive stock"),
            _("What is not in stock cannot be sold."),
            reverse("brand:inventory_stock_changelist"),
            None,
        ),
        (_("Register your first agent"), _("Each agent gets a referral code."), reverse("recruiting:register"), None),
        (
            _("Set what agents earn"),
            _("Two tiers at most, on goods that were paid for."),
            reverse("brand:commissions_commissionplan_add"),
            None,
        ),
        (
            _("Make the first sale"),
            _("Enter it by hand, import a file of orders, or send them by the API."),
            reverse("orders:new"),
            None,
        ),
    )
    return [
        Step(title, text, is_done, link, None if is_done else act)
        for (title, text, link, act), is_done in zip(steps, done, strict=True)
    ]


class LevelTemplate(BrandPage, View):
    """Make the levels of the template, with their discounts, in a brand that has no level."""

    permission = "agents.edit"
    title = _("Set up agent levels")
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ensure_may(request, "pricing.edit")
        try:
            make_first_levels(now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, gettext("The levels are made. Rename them or change their discounts as you like.")
            )
        return redirect("brand:agents_level_changelist")
