"""Closing the account: what it means, doing it, and taking it back. It works whatever is paid."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from console.actions import dress_field, show_refusal
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.services import credentials
from shared_apps.billing.services import closing
from shared_apps.billing.views import facts
from shared_apps.billing.views.consequences import after_closing
from shared_apps.billing.views.pages import Act, BillingMixin


class CloseForm(forms.Form):
    """The brand's name and the password: nobody closes an account by a slip of the hand."""

    name = forms.CharField(label=_("Type the brand's name to confirm"), max_length=200)
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, brand_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.brand_name = brand_name
        self.fields["name"].help_text = brand_name
        for field in self.fields.values():
            dress_field(field)

    def clean_name(self) -> str:
        """The name as it stands above, but for spaces around it."""
        if self.cleaned_data["name"].strip() != self.brand_name.strip():
            raise forms.ValidationError(gettext("This is not the brand's name."), code="other_name")
        return str(self.cleaned_data["name"])


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class ClosePage(BillingMixin, FormView[CloseForm]):
    """Consequences of closing, and the button; afterwards, until when it can be undone."""

    permission = "billing.manage"
    title = _("Close the account")
    template_name = "billing/close.html"
    form_class = CloseForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form compares with the brand's name."""
        return {**super().get_form_kwargs(), "brand_name": str(current_brand().name)}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The days that count."""
        brand = facts.fresh_brand(self.brand_id)
        now = clock.now()
        return super().get_context_data(
            **{
                **kwargs,
                "closing_at": brand.closing_at,
                "can_reopen": brand.closing_at is not None and brand.closing_at > now,
                "consequences": after_closing(brand, now),
            }
        )

    def form_valid(self, form: CloseForm) -> HttpResponse:
        """Ask for the password again, then close."""
        try:
            self._ask_for_password(form.cleaned_data["password"])
            closing.close_account(brand_id=self.brand_id, now=clock.now())
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.render_to_response(self.get_context_data(form=form), status=refusal.status)
        messages.success(self.request, gettext("The account is being closed. You can take this back."))
        return redirect("billing:close")

    def _ask_for_password(self, typed: str) -> None:
        person = accounts.get_user(user_id=int(self.request.user.pk or 0))
        if person is None:
            raise PermissionDenied
        credentials.ensure_own_password(typed, person, field="password")

    def form_invalid(self, form: CloseForm) -> HttpResponse:
        """The form again, with what is wrong; the password is not sent back."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Reopen(Act):
    """Keep the account after all."""

    def perform(self, **kwargs: object) -> str:
        """Take the closing back while there is time."""
        closing.reopen_account(brand_id=self.brand_id, now=clock.now())
        return gettext("Your account stays open.")
