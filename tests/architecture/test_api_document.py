"""The OpenAPI document describes each schema under a name of its own."""

from collections import defaultdict
from collections.abc import Iterator

from ninja import Schema

import config.api_brand
import config.api_public

OURS = ("kernel.", "shared_apps.", "tenant_apps.")


def schemas(parent: type[Schema]) -> Iterator[type[Schema]]:
    """All schemas of the project; those that a generic one is filled with are described by themselves."""
    for child in parent.__subclasses__():
        if child.__module__.startswith(OURS) and "[" not in child.__name__:
            yield child
        yield from schemas(child)


def test_no_two_schemas_share_a_name() -> None:
    """In the document, the later of two would stand for both."""
    assert config.api_brand.api is not config.api_public.api
    places: dict[str, set[str]] = defaultdict(set)
    for schema in schemas(Schema):
        places[schema.__name__].add(schema.__module__)
    # A page's filters are taken apart into parameters, so their names do not show.
    shared = {name: where for name, where in places.items() if len(where) > 1 and not name.endswith("Filters")}
    assert shared == {}
