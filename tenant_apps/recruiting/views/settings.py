"""Settings of the public application page, and the versions of the text applicants agree to."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.brand_pages import DressedForm, SettingsPage
from kernel.core import clock
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.services import page


class RecruitingForm(DressedForm):
    """Look and questions of the page."""

    is_open = forms.BooleanField(label=_("The page takes applications"), required=False)
    title = forms.CharField(label=_("Title"), max_length=100, required=False)
    introduction = forms.CharField(label=_("Introduction"), max_length=5_000, required=False, widget=forms.Textarea)
    default_level: Any = forms.ModelChoiceField(
        label=_("Level of new agents"), queryset=None, required=False, help_text=_("Where the applicant names none.")
    )
    asks_id_number = forms.BooleanField(
        label=_("Ask for the ID number"), required=False, help_text=_("With a separate consent, kept encrypted.")
    )
    asks_proof = forms.BooleanField(label=_("Ask for proof images"), required=False)
    wait_days_after_rejection = forms.IntegerField(
        label=_("Days until a rejected person may apply again"), min_value=0, max_value=365
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        level: Any = self.fields["default_level"]
        level.queryset = selectors.list_levels()


class RecruitingSettings(SettingsPage[RecruitingForm]):
    title = _("Application page")
    template_name = "recruiting/console/settings.html"
    form_class = RecruitingForm
    edit_permission = "agents.edit"
    here = "recruiting:settings"
    said = ""

    def get_initial(self) -> dict[str, Any]:
        page = reads.get_recruiting_page()
        names = ("is_open", "title", "introduction", "asks_id_number", "asks_proof", "wait_days_after_rejection")
        return {**{name: getattr(page, name) for name in names}, "default_level": page.default_level_id}

    def save(self, form: RecruitingForm) -> None:
        filled = dict(form.cleaned_data)
        level = filled.pop("default_level")
        page.change_page(**filled, default_level_id=level.pk if level else None)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(
            address=self.request.build_absolute_uri("/join/"), consent=reads.get_consent(), **kwargs
        )


class ConsentForm(DressedForm):
    """The next version, in both languages."""

    text_zh = forms.CharField(label=_("Chinese text"), max_length=20_000, widget=forms.Textarea)
    text_en = forms.CharField(label=_("English text"), max_length=20_000, widget=forms.Textarea)


class ConsentPage(SettingsPage[ConsentForm]):
    title = _("Text applicants agree to")
    template_name = "recruiting/console/consent.html"
    form_class = ConsentForm
    edit_permission = "agents.edit"
    here = "recruiting:consent"
    said = _("The new version is in force.")

    def get_initial(self) -> dict[str, Any]:
        consent = reads.get_consent()
        return {"text_zh": consent.text_zh, "text_en": consent.text_en}

    def save(self, form: ConsentForm) -> None:
        page.publish_consent(**form.cleaned_data, now=clock.now())

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(consents=list(reads.list_consents()), **kwargs)
