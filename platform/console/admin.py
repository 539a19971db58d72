"""Base classes of the consoles' list and detail pages. An app's `admin.py` stays thin: it declares, services act.

    from django.contrib import admin
    from console.actions import DialogForm, object_action, bulk_action      # see there: buttons
    from console.admin import BrandModelAdmin, ReadOnlyInline
    from console.display import money, state_label                          # see there: columns
    from console.sites import brand_site

    class OrderLineInline(ReadOnlyInline[OrderLine, Order]):
        model = OrderLine
        fields = ("line_no", "sku", "name", "quantity", "unit_price", "goods_amount")

    @admin.register(Order, site=brand_site)
    class OrderAdmin(BrandModelAdmin[Order]):
        view_permission = "orders.view"       # words of the permission vocabulary, asked by request.user.has_perm()
        edit_permission = ""                  # "" = nobody edits by form (the default): the page shows, actions act
        add_permission = ""                   # "" = no "Add" button (the default)
        list_display = ("number", "placed_at", state_label("state", {…}), money("total"))
        list_filter = ("state", "channel")
        search_fields = ("number", "external_number")
        list_totals = ("total",)              # the sum over the filtered list, below it
        inlines = (OrderLineInline,)
        actions_detail = ("ship", "refund")

A page on which forms do write declares the permissions and overrides `save_by_service`; whatever the services refuse
appears in the form beside the field it names, and nothing is saved by the page itself:

    class ProductAdmin(BrandModelAdmin[Product]):
        view_permission, edit_permission, add_permission = "catalog.view", "catalog.edit", "catalog.edit"

        def save_by_service(self, request, form, existing: Product | None) -> Product:
            if existing is None:
                return services.create_product(name=form.cleaned_data["name"], …)
            return services.change_product(product_id=existing.pk, …)

Nothing is deleted from a console, and Django's own admin log is not written: services record what they do in the
audit log, and the "History" page shows that. `PlatformModelAdmin` is the same for `platform_site`.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ChangeList
from django.db import IntegrityError
from django.db.models import JSONField, Model, Sum
from django.http import Http404, HttpRequest
from django.urls import URLPattern
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from console.access import may, may_read
from console.actions import show_refusal
from console.columns import AddedColumn, columns_of
from console.display import Column, facts, percent
from console.list_views import describe_views, list_urls
from console.lists import COLUMNS_VAR, Shown, StrictChangeList, chosen_columns, keep_columns, name_of
from console.rates import PercentField, percent_input
from console.sites import ConsoleSite
from kernel.core.errors import DomainError, Invalid, Text
from kernel.core.money import RateField

ADDED = "added_"
AnyModel = TypeVar("AnyModel", bound=Model)
AnyParent = TypeVar("AnyParent", bound=Model)

if TYPE_CHECKING:

    class _UnfoldModelAdmin(admin.ModelAdmin[AnyModel]):
        actions_detail: Any
        actions_list: Any
        list_before_template: str
        actions_row: Any
        list_filter_submit: bool
        list_filter_sheet: bool
        warn_unsaved_form: bool

    class _UnfoldInline(admin.TabularInline[AnyModel, AnyParent]): ...
else:
    from unfold.admin import ModelAdmin, TabularInline

    class _UnfoldModelAdmin(ModelAdmin, Generic[AnyModel]): ...

    class _UnfoldInline(TabularInline, Generic[AnyModel, AnyParent]): ...


class ServiceModelAdmin(_UnfoldModelAdmin[AnyModel]):
    """Permissions by the vocabulary's words, writes by services, refusals in the form."""

    view_permission: ClassVar[str] = ""
    edit_permission: ClassVar[str] = ""
    add_permission: ClassVar[str] = ""

    # The console's search finds what the list holds once an icon is named; see `console.search`.
    hit_icon: ClassVar[str] = ""
    hit_ordering: ClassVar[Sequence[str]] = ("-pk",)

    list_page: ClassVar[str] = ""  # by this name apps above add columns; see `console.columns`
    list_totals: ClassVar[Sequence[str]] = ()  # columns whose sum over the filtered list stands below it
    list_before_template = "console/list_views.html"
    list_per_page = 50
    show_full_result_count = False  # a second count over a big table only to print "of 25,000"
    list_filter_sheet = True
    warn_unsaved_form = True
    save_as = False
    save_on_top = False

    def get_readonly_fields(self, request: HttpRequest, obj: AnyModel | None = None) -> Any:
        names = list(super().get_readonly_fields(request, obj))
        return (*names, *(self._facts[name] for name in names if name in self._facts))

    def get_fieldsets(self, request: HttpRequest, obj: AnyModel | None = None) -> Any:
        """JSON fields and rates that cannot be edited here are shown as names and values, and as percent."""
        fieldsets = super().get_fieldsets(request, obj)
        shown = self._facts
        if obj is None or self.has_change_permission(request, obj):
            fixed = super().get_readonly_fields(request, obj)
            shown = {name: column for name, column in shown.items() if name in fixed}
        return [(title, {**rest, "fields": _replace(rest["fields"], shown)}) for title, rest in fieldsets]

    @cached_property
    def _facts(self) -> dict[str, Column]:
        return readable_columns(self.opts.fields)

    def list_columns(self, request: HttpRequest) -> list[Shown]:
        """Return all columns this person may see."""
        shown = super().get_list_display(request)
        columns = [self._facts.get(entry, entry) if isinstance(entry, str) else entry for entry in shown]
        return [*columns, *(added_column(one) for one in columns_of(self.list_page, request))]

    def get_list_display(self, request: HttpRequest) -> list[Shown]:
        """Of the columns those that the list's address names, and those that lead to a row's page."""
        always = [name_of(one) for one in self.list_display_links or ()]
        return keep_columns(self.list_columns(request), chosen_columns(request), always=always)

    def get_urls(self) -> list[URLPattern]:
        return [*list_urls(self), *super().get_urls()]

    def prepare_rows(self, request: HttpRequest, rows: list[AnyModel]) -> None:
        """Give the rows what their columns show and the database keeps elsewhere, in a statement per kind."""
        for column in columns_of(self.list_page, request):
            values = column.values([row.pk for row in rows]) if rows else {}
            for row in rows:
                setattr(row, ADDED + column.name, values.get(row.pk))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Add the saved views, and the sums of the list as it is filtered."""
        answer = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None)
        if context and "cl" in context:
            context["list_views"] = describe_views(self, request, context["cl"].list_display)
            if self.list_totals:
                context["list_totals"] = self._totals(context["cl"])
        return answer

    def _totals(self, changes: Any) -> list[tuple[Text, Any]]:
        shown = {getattr(column, "__name__", column) for column in changes.list_display}
        names = [name for name in self.list_totals if name in shown]
        if not names:
            return []
        sums = changes.queryset.order_by().aggregate(**{f"sum_{name}": Sum(name) for name in names})
        return [(str(label_for_field(name, self.model)), sums[f"sum_{name}"]) for name in names]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Ask for a rate in percent."""
        if isinstance(db_field, RateField):
            return db_field.formfield(form_class=PercentField, widget=percent_input(), **kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: AnyModel | None = None) -> bool:
        return may_read(request, self.view_permission) or may_read(request, self.edit_permission)

    def has_change_permission(self, request: HttpRequest, obj: AnyModel | None = None) -> bool:
        return may(request, self.edit_permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, self.add_permission)

    def has_delete_permission(self, request: HttpRequest, obj: AnyModel | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        found: type[ChangeList] = super().get_changelist(request, **kwargs)
        return type("ConsoleChangeList", (StrictChangeList, found), {})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Say with an empty list which place of the navigation it is: its purpose is shown.

        Raises IncorrectLookupParameters for a column that the list does not have for this person.
        """
        if set(chosen_columns(request)) - {name_of(column) for column in self.list_columns(request)}:
            raise IncorrectLookupParameters(COLUMNS_VAR)
        changes: Any = super().get_changelist_instance(request)
        changes.result_list = list(changes.result_list)
        self.prepare_rows(request, changes.result_list)
        if not changes.result_count and isinstance(self.admin_site, ConsoleSite):
            changes.place = self.admin_site.find_open_place(request)
        return changes

    def get_actions(self, request: HttpRequest) -> Any:
        """Only the bulk actions the user's role includes."""
        actions = dict(super().get_actions(request))
        for name, entry in list(actions.items()):
            wanted = getattr(entry[0], "required_permission", "") if entry else ""
            if wanted and not may(request, wanted):
                del actions[name]
        return actions

    def _filter_unfold_actions_by_permissions(
        self, request: HttpRequest, actions: list[Any], object_id: str | None = None
    ) -> list[Any]:
        """Only the buttons the role includes and the object's state gives a sense to.

        unfold's own filter would look the permissions up in Django's table of permissions, which brands do not have.
        """
        permitted = [action for action in actions if may(request, action.method.required_permission)]
        if object_id is None or not any(action.method.offered for action in permitted):
            return permitted
        subject = self.get_object(request, str(object_id))
        if subject is None:
            return []
        return [action for action in permitted if action.method.offered is None or action.method.offered(subject)]

    def describe_hit(self, subject: AnyModel) -> tuple[Text, Text]:
        """Return an object's name and what it is, in words for the search's answers."""
        raise NotImplementedError(f"{type(self).__name__} is searched but describes nothing")

    def describe_hits(self, words: str, subjects: Sequence[AnyModel]) -> list[tuple[Text, Text]]:
        """Describe what was found by these words."""
        return [self.describe_hit(subject) for subject in subjects]

    def save_by_service(self, request: HttpRequest, form: Any, existing: AnyModel | None) -> AnyModel:
        raise NotImplementedError(f"{type(self).__name__} allows editing but names no service")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show a refusal of the service in the form: the transaction has been rolled back, so the form runs again."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            refusal = error
        except IntegrityError:
            # A rule that only the database holds, and that the service has no words for.
            refusal = Invalid(
                _("These values do not go together, or one of them is not allowed. Check them and save again.")
            )
        request.console_refusal = refusal  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        """Answer 404, where Django sends to the console's first page."""
        raise Http404

    def get_form(
        self, request: HttpRequest, obj: AnyModel | None = None, change: bool = False, **kwargs: object
    ) -> Any:
        form_class = super().get_form(request, obj, change, **kwargs)
        refusal: DomainError | None = getattr(request, "console_refusal", None)

        class ServiceForm(form_class):  # type: ignore[valid-type, misc]
            def _post_clean(self) -> None:
                # The service judges, in the user's words; Django would name the constraint.
                self.instance.full_clean = partial(self.instance.full_clean, validate_constraints=False)
                super()._post_clean()
                if refusal is not None:
                    show_refusal(self, refusal)

        return ServiceForm

    def save_model(self, request: HttpRequest, obj: AnyModel, form: Any, change: bool) -> None:
        saved = self.save_by_service(request, form, obj if change else None)
        obj.pk = saved.pk
        obj._state.adding = False
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Rows of inlines are written by the service that writes their parent."""

    def log_addition(self, request: HttpRequest, obj: AnyModel, message: Any) -> Any:
        """The audit log has it."""

    def log_change(self, request: HttpRequest, obj: AnyModel, message: Any) -> Any:
        """The audit log has it."""


def added_column(added: AddedColumn) -> Column:
    """Return the list's column of what an app above added."""

    def column(row: Any) -> Any:
        return getattr(row, ADDED + added.name)

    column.__name__ = added.name
    column.short_description = added.title  # type: ignore[attr-defined]
    return column


def readable_columns(fields: Iterable[Any]) -> dict[str, Column]:
    """Return the columns that show JSON as names and values, and rates as percent, by the names of their fields."""
    return {
        field.name: (percent if isinstance(field, RateField) else facts)(field.name, field.verbose_name)
        for field in fields
        if isinstance(field, JSONField | RateField)
    }


def _replace(fields: Any, shown: Mapping[str, Column]) -> list[Any]:
    """A fieldset with the readable fields in the place of the raw ones, each once; lines of several stay lines."""
    entries: list[Any] = []
    for entry in fields:
        entry = _replace(entry, shown) if isinstance(entry, list | tuple) else shown.get(entry, entry)
        if entry not in entries:
            entries.append(entry)
    return entries


class BrandModelAdmin(ServiceModelAdmin[AnyModel]):
    """Base of every page of a brand's console."""


class PlatformModelAdmin(ServiceModelAdmin[AnyModel]):
    """Base of every page of the platform console. Seeing is `tenants.view`."""

    view_permission: ClassVar[str] = "tenants.view"


class ReadOnlyInline(_UnfoldInline[AnyModel, AnyParent]):
    """Rows that belong to the object and are shown with it; whoever sees the parent sees them."""

    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True  # unfold would print str(row) above each row

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return _replace(super().get_fields(request, obj), self._facts)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *self._facts.values())

    @cached_property
    def _facts(self) -> dict[str, Column]:
        return readable_columns(self.opts.fields)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
