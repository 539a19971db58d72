"""Every operation of both APIs asks who calls, and what they may do, unless it is on a short list."""

from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI

from config.api_brand import api as brand_api
from config.api_public import api as public_api
from shared_apps.accounts.rules import rights

# Whoever is signed in may ask who they are.
NEEDS_NO_PERMISSION = {("GET", "/me")}
# Who signs up, or compares prices, has no account yet.
OPEN_TO_ALL = {("POST", "/signups"), ("GET", "/signups/availability"), ("GET", "/signups/slug"), ("GET", "/plans")}


def operations(api: NinjaAPI) -> Iterator[tuple[tuple[str, str], Any]]:
    """(method, address) and the operation, of everything the API answers."""
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield (method, f"{bound.prefix}{path}"), operation


def test_every_operation_on_a_brands_host_asks_who_calls() -> None:
    assert [name for name, operation in operations(brand_api) if not operation.auth_callbacks] == []


def test_every_operation_on_a_brands_host_needs_a_permission() -> None:
    free = {name for name, operation in operations(brand_api) if not permissions_of(operation)}
    assert free == NEEDS_NO_PERMISSION


def test_permissions_are_words_of_the_vocabulary() -> None:
    unknown = [name for name, operation in operations(brand_api) if permissions_of(operation) - rights.ALL_BRAND]
    assert unknown == []


def test_reading_and_writing_need_different_permissions() -> None:
    """Nobody who may only look changes anything."""
    writes = [
        name
        for name, operation in operations(brand_api)
        if name[0] != "GET" and any(word.endswith(".view") for word in permissions_of(operation))
    ]
    assert writes == []


def test_only_signing_up_is_open_on_the_platforms_host() -> None:
    free = {name for name, operation in operations(public_api) if not operation.auth_callbacks}
    assert free <= OPEN_TO_ALL


def test_the_owner_may_call_everything() -> None:
    wanted = {word for _name, operation in operations(brand_api) for word in permissions_of(operation)}
    assert wanted <= rights.permissions_for("owner")


def permissions_of(operation: Any) -> frozenset[str]:
    """Return the words an operation may ask for; one that serves several kinds of things asks for its thing's."""
    several: frozenset[str] = getattr(operation.view_func, "required_permissions", frozenset)()
    one = getattr(operation.view_func, "required_permission", "")
    return frozenset({one} if one else several)
