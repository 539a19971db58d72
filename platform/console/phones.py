"""A form's field for a phone number: what is none is refused together with the form's other faults."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import NotAPhoneNumber, normalise_phone


class PhoneField(forms.CharField):
    """Give the number as E.164; an empty field that need not be filled stays empty."""

    def clean(self, value: object) -> str:
        typed = str(super().clean(value))
        try:
            return normalise_phone(typed) if typed else ""
        except NotAPhoneNumber as error:
            raise forms.ValidationError(_("This is not a phone number."), code="invalid_phone") from error
