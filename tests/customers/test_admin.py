"""The customers' pages in the console."""

import pytest
from django.test import Client

from tenant_apps.customers import services
from tenant_apps.customers.models import Address, Customer

pytestmark = pytest.mark.django_db

FORM = {"name": "小红", "phone": "138 1234 5678", "channel": "", "external_id": "", "notes": ""}


def test_the_list_masks_phones(console: Client) -> None:
    services.create_customer(name="小红", phone="13812345678")
    text = console.get("/console/customers/customer/").content.decode()
    assert "138****5678" in text
    assert "13812345678" not in text


def test_add_and_change(console: Client) -> None:
    assert console.post("/console/customers/customer/add/", FORM).status_code == 302
    customer = Customer.objects.get()
    assert customer.phone == "+8613812345678"
    assert console.post("/console/customers/customer/add/", FORM).status_code == 200
    assert console.post("/console/customers/customer/add/", {**FORM, "phone": "12"}).status_code == 200
    path = f"/console/customers/customer/{customer.pk}/edit/"
    assert console.get(path).status_code == 200
    changed = console.post(path, {**FORM, "name": "小蓝", "phone": ""})
    assert changed.status_code == 302, changed.content.decode()
    customer.refresh_from_db()
    assert (customer.name, customer.phone) == ("小蓝", "")


def test_add_an_address(console: Client) -> None:
    customer = services.create_customer(name="小红")
    path = f"/console/customers/customer/{customer.pk}/add_address/"
    form = {"receiver_name": "红", "receiver_phone": "13812345678", "district_code": "999999", "street": "1 号"}
    assert console.post(path, form).status_code == 200
    assert not Address.objects.exists()
    assert console.post(path, {**form, "district_code": "440305"}).status_code == 302
    assert Address.objects.get().city == "深圳市"
    assert "南山区" in console.get(f"/console/customers/customer/{customer.pk}/change/").content.decode()
