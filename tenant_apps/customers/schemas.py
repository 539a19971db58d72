"""API schemas of customers. Phone numbers are masked in lists and whole on one customer's page."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import Note200, Note1000, PhoneIn, Strict, Text100, Text200
from kernel.privacy.masking import mask_phone
from tenant_apps.customers.models import Address, Customer

NameIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
ChannelIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]
ExternalIdIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]


def _code(length: int) -> Any:
    return StringConstraints(strip_whitespace=True, pattern=rf"^[0-9]{{{length}}}$")


ProvinceCode = Annotated[str, _code(2)]
CityCode = Annotated[str, _code(4)]
DistrictCode = Annotated[str, _code(6)]


class CustomerFilters(Strict):
    """`search`: a phone number or its last digits (four or more), an id of the channel, part of a name."""

    channel: ChannelIn = ""
    search: Note200 = ""
    cursor: str | None = None
    limit: int = 50


class CustomerIn(Strict):
    """A new customer. `channel` and `external_id` are given together or not at all."""

    name: NameIn = ""
    phone: PhoneIn = Field(default_factory=str)
    channel: ChannelIn = ""
    external_id: ExternalIdIn = ""
    notes: Note1000 = ""


class CustomerPatch(Strict):
    """Fields to change; those left out stay."""

    name: NameIn = Field(default_factory=str)
    phone: PhoneIn = Field(default_factory=str)
    channel: ChannelIn = Field(default_factory=str)
    external_id: ExternalIdIn = Field(default_factory=str)
    notes: Note1000 = Field(default_factory=str)


class AddressIn(Strict):
    """A new address. Province and city may be left out; where given they must be those of the district."""

    receiver_name: Text100
    receiver_phone: PhoneIn
    province_code: ProvinceCode = Field(default_factory=str)
    city_code: CityCode = Field(default_factory=str)
    district_code: DistrictCode
    street: Text200
    is_default: bool = False


class AddressPatch(Strict):
    """Fields to change; those left out stay. Another place is given by its district."""

    receiver_name: Text100 = Field(default_factory=str)
    receiver_phone: PhoneIn = Field(default_factory=str)
    province_code: ProvinceCode = Field(default_factory=str)
    city_code: CityCode = Field(default_factory=str)
    district_code: DistrictCode = Field(default_factory=str)
    street: Text200 = Field(default_factory=str)


class AddressOut(Schema):
    """An address with the names of its divisions as they were when it was written."""

    id: int
    receiver_name: str
    receiver_phone: str
    province_code: str
    city_code: str
    district_code: str
    province: str
    city: str
    district: str
    street: str
    is_default: bool


class AddressesOut(Schema):
    """The default address first."""

    items: list[AddressOut]


class CustomerRow(Schema):
    """A customer in a list; the phone number is masked."""

    id: int
    name: str
    phone: str
    channel: str
    external_id: str
    created_at: datetime


class CustomerOut(CustomerRow):
    """One customer with all addresses, the phone number whole."""

    notes: str
    updated_at: datetime
    addresses: list[AddressOut]

    @staticmethod
    def resolve_addresses(customer: Customer) -> list[Address]:
        return list(customer.addresses.all())


class DistrictOut(Schema):
    """A district, county or county-level city."""

    code: str
    name: str


class CityOut(DistrictOut):
    """A city or prefecture with its districts."""

    districts: list[DistrictOut]


class ProvinceOut(DistrictOut):
    """A province or municipality with its cities."""

    cities: list[CityOut]


class DivisionsOut(Schema):
    """All provinces, cities and districts, by code."""

    items: list[ProvinceOut]


def customer_row(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.pk,
        "name": customer.name,
        "phone": mask_phone(customer.phone),
        "channel": customer.channel,
        "external_id": customer.external_id,
        "created_at": customer.created_at,
    }
