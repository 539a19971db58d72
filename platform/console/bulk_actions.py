"""Entries of a list's "Select action" box, for the rows that are ticked or for all pages of the list as it is filtered.

        @bulk_action(_("Mark as delivered"), permission="orders.ship")
        def deliver_selected(self, request: HttpRequest, order: Order) -> None:
            services.deliver_order(order_id=order.pk, now=clock.now())

An act is asked first, unless it `is_reversible` and the page shows all it is for. The question counts and names the
rows, and its answer holds for exactly these: what came into the list meanwhile is asked anew, never acted on unseen.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.access import ensure_may
from kernel.core.errors import DomainError, Text

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    AnyAdmin = ModelAdmin[Any]

AnyModel = TypeVar("AnyModel", bound=Model)
BulkAction = Callable[[Any, HttpRequest, AnyModel], None]
SelectionAction = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse]

AGREED = "agreed"
MAX_NAMED = 20
MAX_REFUSALS_SHOWN = 5


def bulk_action(
    description: Text, *, permission: str, is_reversible: bool = False
) -> Callable[[BulkAction[Any]], Callable[..., HttpResponse | None]]:
    """Run the function once per row, the oldest first; refusals are collected."""

    def decorate(function: BulkAction[Any]) -> Callable[..., HttpResponse | None]:
        @wraps(function)
        def action(model_admin: "AnyAdmin", request: HttpRequest, queryset: QuerySet[Model]) -> HttpResponse | None:
            ensure_may(request, permission)
            subjects = list(queryset.order_by("pk"))
            if not subjects:
                messages.warning(request, _("None of what was selected is in the list any more."))
                return None
            is_shown = is_reversible and request.POST.get("select_across") != "1"
            if not is_shown and request.POST.get(AGREED) != _digest(subjects):
                return _ask(model_admin, request, description, subjects)
            refusals = []
            for subject in subjects:
                try:
                    function(model_admin, request, subject)
                except DomainError as refusal:
                    refusals.append(f"{subject}: {refusal}")
            _report(request, done=len(subjects) - len(refusals), refusals=refusals)
            return None

        return _describe(action, description, permission)

    return decorate


def selection_action(
    description: Text, *, permission: str
) -> Callable[[SelectionAction], Callable[..., HttpResponse | None]]:
    """Lead to a page about all rows; where it refuses them, the list says why."""

    def decorate(function: SelectionAction) -> Callable[..., HttpResponse | None]:
        @wraps(function)
        def action(model_admin: "AnyAdmin", request: HttpRequest, queryset: QuerySet[Model]) -> HttpResponse | None:
            ensure_may(request, permission)
            try:
                return function(model_admin, request, queryset)
            except DomainError as refusal:
                messages.error(request, str(refusal))
                return None

        return _describe(action, description, permission)

    return decorate


def _digest(subjects: Sequence[Model]) -> str:
    return sha256(",".join(str(subject.pk) for subject in subjects).encode()).hexdigest()


def _ask(model_admin: "AnyAdmin", request: HttpRequest, title: Text, subjects: Sequence[Model]) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "count": len(subjects),
        "named": subjects[:MAX_NAMED],
        "hidden_rows": max(len(subjects) - MAX_NAMED, 0),
        "agreed": _digest(subjects),
        "was_asked": AGREED in request.POST,
        "act": request.POST.get("action", ""),
        "is_across": request.POST.get("select_across") == "1",
        "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "back": request.get_full_path(),
    }
    return render(request, "console/bulk_question.html", context)


def _report(request: HttpRequest, *, done: int, refusals: list[str]) -> None:
    if done:
        sentence = ngettext("Done for %(count)d entry.", "Done for %(count)d entries.", done)
        messages.success(request, sentence % {"count": done})
    for refusal in refusals[:MAX_REFUSALS_SHOWN]:
        messages.error(request, refusal)
    if len(refusals) > MAX_REFUSALS_SHOWN:
        hidden = len(refusals) - MAX_REFUSALS_SHOWN
        sentence = ngettext("%(count)d more was refused.", "%(count)d more were refused.", hidden)
        messages.error(request, sentence % {"count": hidden})


def _describe(
    action: Callable[..., HttpResponse | None], description: Text, permission: str
) -> Callable[..., HttpResponse | None]:
    for name, value in {"short_description": description, "required_permission": permission}.items():
        setattr(action, name, value)
    return action
