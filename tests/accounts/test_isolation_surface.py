"""Everything the brand's API answers × everybody who must not have the answer; and what no input may break."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.http import middleware
from kernel.tenancy.context import brand_schema, public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.accounts.rules import rights
from shared_apps.accounts.services import api_keys, users
from shared_apps.accounts.states import BRAND_PERSON_ROLES
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle
from tests.accounts.surface import CALLS, DOCUMENT, WRITES, Call, fingerprint, resolve

pytestmark = pytest.mark.django_db
HOST = "acme.localhost"
# What a suspended brand's owner still does.
PAY_EXPORT_ASK = re.compile(r"/api/v1/(billing|exports|support)(/|$)")


def key_of(role: str, permissions: frozenset[str] | None = None) -> str:
    """A key that has been used a moment ago: its use is noted once a minute, so not during the test."""
    token = api_keys.issue_api_key(name=role, role=role, permissions=permissions)[1]
    api_keys.use_api_key(token, now=clock.now())
    return token


def person(role: str) -> Client:
    """A browser that is signed in: some things no key may do."""
    user = users.create_user(name=role, role=role, email=f"{role}@surface.example")
    browser = Client(headers={"host": HOST})
    browser.force_login(user, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return browser


class Owner:
    """Everything an owner may do: by a key, where keys may, else in person."""

    def __init__(self) -> None:
        self.token = key_of("owner")
        self.browser = person("owner")

    def send(self, call: Call) -> Any:
        if call.permissions and call.permissions <= rights.NOT_FOR_KEYS:
            return call.send(host=HOST, token=None, browser=self.browser)
        return call.send(host=HOST, token=self.token)


@pytest.fixture(autouse=True)
def no_pause_between_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody without a good key is slowed down after sixty guesses a minute; here a hundred come at once."""
    monkeypatch.setattr(middleware, "_UNKNOWN_PER_MINUTE", 10_000)


@pytest.fixture(autouse=True)
def till(settings: Settings) -> Iterator[None]:
    """Without a Stripe to speak to, billing would answer 503 to everything that costs."""
    with FakeStripe() as fake:
        settings.STRIPE_API_KEY = fake.api_key
        settings.STRIPE_API_BASE = fake.url
        yield


@pytest.fixture
def untouched(brand: Brand, other_brand: Brand) -> Iterator[Callable[[], None]]:
    """Call it when everything is prepared: from then on neither brand may change by a single byte."""
    schemas = (brand.schema_name, other_brand.schema_name)
    before: list[dict[str, str]] = []
    yield lambda: before.extend(fingerprint(schema) for schema in schemas)
    assert before
    assert [fingerprint(schema) for schema in schemas] == before


def unlike(expected: tuple[int, str], answers: Iterator[tuple[Call, Any]]) -> list[str]:
    """The calls that were answered in another way, in words."""
    wrong = []
    for call, answer in answers:
        is_problem = answer["Content-Type"] == "application/problem+json"
        found = (answer.status_code, answer.json()["code"] if is_problem else answer["Content-Type"])
        if found != expected:
            wrong.append(f"{call}: {found} {answer.content[:300]!r}")
    return wrong


def test_the_list_is_the_whole_surface() -> None:
    assert len(CALLS) == sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert len(CALLS) > 80
    assert [str(call) for call in CALLS if not call.permissions] == ["GET /api/v1/me"]


def test_nobody_comes_in_without_a_token(untouched: Callable[[], None]) -> None:
    untouched()
    answers = ((call, call.send(host=HOST, token=None)) for call in CALLS)
    assert unlike((401, "unauthenticated"), answers) == []


def test_the_token_of_another_brand_is_unknown(other_brand: Brand, untouched: Callable[[], None]) -> None:
    with brand_schema(other_brand.schema_name):
        token = key_of("owner")
    untouched()
    answers = ((call, call.send(host=HOST, token=token)) for call in CALLS)
    assert unlike((401, "api_key_refused"), answers) == []


def test_every_permission_but_the_one_needed_is_not_enough(untouched: Callable[[], None]) -> None:
    tokens = {
        permissions: key_of("service", rights.ALL_BRAND - permissions - rights.NOT_FOR_KEYS)
        for permissions in {call.permissions for call in CALLS if call.permissions}
    }
    untouched()
    answers = ((call, call.send(host=HOST, token=tokens[call.permissions])) for call in CALLS if call.permissions)
    assert unlike((403, "permission_missing"), answers) == []


@pytest.mark.parametrize("kind", ["key", "person"])
@pytest.mark.parametrize("role", sorted(BRAND_PERSON_ROLES))
def test_each_role_may_what_its_work_needs_and_no_more(role: str, kind: str) -> None:
    """In person, and by a key of the role; which never has what is not for keys."""
    token = key_of(role) if kind == "key" else None
    browser = person(role) if kind == "person" else None
    held = rights.permissions_for(role) - (rights.NOT_FOR_KEYS if kind == "key" else frozenset())
    wrong = []
    for call in CALLS:
        answer = call.send(host=HOST, token=token, browser=browser)
        is_problem = answer["Content-Type"] == "application/problem+json"
        refused = is_problem and answer.json()["code"] == "permission_missing"
        if answer.status_code >= 500 or refused == bool(not call.permissions or call.permissions & held):
            wrong.append(f"{call}: {answer.status_code}")
    assert wrong == []


def test_a_suspended_brand_writes_nothing(brand: Brand, untouched: Callable[[], None]) -> None:
    owner = Owner()
    with public_schema():
        lifecycle.suspend_brand(brand_id=brand.pk, reason="test", now=clock.now())
    untouched()
    writes = [call for call in CALLS if call.method in WRITES and not PAY_EXPORT_ASK.match(call.address)]
    answers = ((call, owner.send(call)) for call in writes)
    refused = unlike((403, "brand_suspended"), answers)
    with public_schema():
        lifecycle.resume_brand(brand_id=brand.pk, reason="test", now=clock.now())
    assert refused == []


def test_ids_that_nobody_has_are_not_found(untouched: Callable[[], None]) -> None:
    """So are another brand's: in this schema there is no row of theirs to find."""
    owner = Owner()
    untouched()
    wrong = []
    for call in CALLS:
        if call.path:
            absent = {name: 987_654_321 if isinstance(value, int) else "nothing" for name, value in call.path.items()}
            answer = owner.send(call.changed(path=absent))
            # A body may name something else that nobody has, and be refused for that first.
            if answer.status_code not in ({404} if call.body is None else {404, 409, 422}):
                wrong.append(f"{call}: {answer.status_code} {answer.content[:300]!r}")
    assert wrong == []


@pytest.mark.parametrize(
    "odd", ["0", "-1", "abc", "1.5", str(2**63), "9" * 40, "%00", "%F0%9F%98%80", "%ff", "a" * 3_000]
)
def test_odd_ids_and_filters_break_nothing(odd: str, untouched: Callable[[], None]) -> None:
    owner = Owner()
    untouched()
    wrong = []
    for call in CALLS:
        variants = [call.changed(path=dict.fromkeys(call.path, odd))] if call.path else []
        if call.method == "get":
            names = [*call.query, *(name for name, _kind in call.optional_query)]
            variants += [call.changed(query={**call.query, name: odd}) for name in names]
        for variant in variants:
            answer = owner.send(variant)
            if answer.status_code >= 500 or (call.method in WRITES and answer.status_code < 400):
                wrong.append(f"{variant} {variant.path} {variant.query}: {answer.status_code}")
    assert wrong == []


def longest_texts(call: Call) -> dict[str, str]:
    """The call's plain texts, each as long as the document allows."""
    schema = resolve(
        DOCUMENT["paths"][call.address][call.method]["requestBody"]["content"]["application/json"]["schema"]
    )
    return {
        name: "A" * schema["properties"][name]["maxLength"]
        for name, value in call.body.items()
        if isinstance(value, str) and "maxLength" in schema["properties"][name]
    }


def test_the_longest_text_that_is_allowed_fits_its_column() -> None:
    owner = Owner()
    wrong = []
    for call in CALLS:
        if isinstance(call.body, dict) and call.media_type == "application/json":
            for name, text in longest_texts(call).items():
                answer = owner.send(call.changed(body={**call.body, name: text}))
                if answer.status_code >= 500:
                    wrong.append(f"{call} {name}: {len(text)}")
    assert wrong == []


AWFUL: list[Any] = [None, [], {}, "", "\x00", "😀", -1, 10**30, 1.5, "x" * 5_000]


def spoilt(value: Any) -> Iterator[tuple[str, Any]]:
    """The value with one of its fields, at any depth, replaced by each awful thing in turn; and where that is."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for awful in AWFUL:
                yield f"{name}={str(awful)[:20]!r}", {**value, name: awful}
            for where, spoilt_inner in spoilt(inner):
                yield f"{name}.{where}", {**value, name: spoilt_inner}
    if isinstance(value, list):
        for where, spoilt_inner in spoilt(value[0] if value else None):
            yield f"0.{where}", [spoilt_inner, *value[1:]]


def test_awful_bodies_break_nothing() -> None:
    """An unknown field is refused by name; each field in turn is filled with what programs send by mistake."""
    owner = Owner()
    wrong = []
    for call in CALLS:
        if not isinstance(call.body, dict) or call.media_type != "application/json":
            continue
        answer = owner.send(call.changed(body={**call.body, "no_such_field": 1}))
        is_problem = answer["Content-Type"] == "application/problem+json"
        fields = [error["field"] for error in answer.json()["errors"]] if is_problem else []
        if answer.status_code != 422 or "no_such_field" not in fields:
            wrong.append(f"{call} with an unknown field: {answer.status_code} {fields}")
        for where, body in spoilt(call.body):
            answer = owner.send(call.changed(body=body))
            if answer.status_code >= 500:
                wrong.append(f"{call} {where}: {answer.status_code}")
    assert wrong == []
