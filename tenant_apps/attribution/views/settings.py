"""Console pages of the policy, the posters, and every contest about a customer."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may
from console.brand_pages import BrandPage, DressedForm, SettingsPage
from kernel.core.errors import DomainError
from kernel.files import storage as files
from kernel.files.images import content_type_of
from tenant_apps.attribution import selectors as attribution
from tenant_apps.attribution.services import policy
from tenant_apps.attribution.states import BindingMode, TouchpointOutcome

A_PAGE = 50
_FIELDS = (
    "mode",
    "protection_days",
    "expiry_days",
    "cookie_days",
    "own_purchases_earn",
    "shop_url",
    "product_url",
    "poster_title",
    "poster_text",
)


class PolicyForm(DressedForm):
    """The policy as the service takes it."""

    mode = forms.ChoiceField(label=_("Binding"), choices=BindingMode.choices)
    protection_days = forms.IntegerField(
        label=_("Protected (days)"), help_text=_("Nobody takes the customer over so long.")
    )
    expiry_days = forms.IntegerField(
        label=_("Binding ends after (days)"), help_text=_("After that the customer is nobody's.")
    )
    cookie_days = forms.IntegerField(label=_("A visit counts for (days)"))
    own_purchases_earn = forms.BooleanField(label=_("Agents earn on their own purchases"), required=False)
    shop_url = forms.CharField(
        label=_("Address of the shop"), max_length=300, required=False, help_text=_("Empty: the application page.")
    )
    product_url = forms.CharField(
        label=_("Address of a product"),
        max_length=300,
        required=False,
        help_text=_("“{product}” stands for the product's number."),
    )
    poster_title = forms.CharField(label=_("Title of the poster"), max_length=60, required=False)
    poster_text = forms.CharField(label=_("Text of the poster"), max_length=200, required=False)


class PolicyPage(SettingsPage[PolicyForm]):
    title = _("Attribution")
    template_name = "attribution/console/policy.html"
    form_class = PolicyForm
    here = "attribution:policy"
    said = _("Saved. Bindings that stand keep their dates.")

    def get_initial(self) -> dict[str, Any]:
        held = attribution.get_policy()
        return {name: getattr(held, name) for name in _FIELDS}

    def save(self, form: PolicyForm) -> None:
        policy.change_policy(**form.cleaned_data)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(picture=attribution.get_policy().poster_picture, **kwargs)


class PosterPicture(BrandPage, TemplateView):
    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        name = attribution.get_policy().poster_picture
        if not name:
            raise Http404
        shown: Any = FileResponse(files.open_file(name), content_type=content_type_of(name))
        shown["Cache-Control"] = "private, no-cache"
        return shown  # type: ignore[no-any-return]

    def post(self, request: HttpRequest) -> HttpResponse:
        ensure_may(request, "agents.levels")
        upload = request.FILES.get("picture")
        try:
            if upload is not None:
                policy.set_poster_picture(upload=upload)
            elif request.POST.get("remove"):
                policy.remove_poster_picture()
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, gettext("Saved."))
        return redirect("attribution:policy")


class ConflictLog(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Log of customers and agents")
    template_name = "attribution/console/conflicts.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        asked = self.request.GET
        agent = asked.get("agent", "")
        outcome = asked.get("outcome", "")
        everything = asked.get("all") == "1" or bool(agent)
        touchpoints = attribution.list_touchpoints(
            agent_id=int(agent) if agent.isdecimal() and len(agent) < 19 else None,
            outcome=outcome if outcome in TouchpointOutcome.values else "",
            contested=not everything,
        )
        return super().get_context_data(
            **kwargs,
            page=Paginator(touchpoints, A_PAGE).get_page(asked.get("page")),
            everything=everything,
            agent=agent if agent.isdecimal() else "",
            outcome=outcome,
            outcomes=TouchpointOutcome.choices,
        )
