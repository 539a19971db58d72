"""The forms of tickets, for both sides."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.actions import dress_field
from shared_apps.support.services.tickets import MAX_BODY_LENGTH, MAX_SUBJECT_LENGTH

ACCEPTED = "image/png,image/jpeg,image/webp,application/pdf"


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    template_name = "django/forms/widgets/file.html"
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files, or none. What they are is the service's to judge."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(ManyFilesField, self).clean(one, initial) for one in given]


def _files_field() -> ManyFilesField:
    return ManyFilesField(
        label=_("Screenshots"),
        required=False,
        allow_empty_file=True,
        help_text=_("Up to five files of 5 MB: PNG, JPEG, WebP or PDF."),
        widget=ManyFilesInput(attrs={"accept": ACCEPTED}),
    )


class _DressedForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)

    def uploads(self) -> list["UploadedFile[Any]"]:
        """The files that were chosen."""
        chosen: list[UploadedFile[Any]] = self.cleaned_data["attachments"]
        return chosen


class QuestionForm(_DressedForm):
    """A new ticket."""

    subject = forms.CharField(label=_("What is it about?"), max_length=MAX_SUBJECT_LENGTH)
    body = forms.CharField(
        label=_("Your question"),
        max_length=MAX_BODY_LENGTH,
        widget=forms.Textarea,
        help_text=_("What did you do, what did you expect, what happened instead?"),
    )
    attachments = _files_field()
    page = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)
    request_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class ReplyForm(_DressedForm):
    """Something more on a ticket."""

    body = forms.CharField(label=pgettext_lazy("ticket", "Write"), max_length=MAX_BODY_LENGTH, widget=forms.Textarea)
    attachments = _files_field()


class AnswerForm(ReplyForm):
    is_internal = forms.BooleanField(
        label=_("Internal note"), required=False, help_text=_("Only Banyan's staff reads it.")
    )
