"""Settings of orders: when they close and when they complete by themselves."""

from dataclasses import asdict

from django import forms
from django.utils.translation import gettext_lazy as _

from console.brand_pages import DressedForm, SettingsPage
from kernel.core import clock
from tenant_apps.orders.selectors import deadlines
from tenant_apps.orders.services.deadlines import change_deadlines


class DeadlinesForm(DressedForm):
    unpaid_minutes = forms.IntegerField(
        label=_("Close unpaid orders after (minutes)"),
        required=False,
        help_text=_("Empty: never. 1440 is a day. Holds for orders placed from now on; their goods are released."),
    )
    days_after_delivery = forms.IntegerField(
        label=_("Complete orders so many days after delivery"), required=False, help_text=_("Empty: by hand only.")
    )
    days_after_shipping = forms.IntegerField(
        label=_("Without a recorded delivery, so many days after shipping"),
        required=False,
        help_text=_("The delivery is then taken to have happened. Empty: by hand only."),
    )


class OrderSettingsPage(SettingsPage[DeadlinesForm]):
    permission = "orders.view"
    edit_permission = "orders.settings"
    title = _("Order settings")
    template_name = "orders/console/settings.html"
    form_class = DeadlinesForm
    here = "orders:settings"
    said = ""

    def get_initial(self) -> dict[str, object]:
        return asdict(deadlines.get_deadlines())

    def save(self, form: DeadlinesForm) -> None:
        change_deadlines(**form.cleaned_data, now=clock.now())
