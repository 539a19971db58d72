"""Register an agent in the console: an application that is approved at once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.actions import show_refusal
from console.brand_pages import BrandPage, DressedForm
from console.phones import PhoneField
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.recruiting.services import registration
from tenant_apps.recruiting.services.registration import NewRegistration


class RegistrationForm(DressedForm):
    """The agent, the place in the tree, the level, and the address of the invitation."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100)
    phone = PhoneField(label=_("Phone"))
    level: Any = forms.ModelChoiceField(label=_("Level"), queryset=None)
    sponsor_code = forms.CharField(
        label=_("Sponsor's code"), max_length=32, required=False, help_text=_("Empty: at the top.")
    )
    code = forms.CharField(
        label=pgettext_lazy("agent", "Code"),
        max_length=32,
        required=False,
        help_text=_("Made up where it is left empty."),
    )
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput(),
        help_text=_("The last day of the contract; empty: as long as the level says."),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("The link that sets the password goes there. Empty: you get a text to send."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        level: Any = self.fields["level"]
        level.queryset = selectors.list_levels()


class RegistrationPage(BrandPage, FormView[RegistrationForm]):
    """The form; afterwards the agent's page, with the invitation shown once."""

    permission = "agents.approve"
    title = _("Register an agent")
    template_name = "recruiting/console/register.html"
    form_class = RegistrationForm

    def form_valid(self, form: RegistrationForm) -> HttpResponse:
        now = clock.now()
        try:
            done = registration.register_agent(
                new=_registration(form), origin=self.request.build_absolute_uri("/").rstrip("/"), now=now
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        if done.message:  # shown once, and kept nowhere
            context = self.get_context_data(form=RegistrationForm(), letter=done.message, agent_id=done.agent_id)
            return self.render_to_response(context)
        messages.success(self.request, gettext("%(name)s is an agent now.") % {"name": done.agent_name})
        return redirect("brand:agents_agent_change", done.agent_id)


def _registration(form: RegistrationForm) -> NewRegistration:
    """Raises AgentNotFound, AgentNotActive, AgentExpired for the sponsor's code."""
    filled = form.cleaned_data
    code = filled["sponsor_code"].strip()
    today = clock.business_date(clock.now())
    sponsor = selectors.get_selling_agent(code=code, as_of=today) if code else None
    return NewRegistration(
        name=filled["name"],
        phone=filled["phone"],
        level_id=filled["level"].pk,
        sponsor_id=sponsor.pk if sponsor else None,
        code=filled["code"],
        valid_until=filled["valid_until"],
        email=filled["email"],
    )
