"""A domain of the brand's own: claim it, see which DNS record to set, have it checked, give it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.actions import dress_field, show_refusal
from console.display import Tone
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import current_brand
from shared_apps.billing.views.facts import hour
from shared_apps.billing.views.pages import Act, BillingMixin
from shared_apps.entitlements import selectors as entitlements
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import claims
from shared_apps.tenants.states import ClaimState

_TONES: Final[dict[str, Tone]] = {ClaimState.PENDING: "warning", ClaimState.VERIFIED: "success"}


@dataclass(frozen=True)
class Record:
    """One DNS record that proves a claim."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True)
class ClaimRow:
    """One claim in the list."""

    id: int
    domain: str
    state_label: str
    tone: Tone
    is_pending: bool
    records: Sequence[Record]
    last_answer: str
    checked_at: str


def _row(claim: Any) -> ClaimRow:
    return ClaimRow(
        id=claim.pk,
        domain=claim.domain,
        state_label=str(ClaimState(claim.state).label),
        tone=_TONES.get(claim.state, ""),
        is_pending=claim.state == ClaimState.PENDING,
        records=[
            Record("TXT", *claims.record_to_set(claim)),
            Record("CNAME", claim.domain, claims.alias_target(current_brand())),
        ],
        last_answer=claim.last_answer,
        checked_at=hour(claim.checked_at) if claim.checked_at else "",
    )


class DomainForm(forms.Form):
    """One domain; what makes a good one is the service's to say."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_("Such as shop.example.com, without https:// and without a path."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_field(self.fields["domain"])


class DomainsPage(BillingMixin, FormView[DomainForm]):
    permission = "billing.manage"
    title = _("A domain of your own")
    template_name = "billing/domains.html"
    form_class = DomainForm

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Each claim with the records that would prove it."""
        return super().get_context_data(
            **{
                **kwargs,
                "own_host": claims.alias_target(current_brand()),
                "claims": [_row(claim) for claim in tenants.list_claims(self.brand_id)],
                "is_included": entitlements.may(claims.FEATURE),
            }
        )

    def form_valid(self, form: DomainForm) -> HttpResponse:
        """Claim it; a refusal appears beside the field."""
        try:
            claims.claim_domain(brand_id=self.brand_id, domain=form.cleaned_data["domain"], now=clock.now())
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.render_to_response(self.get_context_data(form=form), status=refusal.status)
        messages.success(self.request, gettext("Now set the record, then have it checked."))
        return redirect("billing:domains")

    def form_invalid(self, form: DomainForm) -> HttpResponse:
        """The form again, with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class CheckDomain(Act):
    """Ask the DNS now."""

    next_page = "billing:domains"

    def perform(self, **kwargs: Any) -> HttpResponse | str:
        """Show the DNS's answer beside the claim; another brand's claim is not found."""
        claim = claims.check_claim(claim_id=kwargs["claim_id"], now=clock.now())
        if claim.state == ClaimState.VERIFIED:
            return gettext("%(domain)s leads to your console now.") % {"domain": claim.domain}
        messages.warning(self.request, gettext("The record is not there yet."))
        return redirect(self.next_page)


class RemoveDomain(Act):
    """Give a domain up."""

    next_page = "billing:domains"

    def perform(self, **kwargs: Any) -> str:
        """From now on the domain leads nowhere; also without the feature."""
        claims.remove_claim(claim_id=kwargs["claim_id"], now=clock.now())
        return gettext("The domain was removed.")
