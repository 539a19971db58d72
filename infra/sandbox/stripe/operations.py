"""The table of operations: method and path, the SDK's class of known parameters, and the function that does it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from sandbox.core.errors import Json
from sandbox.stripe.errors import ApiError
from sandbox.stripe.parameters import Params

Function = Callable[..., Json]


@dataclass(frozen=True)
class Operation:
    """One endpoint."""

    method: str
    pattern: re.Pattern[str]
    known: type
    function: Function


OPERATIONS: list[Operation] = []
COMPARISONS: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def operation(method: str, path: str, known: type) -> Callable[[Function], Function]:
    """Register `function(work, params, **path parts)` for `POST /v1/customers/{customer}`."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(function: Function) -> Function:
        OPERATIONS.append(Operation(method, pattern, known, function))
        return function

    return register


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of a request and the parts of its path. Raises ApiError 404."""
    # Fixed words before names: `/v1/invoices/create_preview` is no invoice's id.
    for candidate in sorted(OPERATIONS, key=lambda known: known.pattern.groups):
        if candidate.method == method and (match := candidate.pattern.fullmatch(path)):
            return candidate, match.groupdict()
    raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")


def page(rows: list[Json], params: Params, url: str) -> Json:
    """One page of a list, newest first, by `limit`, `starting_after` and `ending_before`."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError(400, "Invalid limit: must be between 1 and 100.", param="limit")
    fits = moment_filter(params, "created")
    newest = [row for row in reversed(rows) if fits(row.get("created", 0))]
    after = params.get("starting_after")
    before = params.get("ending_before")
    if after:
        newest = newest[_index(newest, after, "starting_after") + 1 :]
        chosen = newest[:limit]
        more = len(newest) > limit
    elif before:
        newest = newest[: _index(newest, before, "ending_before")]
        chosen = newest[-limit:]
        more = len(newest) > limit
    else:
        chosen = newest[:limit]
        more = len(newest) > limit
    return {"object": "list", "data": chosen, "has_more": more, "url": url}


def _index(rows: list[Json], identifier: str, param: str) -> int:
    for number, row in enumerate(rows):
        if row["id"] == identifier:
            return number
    raise ApiError(400, f"No such object: '{identifier}'", code="resource_missing", param=param)


def moment_filter(params: Params, name: str) -> Callable[[int], bool]:
    """Return a test for `created=T` or `created[gte]=T`; every moment passes where nothing was asked."""
    wanted: Any = params.get(name)
    if not isinstance(wanted, Params):
        return lambda value: wanted is None or value == wanted
    limits = wanted.plain()
    return lambda value: all(COMPARISONS[kind](value, limit) for kind, limit in limits.items())


def filters(params: Params, *names: str) -> Json:
    """Those of the named parameters that were passed, for `Work.rows`."""
    return {name: params[name] for name in names if name in params}
