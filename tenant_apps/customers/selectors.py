"""Read customers and addresses."""

from contextlib import suppress

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import normalise_phone
from kernel.core.errors import NotFound
from tenant_apps.customers.models import Address, Customer


class CustomerNotFound(NotFound):
    code = "customer_not_found"
    title = _("There is no such customer")


class AddressNotFound(NotFound):
    code = "address_not_found"
    title = _("There is no such address")


def get_customer(*, customer_id: int) -> Customer:
    customer = Customer.objects.filter(id=customer_id).prefetch_related("addresses").first()
    if customer is None:
        raise CustomerNotFound
    return customer


def get_marks(*, customer_id: int) -> tuple[str, str]:
    """Return the customer's phone number and id in the channel, empty where there is none. One query.

    Raises CustomerNotFound.
    """
    marks = Customer.objects.filter(id=customer_id).values_list("phone", "external_id").first()
    if marks is None:
        raise CustomerNotFound
    return marks


def find_customer_by_phone(*, phone: str) -> Customer | None:
    try:
        normal = normalise_phone(phone)
    except ValueError:
        return None
    return Customer.objects.filter(phone=normal).first()


def get_address(*, address_id: int) -> Address:
    """Raises AddressNotFound."""
    address = Address.objects.filter(id=address_id).first()
    if address is None:
        raise AddressNotFound
    return address


def list_addresses(*, customer_id: int) -> QuerySet[Address]:
    return Address.objects.filter(customer_id=customer_id).order_by("-is_default", "id")


def list_customers(*, channel: str = "", search: str = "") -> QuerySet[Customer]:
    """Customers, newest first. `search`: a phone number or its last digits (four or more), an id, part of a name."""
    customers = Customer.objects.order_by("-id")
    if channel:
        customers = customers.filter(channel=channel)
    return customers.filter(_matches(search)) if search else customers


def _matches(search: str) -> Q:
    condition = Q(name__icontains=search) | Q(external_id=search)
    with suppress(ValueError):
        condition |= Q(phone=normalise_phone(search))
    if len(search) >= 4 and search.isascii() and search.isdigit():
        condition |= Q(phone__endswith=search)
    return condition
