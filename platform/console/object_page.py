"""One page about one object in the place of Django's form: a head, boxes with their acts, charts, a history.

@admin.register(Agent, site=brand_site)
class AgentAdmin(ObjectPageAdmin[Agent]):
    page = "agents.agent"                       # by this name apps above add boxes, charts and acts
    page_template = "agents/console/agent.html"
    page_acts = ("edit", "suspend")             # every `object_action` of the page
    head_acts = ("suspend",)                    # those in its head; the others stand in boxes that name them
    next_acts = ("approve",)                    # the first that is offered is the page's one primary button

    def list_panels(self, request, subject) -> list[Panel]: …
    def describe(self, request, subject) -> dict[str, Any]: …      # the rest of the template's context
"""

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from console import panels
from console.admin import AnyModel, ServiceModelAdmin
from console.panels import Panel
from kernel.core import clock
from kernel.core.errors import NotFound


class ObjectPageAdmin(ServiceModelAdmin[AnyModel]):
    """Page of an object that nobody edits by form."""

    page: ClassVar[str] = ""
    page_template: ClassVar[str]
    page_acts: ClassVar[Sequence[str]] = ()
    head_acts: ClassVar[Sequence[str]] = ()
    next_acts: ClassVar[Sequence[str]] = ()

    @property
    def actions_detail(self) -> tuple[str, ...]:
        """Return the names of the page's own acts and of those that apps above add."""
        return (*self.page_acts, *panels.acts_of(self.page))

    def find_subject(self, request: HttpRequest, object_id: str) -> AnyModel | None:
        """Return the object, or None or NotFound for an id that nothing has."""
        return self.get_object(request, object_id)

    def list_panels(self, request: HttpRequest, subject: AnyModel) -> list[Panel]:
        raise NotImplementedError

    def describe(self, request: HttpRequest, subject: AnyModel) -> dict[str, Any]:
        """Return the rest of the template's context."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            subject = self.find_subject(request, object_id)
        except NotFound:
            subject = None
        if subject is None:
            raise Http404
        request.object_page_subject = subject  # type: ignore[attr-defined]
        shown = self.list_panels(request, subject)
        for panel in shown:
            panel.acts = self._buttons(request, subject, panel.acting)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": subject,
            "title": str(subject),
            "show_back_button": True,
            "panels": shown,
            "head_acts": self._buttons(request, subject, [*self.head_acts, *panels.head_acts_of(self.page)]),
            "next_act": self._buttons(request, subject, self.next_acts)[:1],
            "charts": panels.collect_charts(self.page, request, subject.pk),
            **self.describe(request, subject),
        }
        return TemplateResponse(request, self.page_template, context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AnyModel | None:
        """Return the page's own object where it is at hand already."""
        known: AnyModel | None = getattr(request, "object_page_subject", None)
        if known is not None and str(known.pk) == str(object_id):
            return known
        return super().get_object(request, object_id, from_field)

    def _buttons(self, request: HttpRequest, subject: AnyModel, names: Sequence[str]) -> list[Any]:
        """Return the acts of these names that this person may press now, as unfold draws them."""
        if not names:
            return []
        # unfold offers no public way to the buttons of one object.
        unfold: Any = self
        allowed = getattr(request, "object_page_acts", None)
        if allowed is None:
            allowed = request.object_page_acts = unfold.get_actions_detail(request, subject.pk)  # type: ignore[attr-defined]
        return list(unfold._get_actions_navigation(list(names), allowed, str(subject.pk)))

    def _get_instance_method(self, method_name: str) -> Callable[..., Any]:
        added = panels.acts_of(self.page).get(method_name)
        unfold: Any = super()
        return MethodType(added, self) if added else unfold._get_instance_method(method_name)


class EditedObjectPageAdmin(ObjectPageAdmin[AnyModel]):
    """Page of an object whose form stands behind "Edit"."""

    page_template = "console/object.html"

    def get_urls(self) -> list[URLPattern]:
        edit = path("<str:object_id>/edit/", self.admin_site.admin_view(self.edit_view), name=self._name("edit"))
        return [edit, *super().get_urls()]

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        answer: HttpResponse = self.changeform_view(request, object_id)
        if isinstance(answer, TemplateResponse) and answer.context_data is not None:
            answer.context_data["actions_detail"] = []  # they stand on the page
        return answer

    def describe(self, request: HttpRequest, subject: AnyModel) -> dict[str, object]:
        """Return the address of the form for whoever may edit, and the labels beside the title."""
        may_edit = self.has_change_permission(request)
        edit = reverse(f"{self.admin_site.name}:{self._name('edit')}", args=[subject.pk]) if may_edit else ""
        return {"edit_page": edit, "labels": [], "subtitle": "", "zone": clock.brand_zone()}

    def response_post_save_change(self, request: HttpRequest, obj: AnyModel) -> HttpResponseRedirect:
        return redirect(f"{self.admin_site.name}:{self._name('change')}", obj.pk)

    def response_post_save_add(self, request: HttpRequest, obj: AnyModel) -> HttpResponseRedirect:
        return self.response_post_save_change(request, obj)

    def _name(self, verb: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{verb}"
