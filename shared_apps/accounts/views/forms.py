"""Forms of these pages. Services validate; forms only carry the input."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from console.actions import dress_field
from kernel.core.errors import DomainError


class SignInForm(AuthenticationForm):
    """Sign-in form; the name is an e-mail address or a phone number."""

    error_messages = {
        "invalid_login": _("The name or the password is wrong."),
        "inactive": _("The name or the password is wrong."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["username"]
        name.label = _("E-mail or phone number")
        name.widget = forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"})
        for field in self.fields.values():
            dress_field(field)


class ServiceForm(forms.Form):
    """Form that shows a service's refusal beside the field it names."""

    def show(self, refusal: DomainError) -> None:
        for error in refusal.errors:
            if error.field in self.fields:
                self.add_error(error.field, str(error.detail))
        if not self.errors:
            self.add_error(None, str(refusal))


class CodeForm(ServiceForm):
    """A code of the authenticator app or, if allowed, a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "one-time-code", "autocapitalize": "none"}),
    )


class ForgottenForm(ServiceForm):
    name = forms.CharField(
        label=_("E-mail or phone number"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )


class NewPasswordForm(ServiceForm):
    password = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        help_text=_("At least 8 characters, not a common word, not your name."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Repeat the password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data and "again" in data and data["password"] != data["again"]:
            self.add_error("again", _("The two passwords differ."))
        return data


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(
        label=_("Present password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autofocus": True, "autocomplete": "current-password"}),
    )
    field_order = ["current", "password", "again"]


class PasswordForm(ServiceForm):
    password = forms.CharField(
        label=_("Present password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autofocus": True, "autocomplete": "current-password"}),
    )
