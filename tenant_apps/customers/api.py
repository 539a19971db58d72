"""Customers over HTTP."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.china import divisions
from kernel.http.downloads import send_constant
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson, to_json
from kernel.http.schemas import Page
from tenant_apps.customers import schemas, selectors, services
from tenant_apps.customers.models import Address, Customer

router = Router(tags=["customers"])


@router.get("/customers", response=Page[schemas.CustomerRow], summary="List customers")
@requires("customers.view")
def list_customers(request: HttpRequest, filters: Query[schemas.CustomerFilters]) -> HttpResponse:
    """Newest first, phone numbers masked; filter by channel, search by phone, its last digits, id or name."""
    customers = selectors.list_customers(channel=filters.channel, search=filters.search)
    rows, next_cursor = paginate(customers, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.customer_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/customers", response={201: schemas.CustomerOut}, summary="Add a customer")
@requires("customers.edit")
def create_customer(request: HttpRequest, payload: schemas.CustomerIn) -> Status[Customer]:
    """A phone number belongs to one customer, an id in a channel as well."""
    return Status(201, services.create_customer(**payload.model_dump(exclude_unset=True)))


@router.get("/customers/{customer_id}", response=schemas.CustomerOut, summary="Get a customer")
@requires("customers.view")
def get_customer(request: HttpRequest, customer_id: int) -> Customer:
    """With all addresses; the phone number is whole."""
    return selectors.get_customer(customer_id=customer_id)


@router.patch("/customers/{customer_id}", response=schemas.CustomerOut, summary="Change a customer")
@requires("customers.edit")
def change_customer(request: HttpRequest, customer_id: int, payload: schemas.CustomerPatch) -> Customer:
    """Only the fields given change."""
    return services.change_customer(customer_id=customer_id, **payload.model_dump(exclude_unset=True))


@router.get("/customers/{customer_id}/addresses", response=schemas.AddressesOut, summary="List a customer's addresses")
@requires("customers.view")
def list_addresses(request: HttpRequest, customer_id: int) -> dict[str, Any]:
    """The default one first."""
    return {"items": list(selectors.get_customer(customer_id=customer_id).addresses.all())}


@router.post("/customers/{customer_id}/addresses", response={201: schemas.AddressOut}, summary="Add an address")
@requires("customers.edit")
def add_address(request: HttpRequest, customer_id: int, payload: schemas.AddressIn) -> Status[Address]:
    """The first address is the default one."""
    return Status(201, services.add_address(customer_id=customer_id, **payload.model_dump(exclude_unset=True)))


@router.patch("/addresses/{address_id}", response=schemas.AddressOut, summary="Change an address")
@requires("customers.edit")
def change_address(request: HttpRequest, address_id: int, payload: schemas.AddressPatch) -> Address:
    """Only the fields given change."""
    return services.change_address(address_id=address_id, **payload.model_dump(exclude_unset=True))


@router.post("/addresses/{address_id}/make-default", response=schemas.AddressOut, summary="Set the default address")
@requires("customers.edit")
def make_default_address(request: HttpRequest, address_id: int) -> Address:
    """The former default becomes an ordinary one."""
    return services.make_default_address(address_id=address_id)


@router.delete("/addresses/{address_id}", response={204: None}, summary="Delete an address")
@requires("customers.edit")
def delete_address(request: HttpRequest, address_id: int) -> Status[None]:
    """Orders keep the copy they took."""
    services.delete_address(address_id=address_id)
    return Status(204, None)


@lru_cache(maxsize=1)
def _divisions() -> bytes:
    """Return the answer, rendered once per process."""
    return to_json({"items": divisions.division_tree()})


@router.get("/divisions", response=schemas.DivisionsOut, summary="List provinces, cities and districts")
@requires("customers.view")
def list_divisions(request: HttpRequest) -> HttpResponse:
    """The whole list at once (about 150 kB); it hardly ever changes, so keep it and ask again with its ETag."""
    return send_constant(request, _divisions(), content_type="application/json", cache_control="private, max-age=86400")
