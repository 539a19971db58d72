"""Customers and their addresses: what changes them, and what is refused."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kernel.models import AuditRecord
from shared_apps.tenants.models import Brand
from tenant_apps.customers import selectors, services
from tenant_apps.customers.models import Address, Customer
from tests.factories.parallel import AtOnce

NANSHAN = "440305"


def add(customer: Customer, **fields: Any) -> Address:
    given = {
        "receiver_name": "王小明",
        "receiver_phone": "13812345678",
        "district_code": NANSHAN,
        "street": "科技园 1 号",
    }
    return services.add_address(customer_id=customer.pk, **{**given, **fields})


@pytest.mark.django_db
class TestCustomers:
    def test_create(self) -> None:
        customer = services.create_customer(name="小红 🌸", phone="138 1234 5678", notes="VIP")
        assert (customer.name, customer.phone) == ("小红 🌸", "+8613812345678")

    def test_phone_belongs_to_one(self) -> None:
        services.create_customer(phone="13812345678")
        services.create_customer(name="no phone")
        services.create_customer(name="no phone either")
        with pytest.raises(services.DuplicateCustomer) as refusal:
            services.create_customer(phone="+8613812345678")
        assert refusal.value.errors[0].field == "phone"

    def test_id_in_a_channel_belongs_to_one(self) -> None:
        services.create_customer(channel="taobao", external_id="1")
        services.create_customer(channel="jd", external_id="1")
        with pytest.raises(services.DuplicateCustomer) as refusal:
            services.create_customer(channel="taobao", external_id="1")
        assert refusal.value.errors[0].field == "external_id"

    @pytest.mark.parametrize("fields", [{"channel": "taobao"}, {"external_id": "1"}])
    def test_channel_and_id_come_together(self, fields: dict[str, Any]) -> None:
        with pytest.raises(services.InvalidCustomer) as refusal:
            services.create_customer(**fields)
        assert refusal.value.errors[0].field == "external_id"

    def test_bad_phone(self) -> None:
        with pytest.raises(services.InvalidPhone) as refusal:
            services.create_customer(phone="12")
        assert refusal.value.errors[0].field == "phone"

    def test_a_new_phone_is_audited_masked(self) -> None:
        customer = services.create_customer(phone="13812345678")
        services.change_customer(customer_id=customer.pk, phone="13912345678")
        record = AuditRecord.objects.get(action="customers.phone")
        assert (record.before, record.after) == ({"phone": "+86138****5678"}, {"phone": "+86139****5678"})

    def test_search(self) -> None:
        red = services.create_customer(name="小红", phone="13812345678")
        taobao = services.create_customer(name="Lee", channel="taobao", external_id="17850")

        def found(search: str, channel: str = "") -> list[Customer]:
            return list(selectors.list_customers(search=search, channel=channel))

        for search in ("13812345678", "+86 138 1234 5678", "5678", "红"):
            assert found(search) == [red], search
        assert found("17850") == [taobao]
        assert found("lee") == [taobao]
        assert found("", "taobao") == [taobao]
        assert found("678") == found("%") == []
        assert selectors.find_customer_by_phone(phone="138-1234-5678") == red
        assert selectors.find_customer_by_phone(phone="nonsense") is None


@pytest.mark.django_db
class TestEnsureCustomer:
    def test_added_once_then_one_statement(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        first = services.ensure_customer(phone="13812345678", name="小红")
        with django_assert_num_queries(1):
            again = services.ensure_customer(phone="+8613812345678", name="somebody else")
        assert (again, again.name) == (first, "小红")

    def test_an_empty_name_is_filled_in(self) -> None:
        services.ensure_customer(phone="13812345678")
        assert services.ensure_customer(phone="13812345678", name="小红").name == "小红"
        assert Customer.objects.get().name == "小红"

    def test_bad_phone(self) -> None:
        with pytest.raises(services.InvalidPhone):
            services.ensure_customer(phone="1234", name="x")


@pytest.mark.django_db
class TestEnsureImportedCustomers:
    def test_added_once(self) -> None:
        ids = services.ensure_imported_customers(channel="retail", external_ids=["17850", "13047", "17850"])
        assert set(ids) == {"17850", "13047"}
        assert services.ensure_imported_customers(channel="retail", external_ids=["13047", "17850"]) == ids
        assert services.ensure_imported_customers(channel="other", external_ids=["17850"]) != ids
        assert Customer.objects.count() == 3

    @pytest.mark.parametrize(("channel", "external_id"), [("", "1"), ("c" * 33, "1"), ("c", ""), ("c", "1" * 65)])
    def test_bad_ids_change_nothing(self, channel: str, external_id: str) -> None:
        with pytest.raises(services.InvalidCustomer):
            services.ensure_imported_customers(channel=channel, external_ids=["ok", external_id])
        assert not Customer.objects.exists()

    def test_five_thousand_in_a_handful_of_statements(self) -> None:
        with CaptureQueriesContext(connection) as small:
            services.ensure_imported_customers(channel="retail", external_ids=["x"])
        with CaptureQueriesContext(connection) as large:
            ids = services.ensure_imported_customers(channel="retail", external_ids=[str(n) for n in range(5_000)])
        assert len(ids) == 5_000
        assert len(large) == len(small) <= 5


@pytest.mark.django_db
class TestAddresses:
    @pytest.fixture
    def customer(self) -> Customer:
        return services.create_customer(name="小红")

    def test_names_are_copied_from_the_district(self, customer: Customer) -> None:
        address = add(customer)
        assert (address.province, address.city, address.district) == ("广东省", "深圳市", "南山区")
        assert (address.province_code, address.city_code) == ("44", "4403")
        assert str(address) == "广东省深圳市南山区科技园 1 号"

    def test_first_is_default_and_there_is_only_one(self, customer: Customer) -> None:
        first = add(customer)
        second = add(customer)
        assert (first.is_default, second.is_default) == (True, False)
        third = add(customer, is_default=True)
        assert list(Address.objects.filter(is_default=True)) == [third]
        services.make_default_address(address_id=second.pk)
        assert list(Address.objects.filter(is_default=True)) == [second]
        services.delete_address(address_id=second.pk)
        assert list(Address.objects.filter(is_default=True)) == [first]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"district_code": "999999"}, "district_code"),
            ({"district_code": ""}, "district_code"),
            ({"city_code": "4401"}, "city_code"),
            ({"province_code": "11"}, "province_code"),
            ({"street": ""}, "street"),
            ({"receiver_name": ""}, "receiver_name"),
            ({"receiver_phone": "12"}, "receiver_phone"),
        ],
    )
    def test_bad_fields_are_named(self, customer: Customer, fields: dict[str, Any], field: str) -> None:
        refusals = (services.UnknownDivision, services.InvalidAddress, services.InvalidPhone)
        with pytest.raises(refusals) as refusal:
            add(customer, **fields)
        assert refusal.value.errors[0].field == field
        assert not Address.objects.exists()

    def test_change(self, customer: Customer) -> None:
        address = add(customer)
        changed = services.change_address(address_id=address.pk, district_code="110101")
        assert (changed.province, changed.city, changed.street) == ("北京市", "市辖区", "科技园 1 号")
        with pytest.raises(services.UnknownDivision):
            services.change_address(address_id=address.pk, city_code="4403")

    def test_unknown_customer_and_address(self) -> None:
        with pytest.raises(selectors.CustomerNotFound):
            add(Customer(pk=999_999))
        with pytest.raises(selectors.AddressNotFound):
            services.delete_address(address_id=999_999)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO customers_customer (name, phone, channel, external_id, notes, created_at, updated_at)"
        " VALUES ('', '138', '', '', '', now(), now())",
        "INSERT INTO customers_customer (name, phone, channel, external_id, notes, created_at, updated_at)"
        " VALUES ('', '', 'taobao', '', '', now(), now())",
        "UPDATE customers_address SET is_default = true",
        "UPDATE customers_address SET street = ''",
        "UPDATE customers_address SET receiver_phone = 'x'",
    ],
)
def test_the_database_refuses(sql: str) -> None:
    customer = services.create_customer(name="小红")
    add(customer)
    add(customer)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_phone_one_customer(self, live_brand: Brand, at_once: AtOnce) -> None:
        ready = threading.Barrier(6, timeout=60)

        def order() -> int:
            ready.wait()
            return services.ensure_customer(phone="13812345678", name="小红").pk

        assert len(set(at_once(*[order] * 6))) == 1
        assert Customer.objects.count() == 1

    def test_one_default_address(self, live_brand: Brand, at_once: AtOnce) -> None:
        customer = services.create_customer(name="小红")
        ready = threading.Barrier(6, timeout=60)

        def move_in() -> None:
            ready.wait()
            add(customer, is_default=True)

        at_once(*[move_in] * 6)
        assert Address.objects.count() == 6
        assert Address.objects.filter(is_default=True).count() == 1
