"""Read customers and addresses."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import normalise_phone
from kernel.core.errors import NotFound
from kernel.database.term_index import matches
from tenant_apps.customers.models import UNKNOWN, Address, Customer, read_words


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
    """Customers, newest first. `search`: a phone number or an id in the channel or its last four, part of a name or
    its pinyin; all words of it.
    """
    customers = Customer.objects.order_by("-id")
    if channel:
        customers = customers.filter(channel=channel)
    return customers.filter(matches_search(search)) if search else customers


def matches_search(text: str) -> Q:
    """Condition on customers that the text finds."""
    return matches(read_words(text))


def find_ids(*, word: str, limit: int) -> list[int]:
    """Return the newest customers that the word finds."""
    return list(list_customers(search=word).values_list("id", flat=True)[:limit])


def next_indexing(now: datetime) -> datetime | None:
    """Return `now` while there are customers that nobody can find."""
    return now if Customer.objects.filter(UNKNOWN).exists() else None
