"""Saved views above a list, the choice of its columns, and the dialogs for both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ERROR_FLAG, ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from console import saved_views
from console.access import may, only_reads
from console.actions import Dialog, GoTo, run_dialog
from console.dialogs import DialogForm
from console.lists import COLUMNS_VAR, Shown, keep_columns, name_of, order_by_names, places_of
from console.saved_views import EVERYBODY, Content, View
from kernel.core.errors import Text

if TYPE_CHECKING:
    from console.admin import ServiceModelAdmin

    AnyAdmin = ServiceModelAdmin[Any]

SHARE: Final = "console.share"


@dataclass(frozen=True)
class Tab:
    """A saved view as a tab; the links of its dialogs are empty where the person may not change it."""

    title: Text
    link: str
    active: bool
    is_shared: bool = False
    rename: str = ""
    delete: str = ""


@dataclass(frozen=True)
class ListViews:
    """The row above a list; `save` is empty where there is nothing to be saved that is not saved already.

    Both addresses are empty for whoever may only look: their forms would be refused.
    """

    tabs: list[Tab]
    columns: str
    save: str

    @property
    def open_tab(self) -> Tab | None:
        return next((tab for tab in self.tabs if tab.active), None)


class SaveViewForm(DialogForm):
    name = forms.CharField(label=_("Name of the view"), max_length=saved_views.MAX_NAME_LENGTH)
    for_everybody = forms.BooleanField(
        label=_("for everybody"),
        required=False,
        help_text=_("Everybody sees the view, and in it what their role lets them see."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not may(self.request, SHARE):
            del self.fields["for_everybody"]


class RenameViewForm(DialogForm):
    name = forms.CharField(label=_("Name of the view"), max_length=saved_views.MAX_NAME_LENGTH)


class ColumnsForm(DialogForm):
    columns = forms.MultipleChoiceField(label="", required=False, widget=forms.CheckboxSelectMultiple)

    def clean_columns(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["columns"]
        if not chosen:
            raise forms.ValidationError(_("Choose at least one column."))
        return chosen


def list_urls(admin: "AnyAdmin") -> list[URLPattern]:
    name = name_of_list(admin)
    views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
        "columns": ("columns/", choose_columns),
        "save_view": ("views/save/", save_view),
        "rename_view": ("views/<slug:view_id>/rename/", rename_view),
        "delete_view": ("views/<slug:view_id>/delete/", delete_view),
    }
    return [
        path(address, admin.admin_site.admin_view(partial(view, admin)), name=f"{name}_{verb}")
        for verb, (address, view) in views.items()
    ]


def name_of_list(admin: "AnyAdmin") -> str:
    return f"{admin.opts.app_label}_{admin.opts.model_name}"


def describe_views(admin: "AnyAdmin", request: HttpRequest, shown: list[Shown]) -> ListViews:
    """Return the tabs of a list whose columns are `shown` now."""
    looks_only = only_reads(request)
    now = _content(request.GET, shown)
    person = _person(request)
    site = admin.admin_site.name
    tabs = [Tab(_("All"), "?", now == Content(query=[], order=[], columns=[]))]
    for view, is_shared in saved_views.list_views(of_list=name_of_list(admin), person=person):
        address = view_address(admin, request, view)
        is_open = now == _content(QueryDict(address), _displayed(admin, request, view["columns"]))
        is_own = not looks_only and (not is_shared or may(request, SHARE))
        dialogs = [
            reverse(f"{site}:{name_of_list(admin)}_{verb}", args=[view["id"]]) if is_own else ""
            for verb in ("rename_view", "delete_view")
        ]
        tabs.append(Tab(view["name"], f"?{address}", is_open, is_shared, *dialogs))
    query = request.GET.urlencode()
    if looks_only:
        return ListViews(tabs=tabs, columns="", save="")
    save = "" if any(tab.active for tab in tabs) else _dialog_address(admin, "save_view", query)
    return ListViews(tabs=tabs, columns=_dialog_address(admin, "columns", query), save=save)


def view_address(admin: "AnyAdmin", request: HttpRequest, view: View) -> str:
    """Return the query that opens a view for this person: columns that they may not see are left out."""
    query = QueryDict(mutable=True)
    for name, value in view["query"]:
        query.appendlist(name, value)
    _write_columns(query, [one for one in view["columns"] if one in _names(admin.list_columns(request))])
    _write_order(query, view["order"], _displayed(admin, request, view["columns"]))
    return query.urlencode()


def save_view(admin: "AnyAdmin", request: HttpRequest) -> HttpResponse:
    _ensure_sees(admin, request)

    def perform(form: DialogForm) -> GoTo:
        is_shared = form.cleaned_data.get("for_everybody", False)
        view = saved_views.save_view(
            of_list=name_of_list(admin),
            name=form.cleaned_data["name"],
            content=_content(request.GET, _checked_columns(admin, request)),
            person=EVERYBODY if is_shared else _person(request),
        )
        return GoTo(f"{_list_address(admin)}?{view_address(admin, request, view)}")

    text = _("The filters, the search, the order and the columns of the list as it is now.")
    return _run(admin, request, _("Save view"), text, SaveViewForm, perform)


def rename_view(admin: "AnyAdmin", request: HttpRequest, view_id: str) -> HttpResponse:
    view, person = _own_view(admin, request, view_id)

    def perform(form: DialogForm) -> Text:
        name: str = form.cleaned_data["name"]
        saved_views.rename_view(view_id=view_id, of_list=name_of_list(admin), name=name, person=person)
        return _("The view is called “%(name)s” now.") % {"name": name}

    return _run(admin, request, _("Rename view"), view["name"], RenameViewForm, perform)


def delete_view(admin: "AnyAdmin", request: HttpRequest, view_id: str) -> HttpResponse:
    view, person = _own_view(admin, request, view_id)

    def perform(form: DialogForm) -> Text:
        saved_views.delete_view(view_id=view_id, of_list=name_of_list(admin), person=person)
        return _("The view “%(name)s” was deleted.") % {"name": view["name"]}

    text = view["name"] if person != EVERYBODY else _("“%(name)s” disappears for everybody.") % {"name": view["name"]}
    return _run(admin, request, _("Delete view"), text, DialogForm, perform)


def choose_columns(admin: "AnyAdmin", request: HttpRequest) -> HttpResponse:
    _ensure_sees(admin, request)
    columns = admin.list_columns(request)
    always = set(_names(admin.list_display_links or ()))
    choices = [
        (name_of(one), str(label_for_field(one, admin.model, admin))) for one in columns if name_of(one) not in always
    ]
    shown = _names(_checked_columns(admin, request))

    class Form(ColumnsForm):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            field = self.fields["columns"]
            field.initial = shown
            if isinstance(field, forms.MultipleChoiceField):
                field.choices = choices

    def perform(form: DialogForm) -> GoTo:
        chosen: list[str] = form.cleaned_data["columns"]
        query = request.GET.copy()
        order = order_by_names(query, _displayed(admin, request, shown))
        query.pop(PAGE_VAR, None)
        _write_columns(query, chosen if len(chosen) < len(choices) else [])
        _write_order(query, order, _displayed(admin, request, chosen))
        return GoTo(f"{_list_address(admin)}?{query.urlencode()}")

    return _run(admin, request, _("Choose columns"), "", Form, perform)


def _run(
    admin: "AnyAdmin",
    request: HttpRequest,
    title: Text,
    text: Text,
    form: type[DialogForm],
    perform: Callable[[DialogForm], Text | GoTo | None],
) -> HttpResponse:
    query = request.GET.urlencode()
    back = f"{_list_address(admin)}?{query}" if query else _list_address(admin)
    dialog = Dialog(title, text, admin.admin_site, back)
    return run_dialog(request, dialog=dialog, form=form, object_id=None, perform=perform)


def _ensure_sees(admin: "AnyAdmin", request: HttpRequest) -> None:
    if not admin.has_view_permission(request):
        raise PermissionDenied


def _own_view(admin: "AnyAdmin", request: HttpRequest, view_id: str) -> tuple[View, int]:
    """Return a view that this person may change, and the person it is of."""
    _ensure_sees(admin, request)
    found = saved_views.list_views(of_list=name_of_list(admin), person=_person(request))
    for view, is_shared in found:
        if view["id"] == view_id:
            if is_shared and not may(request, SHARE):
                raise PermissionDenied
            return view, EVERYBODY if is_shared else _person(request)
    raise Http404


def _checked_columns(admin: "AnyAdmin", request: HttpRequest) -> list[Shown]:
    """Return the columns of the list as its address says, after the list accepted that address."""
    try:
        if ERROR_FLAG in request.GET:
            raise IncorrectLookupParameters
        changes = admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        raise Http404 from None
    return list(changes.list_display)


def _displayed(admin: "AnyAdmin", request: HttpRequest, names: list[str]) -> list[Shown]:
    """Return the columns of these names as the list counts them: before them stand the boxes to tick."""
    kept = keep_columns(admin.list_columns(request), names, always=_names(admin.list_display_links or ()))
    return [*(["action_checkbox"] if admin.get_actions(request) else []), *kept]


def _content(query: QueryDict, shown: list[Shown]) -> Content:
    chosen = query.get(COLUMNS_VAR, "")
    rest = sorted(
        [name, value]
        for name, values in query.lists()
        if name not in {ORDER_VAR, PAGE_VAR, ERROR_FLAG, COLUMNS_VAR}
        for value in values
        if isinstance(value, str)
    )
    return Content(query=rest, order=order_by_names(query, shown), columns=chosen.split(",") if chosen else [])


def _write_columns(query: QueryDict, names: list[str]) -> None:
    query.pop(COLUMNS_VAR, None)
    if names:
        query[COLUMNS_VAR] = ",".join(names)


def _write_order(query: QueryDict, order: list[str], shown: list[Shown]) -> None:
    query.pop(ORDER_VAR, None)
    places = places_of(order, shown)
    if places:
        query[ORDER_VAR] = places


def _names(columns: Sequence[Shown]) -> list[str]:
    return [name_of(one) for one in columns]


def _dialog_address(admin: "AnyAdmin", verb: str, query: str) -> str:
    address = reverse(f"{admin.admin_site.name}:{name_of_list(admin)}_{verb}")
    return f"{address}?{query}" if query else address


def _list_address(admin: "AnyAdmin") -> str:
    return reverse(f"{admin.admin_site.name}:{name_of_list(admin)}_changelist")


def _person(request: HttpRequest) -> int:
    return int(request.user.pk or 0)
