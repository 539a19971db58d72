"""Turn integrity errors into domain errors.

A violated constraint is recognised by SQLSTATE class 23 and its name in the message; Citus appends the shard's number
to the name (`…_unique_102042`) and leaves the diagnostic fields empty.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

from django.db import IntegrityError

Refusal = Callable[[], Exception]


@lru_cache(maxsize=512)
def _pattern(constraint: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(constraint)}(?:_\d+)?(?!\w)")


def violated_constraint(error: IntegrityError, names: Mapping[str, object]) -> str | None:
    """Return the violated constraint if it is one of `names`, else None."""
    cause = error.__cause__ or error
    if not str(getattr(cause, "pgcode", None) or "23").startswith("23"):
        return None
    # The first line names the constraint; the DETAIL below it quotes the user's values.
    message = str(cause).partition("\n")[0]
    return next((name for name in names if _pattern(name).search(message)), None)


@contextmanager
def refine_integrity_error(refusals: Mapping[str, Refusal]) -> Iterator[None]:
    """Turn the violation of a named constraint into its domain error; other integrity errors pass unchanged.

    Keys are constraint names, values error classes or functions that make the error. The transaction is aborted by
    then:
    wrap the statement in `transaction.atomic()` inside this block to go on afterwards.
    """
    try:
        yield
    except IntegrityError as error:
        name = violated_constraint(error, refusals)
        if name is None:
            raise
        raise refusals[name]() from error
