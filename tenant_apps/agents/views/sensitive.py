"""ID number and bank account in full: for a reason, and never without a trace."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may
from console.actions import dress_field, show_refusal
from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.privacy.masking import mask_bank_card, mask_id_number
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import files_of_agents as reads
from tenant_apps.agents.services import sensitive
from tenant_apps.agents.states import SensitiveField

LOOKS = 50


class LookForm(forms.Form):
    """Number to reveal, and the reason."""

    field = forms.ChoiceField(label=_("What"), choices=SensitiveField.choices)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Kept with your name and the time, for ever.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            dress_field(one)


class SensitivePage(BrandPage, TemplateView):
    permission = "agents.sensitive"
    title = _("Sensitive data")
    template_name = "agents/console/sensitive.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        agent = selectors.get_agent(agent_id=self.kwargs["agent_id"])
        return super().get_context_data(
            **{"form": LookForm(), **kwargs},
            agent=agent,
            masked_id_number=mask_id_number(agent.id_number),
            masked_bank_card=mask_bank_card(agent.bank_card),
            looks=list(reads.list_looks(agent_id=agent.pk)[:LOOKS]),
        )

    def post(self, request: HttpRequest, agent_id: int) -> HttpResponse:
        """The number stands in this one answer, which no browser keeps."""
        ensure_may(request, "agents.sensitive")
        form = LookForm(request.POST)
        shown = ""
        if form.is_valid():
            try:
                shown = sensitive.look(agent_id=agent_id, now=clock.now(), **form.cleaned_data)
            except sensitive.NothingStored as refusal:
                form.add_error("field", str(refusal))
            except DomainError as refusal:
                show_refusal(form, refusal)
        response = self.render_to_response(self.get_context_data(form=form, shown=shown))
        add_never_cache_headers(response)
        return response
