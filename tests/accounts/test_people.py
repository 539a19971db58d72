"""Adding and changing people, and what nobody may do to them."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.core import clock
from kernel.core.errors import DomainError, Invalid
from kernel.models import AuditRecord
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import current_brand, enter_brand
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.services import agent_logins, api_keys, people, users
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


def owner() -> User:
    return selectors.list_owners()[0]


def actor(*permissions: str, role: str = "manager") -> Actor:
    return Actor(kind="user", id=1, label="test", role=role, permissions=frozenset(permissions))


def test_addresses_are_stored_in_one_spelling() -> None:
    user = users.create_user(name="  小红  💄 ", role="sales", email=" Hong@Acme.Example ", phone="138 1234 5678")
    user.refresh_from_db()
    assert (user.name, user.email, user.phone) == ("小红 💄", "hong@acme.example", "+8613812345678")
    assert not user.has_usable_password()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"role": "root"}, "role"),
        ({"role": "support"}, "role"),
        ({"role": "service"}, "role"),
        ({"email": "not an address"}, "email"),
        ({"email": "x" * 250 + "@a.cn"}, "email"),
        ({"email": "a\x00@b.cn"}, "email"),
        ({"email": None, "phone": None}, "email"),
        ({"phone": "12"}, "phone"),
        ({"language": "fr"}, "language"),
        ({"password": "12345678"}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
    ],
)
def test_a_refusal_names_the_field_and_adds_nobody(wrong: dict[str, Any], field: str) -> None:
    before = User.objects.count()
    with pytest.raises(Invalid) as refusal:
        users.create_user(**{"name": "A", "role": "sales", "email": "a@acme.example", **wrong})
    assert refusal.value.errors[0].field == field
    assert User.objects.count() == before


def test_an_address_is_taken_once() -> None:
    users.create_user(name="A", role="sales", email="a@acme.example", phone="+8613812345678")
    with pytest.raises(people.EmailTaken) as email:
        users.create_user(name="B", role="sales", email="A@acme.example")
    with pytest.raises(people.PhoneTaken) as phone:
        users.create_user(name="B", role="sales", phone="13812345678")
    assert [email.value.errors[0].field, phone.value.errors[0].field] == ["email", "phone"]


def test_the_same_address_may_be_used_in_another_brand(other_brand: Brand) -> None:
    users.create_user(name="A", role="sales", email="both@example.com")
    mine = current_brand()
    enter_brand(other_brand)
    try:
        assert selectors.get_user_by_sign_in_name("both@example.com") is None
        users.create_user(name="B", role="sales", email="both@example.com")
    finally:
        enter_brand(mine)
    assert User.objects.filter(email="both@example.com").count() == 1


def test_staff_have_roles_of_their_own(public: None) -> None:
    staff = users.create_user(name="S", role="support", email="s@banyan.example")
    assert staff.permissions == rights.permissions_for("support") >= {"tenants.view", "tenants.extend"}
    with pytest.raises(Invalid):
        users.create_user(name="S", role="owner", email="o@banyan.example")


@pytest.mark.parametrize(
    "columns",
    [
        {"email": "UPPER@acme.example"},
        {"email": None, "phone": "13812345678"},
        {"email": None, "phone": None},
        {"email": "a@acme.example", "name": ""},
        {"email": "a@acme.example", "role": "root"},
    ],
)
def test_the_database_refuses_what_passes_the_services_by(columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(**{"name": "A", "role": "sales", **columns})


def test_a_new_address_is_unconfirmed() -> None:
    user = users.create_user(name="A", role="sales", email="a@acme.example")
    users.confirm_email(user_id=user.pk, email="A@acme.example")
    changed = users.change_user(user_id=user.pk, changes={"email": "b@acme.example", "name": "B"})
    assert (changed.name, changed.email, changed.email_confirmed_at) == ("B", "b@acme.example", None)
    with pytest.raises(users.ConfirmationInvalid):
        users.confirm_email(user_id=user.pk, email="a@acme.example")


def test_the_last_way_to_sign_in_stays() -> None:
    user = users.create_user(name="A", role="sales", email="a@acme.example")
    with pytest.raises(Invalid):
        users.change_user(user_id=user.pk, changes={"email": None})
    users.change_user(user_id=user.pk, changes={"email": None, "phone": "13812345678"})


def test_the_last_owner_stays() -> None:
    with pytest.raises(people.LastOwner):
        users.deactivate_user(user_id=owner().pk)
    with pytest.raises(people.LastOwner):
        users.change_role(user_id=owner().pk, role="manager")
    second = users.create_user(name="B", role="owner", email="b@acme.example")
    users.deactivate_user(user_id=second.pk)
    with pytest.raises(people.LastOwner):
        users.deactivate_user(user_id=owner().pk)


def test_nobody_gives_rights_they_do_not_have() -> None:
    user = users.create_user(name="A", role="sales", email="a@acme.example")
    with acting_as(actor("accounts.manage", *rights.permissions_for("sales"))):
        users.change_user(user_id=user.pk, changes={"name": "B"})
        with pytest.raises(people.RightsBeyondOwn):
            users.create_user(name="B", role="owner", email="b@acme.example")
        with pytest.raises(people.RightsBeyondOwn):
            users.change_role(user_id=user.pk, role="manager")
        with pytest.raises(people.RightsBeyondOwn):
            users.deactivate_user(user_id=owner().pk)
        with pytest.raises(people.RightsBeyondOwn):
            users.change_user(user_id=owner().pk, changes={"email": "mine@acme.example"})
        with pytest.raises(people.RightsBeyondOwn):
            api_keys.issue_api_key(name="k", role="owner")


def test_who_is_deactivated_has_no_rights() -> None:
    user = users.create_user(name="A", role="manager", email="a@acme.example")
    assert user.is_staff
    user = users.deactivate_user(user_id=user.pk)
    assert not user.is_staff
    assert user.permissions == frozenset()
    assert not user.has_module_perms("orders")
    assert users.reactivate_user(user_id=user.pk).has_perm("orders.ship")


def test_every_change_is_in_the_audit_log_with_addresses_masked() -> None:
    user = users.create_user(name="A", role="sales", email="secret.name@acme.example", phone="13812345678")
    users.change_user(user_id=user.pk, changes={"name": "B"})
    users.change_role(user_id=user.pk, role="finance")
    users.deactivate_user(user_id=user.pk)
    users.reactivate_user(user_id=user.pk)
    records = AuditRecord.objects.filter(subject=f"user:{user.pk}").order_by("id")
    assert [record.action.partition(".")[2] for record in records] == [
        "user_created",
        "user_changed",
        "role_changed",
        "user_deactivated",
        "user_reactivated",
    ]
    kept = str([(record.before, record.after) for record in records])
    assert "secret.name" not in kept
    assert "13812345678" not in kept


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_shut_each_other_out_at_once(live_brand: Brand) -> None:
    first = owner().pk
    second = users.create_user(name="B", role="owner", email="b@acme.example").pk
    barrier = threading.Barrier(2, timeout=60)
    outcomes = []

    def shut_out(user_id: int) -> None:
        enter_brand(live_brand)
        try:
            barrier.wait(10)
            users.deactivate_user(user_id=user_id)
            outcomes.append("done")
        except DomainError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    for _round in range(5):
        outcomes.clear()
        threads = [threading.Thread(target=shut_out, args=[user_id]) for user_id in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(outcomes) == ["done", "last_owner"]
        assert selectors.list_owners().count() == 1
        User.objects.update(is_active=True)


class TestAgentLogins:
    """Agents sign in and are no staff."""

    def test_an_agent_signs_in_and_is_in_no_list_of_the_staff(self) -> None:
        before = selectors.count_staff()
        login = agent_logins.open_login(name="王小明", phone="13911112222")
        assert selectors.get_user_by_sign_in_name("139 1111 2222") == login
        assert login not in selectors.list_users()
        assert selectors.count_staff() == before
        assert not login.is_staff
        with pytest.raises(people.UserNotFound):
            users.change_role(user_id=login.pk, role="owner")
        with pytest.raises(Invalid):
            users.create_user(name="x", role="agent", phone="13911113333")

    def test_a_closed_login_opens_again_without_its_password(self) -> None:
        login = agent_logins.open_login(name="王小明", phone="13911112222")
        agent_logins.close_login(user_id=login.pk)
        assert agent_logins.issue_welcome_token(user_id=login.pk, now=clock.now()) is None
        again = agent_logins.open_login(name="王小明", phone="13911112222", user_id=login.pk)
        assert (again.pk, again.is_active, again.has_usable_password()) == (login.pk, True, False)
        assert agent_logins.issue_welcome_token(user_id=login.pk, now=clock.now())
