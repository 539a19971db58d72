"""Hold every grant of a person against the person's end and loss of rights."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from kernel.core import clock
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, OneTimeToken, User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.services import (
    agent_logins,
    api_keys,
    confirmation,
    entry_links,
    passwords,
    rescue,
    users,
)
from shared_apps.accounts.services.endings import GRANTS
from shared_apps.support.models import AccessGrant
from shared_apps.support.services import grants
from shared_apps.tenants.models import Brand
from tests.accounts.surface import CALLS

pytestmark = pytest.mark.django_db
HOST = "acme.localhost"
PASSWORD = "correct horse battery"
BACKEND = "shared_apps.accounts.services.backend.AccountsBackend"

# Left of a grant: everything the person could give, something, or nothing.
FULL = "full"
REDUCED = "reduced"
DEAD = "dead"


@pytest.fixture
def somebody() -> User:
    return users.create_user(name="A", role="owner", email="somebody@acme.example", password=PASSWORD)


def browser(session: Client | None = None) -> Client:
    return session or Client(headers={"host": HOST})


def me(client: Client, **headers: str) -> str:
    answer = client.get("/api/v1/me", headers=headers)
    if answer.status_code != 200:
        return DEAD
    held = set(answer.json()["permissions"])
    return FULL if held >= rights.ALL_BRAND - rights.NOT_FOR_KEYS else REDUCED if held else DEAD


Probe = Callable[[], str]


def session(user: User) -> Probe:
    client = browser()
    client.post("/console/login/", {"username": user.get_username(), "password": PASSWORD})
    assert me(client) == FULL
    return lambda: me(client)


def owners_key(user: User) -> Probe:
    _key, token = api_keys.issue_api_key(name="k", role="owner", created_by=user)
    return lambda: me(browser(), authorization=f"Bearer {token}")


def service_key(user: User) -> Probe:
    scopes = rights.ALL_BRAND - rights.NOT_FOR_KEYS
    _key, token = api_keys.issue_api_key(name="k", role="service", permissions=scopes, created_by=user)
    return lambda: me(browser(), authorization=f"Bearer {token}")


def entry_link(user: User) -> Probe:
    token = entry_links.issue_entry_link_token(user_id=user.pk)

    def follow() -> str:
        client = browser()
        client.get("/console/enter/", {"token": token})
        return me(client)

    return follow


def reset_link(user: User) -> Probe:
    token = passwords.issue_reset_token(user_id=user.pk)

    def follow() -> str:
        client = browser()
        client.get("/console/password/reset/", {"token": token})
        form = {"password": "quite another phrase", "again": "quite another phrase"}
        client.post("/console/password/reset/", form)
        client.post("/console/login/", {"username": user.get_username(), "password": form["password"]})
        return me(client)

    return follow


def consent(user: User) -> Probe:
    with acting_as(selectors.actor_for_user(user)):
        from kernel.tenancy.context import current_brand

        given = grants.grant_access(brand_id=current_brand().pk, hours=4, reason="look", now=clock.now())

    def alive() -> str:
        with public_schema():
            row = AccessGrant.objects.get(pk=given.pk)
        return FULL if row.revoked_at is None else DEAD

    return alive


# Each kind of grant, and what is left of it when its person becomes a sales clerk.
KINDS: dict[str, tuple[Callable[[User], Probe], str]] = {
    "session": (session, REDUCED),
    "api_keys": (owners_key, REDUCED),
    "api_keys of a service": (service_key, REDUCED),
    "entry_link": (entry_link, REDUCED),
    "password_reset": (reset_link, REDUCED),
    "support_accesses": (consent, DEAD),
}
# Held elsewhere: an invitation with the invitations, codes with the second step, an emergency by staff below.
ELSEWHERE = {"invitation", "recovery_code", "emergency_accesses"}


def test_every_kind_of_grant_is_in_the_table() -> None:
    known = {kind.partition(" ")[0] for kind in KINDS} | ELSEWHERE
    assert known == {*GRANTS, *OneTimeToken.Purpose.values, "session"}


def deactivated(user: User) -> None:
    users.deactivate_user(user_id=user.pk)


def back_again(user: User) -> None:
    users.deactivate_user(user_id=user.pk)
    users.reactivate_user(user_id=user.pk)


def demoted(user: User) -> None:
    users.change_role(user_id=user.pk, role="sales")


def rescued(user: User) -> None:
    rescue.reset_sign_in(user_id=user.pk, origin="https://x", without_second_step=False, reason="stolen")


def same_role(user: User) -> None:
    users.change_role(user_id=user.pk, role="owner")


CHANGES: dict[Callable[[User], None], str] = {
    deactivated: DEAD,
    back_again: DEAD,
    rescued: DEAD,
    demoted: "",  # as the kind says
    same_role: FULL,
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_a_grant_follows_its_person(somebody: User, kind: str, change: Callable[[User], None]) -> None:
    give, when_demoted = KINDS[kind]
    probe = give(somebody)
    change(somebody)
    assert probe() == (CHANGES[change] or when_demoted)


@pytest.mark.parametrize("role", sorted({"manager", "sales", "warehouse", "finance"}))
def test_a_key_may_what_its_maker_may_now(somebody: User, role: str) -> None:
    _key, token = api_keys.issue_api_key(name="k", role="owner", created_by=somebody)
    users.change_role(user_id=somebody.pk, role=role)
    actor = selectors.authenticate_api_key(token, now=clock.now())
    assert actor is not None
    assert actor.permissions == rights.permissions_for(role) - rights.NOT_FOR_KEYS
    assert actor.role == role
    users.change_role(user_id=somebody.pk, role="owner")
    actor = selectors.authenticate_api_key(token, now=clock.now())
    assert actor is not None
    assert actor.role == "owner"
    assert actor.permissions == rights.ALL_BRAND - rights.NOT_FOR_KEYS


def test_a_narrow_key_stays_narrow(somebody: User) -> None:
    scopes = ["orders.ship", "orders.view", "finance.view"]
    key, token = api_keys.issue_api_key(name="k", role="service", permissions=scopes, created_by=somebody)
    users.change_role(user_id=somebody.pk, role="warehouse")
    actor = selectors.authenticate_api_key(token, now=clock.now())
    assert actor is not None
    assert actor.role == "service"
    assert actor.permissions == {"orders.ship", "orders.view"}
    assert selectors.permissions_of_key(ApiKey.objects.select_related("created_by").get(pk=key.pk)) == actor.permissions


def test_the_demoted_do_nothing_by_key_that_they_may_not_in_person(somebody: User) -> None:
    """Every operation: the answer to the key is the answer to its maker."""
    token = api_keys.issue_api_key(name="k", role="owner", created_by=somebody)[1]
    users.change_role(user_id=somebody.pk, role="warehouse")
    held = rights.permissions_for("warehouse")
    for call in CALLS:
        if call.permissions and not call.permissions & held:
            answer = call.send(host=HOST, token=token)
            assert (str(call), answer.status_code) == (str(call), 403)


def test_the_log_says_what_ended(somebody: User) -> None:
    from kernel.models import AuditRecord

    owners_key(somebody)
    consent(somebody)
    users.deactivate_user(user_id=somebody.pk)
    record = AuditRecord.objects.filter(action="accounts.user_deactivated").latest("id")
    assert record.after == {"api_keys": 1, "support_accesses": 1}


def test_a_new_password_ends_sessions_and_links_and_no_key(somebody: User) -> None:
    session_goes, link_goes, key_stays = session(somebody), entry_link(somebody), owners_key(somebody)
    passwords.change_own_password(user_id=somebody.pk, current=PASSWORD, password="quite another phrase")
    assert (session_goes(), link_goes(), key_stays()) == (DEAD, DEAD, FULL)


def test_a_confirmation_confirms_nothing_of_who_is_gone(somebody: User) -> None:
    token = confirmation.issue_token(user_id=somebody.pk)
    users.deactivate_user(user_id=somebody.pk)
    assert browser().get("/console/email/confirm/", {"token": token}).status_code == 410


def test_an_agents_session_ends_with_the_login() -> None:
    agent = agent_logins.open_login(name="B", phone="13812345678")
    client = browser()
    client.force_login(agent, backend=BACKEND)
    before = User.objects.get(pk=agent.pk).get_session_auth_hash()
    agent_logins.close_login(user_id=agent.pk)
    User.objects.filter(pk=agent.pk).update(is_active=True)
    assert client.get("/api/v1/me").status_code == 401
    assert User.objects.get(pk=agent.pk).get_session_auth_hash() != before


@pytest.fixture
def administrators() -> Iterator[list[User]]:
    with public_schema():
        yield [
            users.create_user(name=name, role="platform_admin", email=f"{name}@banyan.example") for name in ("p", "q")
        ]


@pytest.mark.parametrize("change", ["deactivated", "demoted"])
@pytest.mark.parametrize("who", [0, 1])
def test_an_emergency_ends_with_either_of_its_two(
    brand: Brand, administrators: list[User], change: str, who: int
) -> None:
    first, second = administrators
    with public_schema():
        with acting_as(selectors.actor_for_user(first)):
            asked = grants.request_emergency(
                brand_id=brand.pk, hours=1, reason="the owner cannot be reached at all", now=clock.now()
            )
        with acting_as(selectors.actor_for_user(second)):
            grants.approve_emergency(grant_id=asked.pk, now=clock.now())
        person = administrators[who]
        if change == "deactivated":
            users.deactivate_user(user_id=person.pk)
        else:
            users.change_role(user_id=person.pk, role="support")
        assert AccessGrant.objects.get(pk=asked.pk).revoked_at is not None


def test_a_visit_does_not_revive_with_its_visitor(brand: Brand, somebody: User) -> None:
    with acting_as(selectors.actor_for_user(somebody)):
        given = grants.grant_access(brand_id=brand.pk, hours=4, reason="look", now=clock.now())
    with public_schema():
        helper = users.create_user(name="h", role="support", email="h@banyan.example")
        with acting_as(selectors.actor_for_user(helper)):
            address = grants.issue_pass(grant_id=given.pk, now=clock.now())
    client = browser()
    client.get(address)
    assert client.get("/api/v1/orders").status_code == 200
    with public_schema():
        users.deactivate_user(user_id=helper.pk)
        users.reactivate_user(user_id=helper.pk)
    assert client.get("/api/v1/orders").status_code == 401
