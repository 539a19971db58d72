"""Bases of the pages of a brand's console: a plain page, and a page of settings with one form."""

from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.generic import FormView

from console.access import ensure_may, may
from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError, Text

AnyForm = TypeVar("AnyForm", bound=forms.BaseForm)


class BrandPage(ConsolePageMixin):
    """A page of the brand's console."""

    site = brand_site


class DressedForm(forms.Form):
    """A plain form with the console's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)


class SettingsPage(BrandPage, FormView[AnyForm]):
    """A form that shows what holds and saves by a service.

    Everybody with `permission` reads, `edit_permission` saves. `here` is the page's address name, `said` the sentence
    after saving; `save` calls the service, whose refusals appear in the form.
    """

    permission = "agents.view"
    edit_permission = "agents.levels"
    here: str
    said: Text

    def save(self, form: AnyForm) -> None:
        raise NotImplementedError

    def form_valid(self, form: AnyForm) -> HttpResponse:
        try:
            self.save(form)
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, str(self.said) or gettext("Saved."))
        return redirect(self.here)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        ensure_may(self.request, self.edit_permission)
        return super().post(*args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(may_edit=may(self.request, self.edit_permission), **kwargs)
