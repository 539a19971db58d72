"""Add and change customers and their addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, TypedDict, Unpack

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.china import divisions
from kernel.china.phones import normalise_phone
from kernel.core import audit
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.term_index import index_rows
from kernel.privacy import masking
from tenant_apps.customers import selectors
from tenant_apps.customers.models import UNKNOWN, Address, Customer

INDEX_BATCH: Final = 1_000


class CustomerFields(TypedDict, total=False):
    """Fields of a customer. `channel` and `external_id` come together."""

    name: str
    phone: str
    channel: str
    external_id: str
    notes: str


class AddressFields(TypedDict, total=False):
    """Fields of an address. The district's code decides city and province."""

    receiver_name: str
    receiver_phone: str
    province_code: str
    city_code: str
    district_code: str
    street: str


class DuplicateCustomer(Conflict):
    code = "duplicate_customer"
    title = _("Another customer has this")


class InvalidCustomer(Invalid):
    code = "invalid_customer"
    title = _("The customer breaks a rule")


class InvalidPhone(Invalid):
    code = "invalid_phone"
    title = _("This is not a phone number")


class UnknownDivision(Invalid):
    code = "unknown_division"
    title = _("There is no such province, city or district")


class InvalidAddress(Invalid):
    code = "invalid_address"
    title = _("The address breaks a rule")


_CUSTOMER_RULES = {
    "customers_customer_phone_unique": lambda: DuplicateCustomer(
        _("Another customer has this phone number."), field="phone"
    ),
    "customers_customer_external_id_unique": lambda: DuplicateCustomer(
        _("Another customer has this id in the channel."), field="external_id"
    ),
    "customers_customer_external_id_has_channel": lambda: InvalidCustomer(
        _("Channel and id in the channel are given together."), field="external_id"
    ),
}


@transaction.atomic
def create_customer(**fields: Unpack[CustomerFields]) -> Customer:
    """Add a customer. Raises DuplicateCustomer, InvalidCustomer, InvalidPhone."""
    prepared = _prepare_customer(fields)
    with refine_integrity_error(_CUSTOMER_RULES):
        return Customer.objects.create(**prepared)


@transaction.atomic
def change_customer(*, customer_id: int, **changes: Unpack[CustomerFields]) -> Customer:
    """Change a customer. Raises CustomerNotFound and what create_customer raises."""
    prepared = _prepare_customer(changes)
    customer = selectors.get_customer(customer_id=customer_id)
    old_phone = customer.phone
    with refine_integrity_error(_CUSTOMER_RULES):
        _write(customer, prepared)
    if customer.phone != old_phone:
        audit.record(
            action="customers.phone",
            subject=f"customer:{customer_id}",
            before={"phone": masking.mask_phone(old_phone)},
            after={"phone": masking.mask_phone(customer.phone)},
        )
    return customer


def _prepare_customer(fields: CustomerFields) -> CustomerFields:
    prepared = fields.copy()
    if prepared.get("phone"):
        prepared["phone"] = _valid_phone(prepared["phone"], field="phone")
    return prepared


def _valid_phone(phone: str, *, field: str) -> str:
    try:
        return normalise_phone(phone)
    except ValueError as error:
        raise InvalidPhone(field=field) from error


_CUSTOMER_BY_PHONE = "SELECT * FROM customers_customer WHERE phone = %s"


def ensure_customer(*, phone: str, name: str = "") -> Customer:
    """Return the customer with this phone number, added if unknown. An empty name is filled in, a known one is kept.

    Raises InvalidPhone. One statement, and no savepoint around it, where the customer exists: every order asks.
    """
    normal = _valid_phone(phone, field="phone")
    # The phone is unique, and a text written by hand spares each order what the ORM takes to put it together.
    customer = next(iter(Customer.objects.raw(_CUSTOMER_BY_PHONE, [normal])), None)
    if customer is not None and (customer.name or not name):
        return customer
    return _add_or_name_customer(normal, name)


@transaction.atomic
def _add_or_name_customer(phone: str, name: str) -> Customer:
    # Two at once: the second waits for the first and adds nothing.
    Customer.objects.bulk_create([Customer(phone=phone, name=name[:100])], ignore_conflicts=True)
    customer = Customer.objects.get(phone=phone)
    if name and not customer.name:
        _write(customer, {"name": name[:100]})
    return customer


@transaction.atomic
def ensure_imported_customers(*, channel: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Map every id of the channel to the customer's id, adding those not yet known; at most three statements.

    Raises InvalidCustomer for an empty or overlong channel or id.
    """
    wanted = dict.fromkeys(external_ids)
    if not 0 < len(channel) <= 32 or not all(0 < len(one) <= 64 for one in wanted):
        raise InvalidCustomer(_("A channel has 1 to 32 characters, an id in it 1 to 64."), field="external_id")
    ids = _find_imported(channel, wanted)
    # Sorted: two imports that add the same customers wait for each other instead of deadlocking.
    missing = sorted(wanted.keys() - ids.keys())
    if missing:
        newcomers = (Customer(channel=channel, external_id=external_id) for external_id in missing)
        Customer.objects.bulk_create(newcomers, ignore_conflicts=True)
        ids |= _find_imported(channel, missing)
    return ids


def _find_imported(channel: str, external_ids: Iterable[str]) -> dict[str, int]:
    rows = Customer.objects.filter(channel=channel, external_id__in=list(external_ids)).exclude(external_id="")
    return dict(rows.order_by("id").values_list("external_id", "id"))


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer as row `line` of a file tells it. `place` is None where the row has no address."""

    line: int
    name: str
    phone: str
    channel: str
    external_id: str
    notes: str
    place: divisions.District | None
    street: str


@dataclass(frozen=True, slots=True)
class ImportedCustomers:
    """Ids of the customers that were added, and how many were known; known ones are not touched."""

    added: list[int]
    known: int
    addresses: int


class CustomersInUse(Conflict):
    code = "customers_in_use"
    title = _("These customers are in use already: the import cannot be undone")


@transaction.atomic
def import_customers(*, customers: Sequence[NewCustomer]) -> ImportedCustomers:
    """Add those not known by phone or by id in their channel, each with its address as the default one.

    Five statements per thousand customers. Raises DuplicateCustomer when somebody adds one of them at the same time.
    """
    phones = [customer.phone for customer in customers if customer.phone]
    known_phones = set(Customer.objects.filter(phone__in=phones).values_list("phone", flat=True))
    ids = [customer.external_id for customer in customers if customer.external_id]
    known_ids = set(Customer.objects.filter(external_id__in=ids).values_list("channel", "external_id"))
    new = [
        customer
        for customer in customers
        if customer.phone not in known_phones and (customer.channel, customer.external_id) not in known_ids
    ]
    rows = [
        Customer(
            name=customer.name,
            phone=customer.phone,
            channel=customer.channel,
            external_id=customer.external_id,
            notes=customer.notes,
        )
        for customer in new
    ]
    with refine_integrity_error(_CUSTOMER_RULES):
        made = Customer.objects.bulk_create(rows, batch_size=1_000)
    addresses = [
        Address(
            customer=row,
            receiver_name=customer.name,
            receiver_phone=customer.phone,
            street=customer.street,
            is_default=True,
            **asdict(customer.place),
        )
        for row, customer in zip(made, new, strict=True)
        if customer.place
    ]
    Address.objects.bulk_create(addresses, batch_size=1_000)
    return ImportedCustomers([row.pk for row in made], len(customers) - len(new), len(addresses))


@transaction.atomic
def index_unknown_customers(*, now: datetime) -> datetime | None:
    """Make a thousand customers findable that an older release wrote; return when to go on."""
    return now if index_rows(Customer.objects.filter(UNKNOWN), limit=INDEX_BATCH) == INDEX_BATCH else None


@transaction.atomic
def remove_customers(*, customer_ids: Sequence[int]) -> None:
    """Delete imported customers with their addresses. Raises CustomersInUse when an order or a binding names one."""
    try:
        with transaction.atomic():
            Customer.objects.filter(id__in=customer_ids).delete()
    except (models.ProtectedError, IntegrityError) as error:
        raise CustomersInUse from error


@transaction.atomic
def add_address(*, customer_id: int, is_default: bool = False, **fields: Unpack[AddressFields]) -> Address:
    """Add an address; the first one, or one with `is_default`, becomes the default.

    Province and city codes may be left out; where given they must be those of the district. Names are copied.
    Raises CustomerNotFound, UnknownDivision, InvalidAddress, InvalidPhone.
    """
    _lock_customer(customer_id)
    others = Address.objects.filter(customer_id=customer_id, is_default=True)
    makes_default = is_default or not others.exists()
    missing = [name for name in ("receiver_name", "receiver_phone", "district_code", "street") if not fields.get(name)]
    if missing:
        raise InvalidAddress(_("An address needs this field."), field=missing[0])
    prepared = _prepare_address(fields)
    if makes_default:
        others.update(is_default=False)
    return Address.objects.create(customer_id=customer_id, is_default=makes_default, **prepared)


@transaction.atomic
def change_address(*, address_id: int, **changes: Unpack[AddressFields]) -> Address:
    """Change an address. Raises AddressNotFound, UnknownDivision, InvalidAddress, InvalidPhone."""
    address = selectors.get_address(address_id=address_id)
    _write(address, _prepare_address(changes))
    return address


@transaction.atomic
def make_default_address(*, address_id: int) -> Address:
    """Make this the address for parcels without another one. Raises AddressNotFound."""
    address = selectors.get_address(address_id=address_id)
    _lock_customer(address.customer_id)
    # Two updates, the old one first: the unique constraint is checked row by row.
    Address.objects.filter(customer_id=address.customer_id, is_default=True).exclude(id=address_id).update(
        is_default=False
    )
    _write(address, {"is_default": True})
    return address


@transaction.atomic
def delete_address(*, address_id: int) -> None:
    """Remove an address; of those left the oldest becomes the default where there is none. Raises AddressNotFound."""
    address = selectors.get_address(address_id=address_id)
    _lock_customer(address.customer_id)
    address.delete()
    rest = selectors.list_addresses(customer_id=address.customer_id).first()
    if rest is not None and not rest.is_default:
        _write(rest, {"is_default": True})


def _lock_customer(customer_id: int) -> None:
    """Lock the customer: which address is the default is a matter between all of them."""
    if not Customer.objects.select_for_update(no_key=True).filter(id=customer_id).values_list("id"):
        raise selectors.CustomerNotFound


def _prepare_address(fields: AddressFields) -> dict[str, object]:
    prepared: dict[str, object] = dict(fields)
    if "receiver_phone" in fields:
        prepared["receiver_phone"] = _valid_phone(fields["receiver_phone"], field="receiver_phone")
    for name in ("street", "receiver_name"):
        if name in fields and not prepared[name]:
            raise InvalidAddress(_("An address needs this field."), field=name)
    if fields.keys() & {"province_code", "city_code", "district_code"}:
        prepared |= asdict(_valid_place(fields))
    return prepared


def _valid_place(fields: AddressFields) -> divisions.District:
    place = divisions.find_district(fields.get("district_code", ""))
    if place is None:
        raise UnknownDivision(_("There is no such district."), field="district_code")
    for name in ("city_code", "province_code"):
        if fields.get(name, getattr(place, name)) != getattr(place, name):
            raise UnknownDivision(_("The district does not belong there."), field=name)
    return place


def _write(row: models.Model, changes: Mapping[str, object]) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    stamps = ["updated_at", "terms"] if isinstance(row, Customer) else []
    row.save(update_fields=[*changes, *stamps])
