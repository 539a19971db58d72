"""Forms of the public pages. Shape only; the rules are the services', whose refusals appear beside their fields."""

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from console.phones import PhoneField
from console.regions import RegionField
from kernel.core.errors import DomainError
from tenant_apps.recruiting.services.applications import MAX_EXPERIENCE_LENGTH, NewApplication
from tenant_apps.recruiting.services.proofs import MAX_PROOFS, Upload

_CHANNELS: Final = ("微信私域", "公众号", "视频号", "抖音", "小红书", "线下门店")
_IMAGES: Final = "image/jpeg,image/png,image/webp"


class ManyFilesInput(forms.ClearableFileInput):
    """Several files at once, as phones offer them."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ImagesField(forms.FileField):
    """A list of uploads; what is in them is judged by decoding."""

    widget = ManyFilesInput(attrs={"accept": _IMAGES})

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        given = data if isinstance(data, list | tuple) else [data]
        checked = [super(ImagesField, self).clean(one, initial) for one in given if one]
        if self.required and not checked:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(checked) > MAX_PROOFS:
            raise forms.ValidationError(_("Up to %(count)d images can be sent.") % {"count": MAX_PROOFS})
        return [Upload(one.name or "", one) for one in checked if isinstance(one, UploadedFile)]


class PublicForm(forms.Form):
    """A form that shows what a service refused."""

    def show(self, refusal: DomainError) -> None:
        """Put the refusal beside the fields it names, or on top."""
        if not refusal.errors:
            self.add_error(None, str(refusal))
        for error in refusal.errors:
            self.add_error(error.field if error.field in self.fields else None, str(error.detail))

    def mark_errors(self) -> None:
        """Tell screen readers which controls are meant."""
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"


class JoinForm(PublicForm):
    """The application."""

    name = forms.CharField(label=_("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = PhoneField(
        label=_("Mobile phone"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    wechat_id = forms.CharField(
        label=_("WeChat id (may be left out)"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    region_code = RegionField(label=_("Region"), required=False)
    channel = forms.CharField(
        label=_("Where do you sell?"),
        max_length=60,
        required=False,
        help_text=_("For instance WeChat groups, a shop, Douyin."),
        widget=forms.TextInput(attrs={"list": "channels"}),
    )
    experience = forms.CharField(
        label=_("Your experience"),
        max_length=MAX_EXPERIENCE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    proofs = ImagesField(
        label=_("Proof images"),
        required=False,
        help_text=_("Up to 6 pictures (JPEG, PNG, WebP), 10 MB each: a licence, your shop, your channel."),
    )
    id_number = forms.CharField(
        label=_("ID number"),
        max_length=18,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    sensitive_consent = forms.BooleanField(
        label=_("I agree separately that my ID number is stored, encrypted, to examine my application."),
        required=False,
    )
    consent = forms.BooleanField(label=_("I have read the text above and agree to it."))
    consent_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_767)
    # People do not see it; programs that fill every field do not know better.
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, asks_id_number: bool, asks_proof: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["id_number"].required = asks_id_number
        self.fields["proofs"].required = asks_proof
        if not asks_id_number:
            self.fields["id_number"].label = _("ID number (may be left out)")

    def clean_website(self) -> str:
        """Refuse whoever filled the trap; nothing is said about what else was typed."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty, it catches programs."), code="trap")
        return ""

    def application(self, *, referral_code: str) -> NewApplication:
        """The application as typed."""
        names = ("name", "phone", "consent_version", "wechat_id", "id_number", "sensitive_consent")
        typed = {name: self.cleaned_data[name] for name in (*names, "region_code", "channel", "experience")}
        return NewApplication(referral_code=referral_code, **typed)


class CompleteForm(PublicForm):
    """Fields an applicant adds later."""

    experience = forms.CharField(
        label=_("Your experience"),
        max_length=MAX_EXPERIENCE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    proofs = ImagesField(label=_("More proof images"), required=False)


def channels() -> tuple[str, ...]:
    """Return the proposals of the field for the channel."""
    return _CHANNELS
