"""Buttons that do something: always by POST, always asked for a permission, refusals shown where they were caused.

unfold's own actions run on GET. These ask in a dialog first (with fields, when the action needs any) and call the
service on POST, so the CSRF check applies and a link cannot ship an order.

    class ShipForm(DialogForm):
        carrier = forms.CharField(label=_("Carrier"))

    @admin.register(Order, site=brand_site)
    class OrderAdmin(BrandModelAdmin[Order]):
        actions_detail = ("ship",)      # buttons on the object's page; actions_row: in the list's row menu
        actions = ("deliver_selected",) # for the rows ticked in the list: see `console.bulk_actions`

        @object_action(_("Ship"), permission="orders.ship", form=ShipForm, icon="local_shipping",
                       offered=lambda order: order.state == OrderState.PAID)
        def ship(self, request: HttpRequest, order: Order, form: ShipForm) -> Text:
            shipped = services.ship_order(order_id=order.pk, carrier=form.cleaned_data["carrier"], now=clock.now())
            return _("Order %(number)s was shipped.") % {"number": shipped.number}

A form that moves money names its `sum`: the button then says it, and nothing is done before the button said the very
sum that is done (`SumForm`). A form with `rows` is drawn as a table with `columns`.

An action returns the sentence to show (None: "Done."), or where to go instead (`GoTo`); a DomainError appears in the
dialog. `list_action` is the same without an object, for `actions_list`. What only leads to another page or to a
download is a link, and asks nothing: `object_link` and `list_link`, which return the address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from console.access import ensure_may
from console.dialogs import DRAFT, MORE_ROWS
from console.dialogs import DialogForm as DialogForm
from console.dialogs import dress_field as dress_field
from kernel.core.errors import DomainError, Text
from kernel.tenancy.actors import current_actor

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite, ModelAdmin

    AnyAdmin = ModelAdmin[Any]

AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True)
class GoTo:
    """Address an action leads to when it is done, on any host."""

    address: str


@dataclass(frozen=True)
class Dialog:
    """Words of a dialog, and the page it belongs to."""

    title: Text
    description: Text
    site: "AdminSite"
    page: str


ObjectAction = Callable[[Any, HttpRequest, AnyModel, Any], Text | GoTo | None]
ListAction = Callable[[Any, HttpRequest, Any], Text | GoTo | None]
ObjectLink = Callable[[Any, HttpRequest, Any], str]
ListLink = Callable[[Any, HttpRequest], str]


def object_action(
    description: Text,
    *,
    permission: str,
    form: type[DialogForm] = DialogForm,
    icon: str = "",
    explanation: Text | Callable[..., Text] = "",
    offered: Callable[[Any], bool] | None = None,
) -> Callable[[ObjectAction[Any]], Callable[..., HttpResponse]]:
    """A button on one object's page. `offered` hides it where the object's state makes it pointless; the service
    decides all the same. `explanation` may say it of the object: an act that moves money names the sum and the payee.
    """

    def decorate(function: ObjectAction[Any]) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(model_admin: "AnyAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
            ensure_may(request, permission)
            subject = model_admin.get_object(request, object_id)
            if subject is None:
                raise Http404
            options = model_admin.opts
            page = reverse(
                f"{model_admin.admin_site.name}:{options.app_label}_{options.model_name}_change", args=[object_id]
            )
            return run_dialog(
                request,
                dialog=Dialog(
                    description,
                    explanation(subject) if callable(explanation) else explanation or str(subject),
                    model_admin.admin_site,
                    page,
                ),
                form=form,
                object_id=object_id,
                perform=lambda filled: function(model_admin, request, subject, filled),
            )

        return _describe(view, description=description, permission=permission, icon=icon, offered=offered)

    return decorate


def list_action(
    description: Text,
    *,
    permission: str,
    form: type[DialogForm] = DialogForm,
    icon: str = "",
    explanation: Text = "",
) -> Callable[[ListAction], Callable[..., HttpResponse]]:
    """A button above the list, for what concerns no single object."""

    def decorate(function: ListAction) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(model_admin: "AnyAdmin", request: HttpRequest) -> HttpResponse:
            ensure_may(request, permission)
            site = model_admin.admin_site
            page = reverse(f"{site.name}:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
            return run_dialog(
                request,
                dialog=Dialog(description, explanation, site, page),
                form=form,
                object_id=None,
                perform=lambda filled: function(model_admin, request, filled),
            )

        return _describe(view, description=description, permission=permission, icon=icon, offered=None)

    return decorate


def object_link(
    description: Text, *, permission: str, icon: str = "", offered: Callable[[Any], bool] | None = None
) -> Callable[[ObjectLink], Callable[..., HttpResponse]]:
    """A link on one object's page; the function returns the address."""

    def decorate(function: ObjectLink) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(model_admin: "AnyAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
            ensure_may(request, permission)
            subject = model_admin.get_object(request, object_id)
            if subject is None:
                raise Http404
            return HttpResponseRedirect(function(model_admin, request, subject))

        return _describe(view, description=description, permission=permission, icon=icon, offered=offered, asks=False)

    return decorate


def list_link(
    description: Text, *, permission: str, icon: str = ""
) -> Callable[[ListLink], Callable[..., HttpResponse]]:
    """A link above the list; the function returns the address."""

    def decorate(function: ListLink) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(model_admin: "AnyAdmin", request: HttpRequest) -> HttpResponse:
            ensure_may(request, permission)
            return HttpResponseRedirect(function(model_admin, request))

        return _describe(view, description=description, permission=permission, icon=icon, offered=None, asks=False)

    return decorate


def _describe(
    view: Callable[..., HttpResponse],
    *,
    description: Text,
    permission: str,
    icon: str,
    offered: Callable[[Any], bool] | None,
    asks: bool = True,
) -> Callable[..., HttpResponse]:
    """Attach what unfold reads from an action; one that asks opens a dialog."""
    from unfold.enums import ActionVariant

    attributes: dict[str, Any] = {
        "required_permission": permission,
        "short_description": description,
        "icon": icon or None,
        "variant": ActionVariant.DEFAULT,
        "attrs": {},
        "dialog": {"title": description} if asks else None,
        "offered": offered,
        "original_function_name": view.__name__,
    }
    for name, value in attributes.items():
        setattr(view, name, value)
    return view


def run_dialog(
    request: HttpRequest,
    *,
    dialog: Dialog,
    form: type[DialogForm],
    object_id: str | None,
    perform: Callable[[DialogForm], Text | GoTo | None],
) -> HttpResponse:
    sent = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
    filled = form(request=request, object_id=object_id, **sent)
    is_draft = DRAFT in request.POST or MORE_ROWS in request.POST
    if is_draft:
        filled.is_valid()  # the sum is worked out; what is not filled yet is no mistake yet
        filled.errors.clear()
    elif request.method == "POST" and filled.is_valid():
        try:
            outcome = perform(filled)
        except DomainError as refusal:
            show_refusal(filled, refusal)
        else:
            next_page = outcome.address if isinstance(outcome, GoTo) else dialog.page
            if not isinstance(outcome, GoTo):
                messages.success(request, str(outcome or _("Done.")))
            if request.headers.get("HX-Request"):
                return HttpResponse(headers={"HX-Redirect": next_page})
            return HttpResponseRedirect(next_page)
    context = {"dialog": dialog, "form": filled, "back": dialog.page}
    if request.headers.get("HX-Request"):
        return render(request, "console/dialog.html", context)
    request.current_app = dialog.site.name
    context |= {**dialog.site.each_context(request), "title": dialog.title}
    return render(request, "console/dialog_page.html", context)


def show_refusal(form: forms.BaseForm, refusal: DomainError) -> None:
    """Put a refusal beside the fields it names, or on top of the form where it names none the form has.

    What a larger plan would allow is said with the way to the plans, to whoever may see them.
    """
    shown = False
    for error in refusal.errors:
        of_line = form.field_of(error.field) if isinstance(form, DialogForm) else None
        field = of_line or error.field.rsplit(".", 1)[-1]
        form.add_error(field if field in form.fields else None, _with_way_out(error.detail, refusal))
        shown = True
    if not shown:
        form.add_error(None, _with_way_out(refusal.detail, refusal))


def _with_way_out(text: Text, refusal: DomainError) -> str:
    address = refusal.extra.get("upgrade_url", "")
    if not address or not current_actor().may("billing.view"):
        return str(text)
    return format_html('{} <a class="bn-way-out" href="{}">{}</a>', text, address, _("See the plans"))
