"""Customers in the brand's console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console import panels
from console.actions import DialogForm, object_action
from console.admin import BrandModelAdmin
from console.exports import ExportsList
from console.history import entries_of
from console.object_page import EditedObjectPageAdmin
from console.panels import Panel, Row, facts
from console.regions import RegionField
from console.sites import brand_site
from kernel.china.phones import normalise_phone, spell_phone
from kernel.core import clock
from kernel.core.errors import Text
from kernel.models import AuditRecord
from kernel.privacy.masking import mask_phone
from tenant_apps.customers import selectors, services
from tenant_apps.customers.models import Customer
from tenant_apps.customers.selectors import list_addresses

HAPPENINGS = 30


class CustomerForm(forms.ModelForm[Customer]):
    """Form that reads the phone number as the service does, before the model's own checks see it."""

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        try:
            return normalise_phone(phone) if phone else ""
        except ValueError as error:
            raise forms.ValidationError(_("This is not a phone number.")) from error


class AddressForm(DialogForm):
    receiver_name = forms.CharField(label=_("receiver"), max_length=100)
    receiver_phone = forms.CharField(label=_("receiver's phone"), max_length=20)
    district_code = RegionField(label=_("District"), needs_district=True, reads_pasted=True)
    street = forms.CharField(label=_("street"), max_length=200)
    is_default = forms.BooleanField(label=_("default"), required=False)


@admin.register(Customer, site=brand_site)
class CustomerAdmin(EditedObjectPageAdmin[Customer], ExportsList[Customer], BrandModelAdmin[Customer]):
    view_permission = "customers.view"
    edit_permission = "customers.edit"
    add_permission = "customers.edit"
    form = CustomerForm
    list_page = "customers.customer"
    page = "customers.customer"
    list_display = ("called", "masked_phone", "channel", "created_at")
    list_filter = ("channel",)
    search_fields = ("name",)  # shows the box; get_search_results searches
    search_help_text = _("Name or pinyin, phone, number in the channel; or the last four digits")
    hit_icon = "person"
    fields = ("name", "phone", "channel", "external_id", "notes")
    page_acts = ("add_address",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        return queryset.filter(selectors.matches_search(search_term)) if search_term else queryset, False

    @admin.display(description=pgettext_lazy("person", "name"), ordering="name")
    def called(self, customer: Customer) -> str:
        return str(customer)

    @admin.display(description=_("phone"))
    def masked_phone(self, customer: Customer) -> str:
        return spell_phone(mask_phone(customer.phone))

    def describe_hit(self, customer: Customer) -> tuple[Text, Text]:
        phone = spell_phone(mask_phone(customer.phone))
        return customer.name or phone, f"{gettext('Customer')} · {phone}"

    def list_panels(self, request: HttpRequest, subject: Customer) -> list[Panel]:
        return [_contact(subject), *panels.collect(self.page, request, subject.pk), _addresses(subject)]

    def describe(self, request: HttpRequest, subject: Customer) -> dict[str, object]:
        records = AuditRecord.objects.filter(subject=f"customer:{subject.pk}").order_by("-id")[:HAPPENINGS]
        told = [*entries_of(records, zone=clock.brand_zone()), *panels.collect_entries(self.page, request, subject.pk)]
        return {
            **super().describe(request, subject),
            "subtitle": spell_phone(subject.phone),
            "entries": sorted(told, key=lambda entry: entry.at, reverse=True)[:HAPPENINGS],
        }

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        return []

    def save_by_service(self, request: HttpRequest, form: Any, existing: Customer | None) -> Customer:
        filled = form.cleaned_data
        fields: services.CustomerFields = {
            "name": filled["name"],
            "phone": filled["phone"],
            "channel": filled["channel"],
            "external_id": filled["external_id"],
            "notes": filled["notes"],
        }
        if existing is None:
            return services.create_customer(**fields)
        return services.change_customer(customer_id=existing.pk, **fields)

    @object_action(_("Add address"), permission="customers.edit", icon="add_location", form=AddressForm)
    def add_address(self, request: HttpRequest, customer: Customer, form: DialogForm) -> None:
        services.add_address(customer_id=customer.pk, **form.cleaned_data)


def _contact(customer: Customer) -> Panel:
    phone = spell_phone(customer.phone)
    pairs: list[tuple[Text, object]] = [
        (_("phone"), phone),
        (_("channel"), customer.channel),
        (_("id in the channel"), customer.external_id),
        (_("notes"), customer.notes),
        (_("Known since"), customer.created_at),
    ]
    return Panel(key="contact", title=_("Contact"), icon="person", facts=facts(pairs), copied=phone)


def _addresses(customer: Customer) -> Panel:
    rows = [
        Row(
            title=str(one),
            note=f"{one.receiver_name} · {spell_phone(one.receiver_phone)}",
            label=_("default") if one.is_default else "",
            tone="info",
        )
        for one in list_addresses(customer_id=customer.pk)
    ]
    return Panel(
        key="addresses",
        title=_("Addresses"),
        icon="home_pin",
        acting=("add_address",),
        rows=rows,
        empty=_("No address."),
    )
