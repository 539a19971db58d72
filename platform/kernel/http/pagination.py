"""Cursor pagination: the cursor names the last row, so concurrent inserts shift nothing."""

import base64
import binascii
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid

ModelT = TypeVar("ModelT", bound=models.Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_MAX_CURSOR_LENGTH = 1_000


class CursorInvalid(Invalid):
    code = "cursor_invalid"
    title = _("The cursor is not one of this list")


class LimitInvalid(Invalid):
    code = "limit_invalid"
    title = _("The page size is out of range")


def ensure_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise LimitInvalid(gettext("It must be between 1 and %(largest)s.") % {"largest": MAX_LIMIT}, field="limit")


def paginate(
    queryset: models.QuerySet[ModelT],
    *,
    cursor: str | None,
    limit: int = DEFAULT_LIMIT,
    order: Sequence[str] = ("-id",),
) -> tuple[list[ModelT], str | None]:
    """Return one page of `queryset` in `order`, and the cursor of the next page (None at the end).

    `order` names non-null columns of the model itself, and ends in `id`. Raises CursorInvalid and LimitInvalid, naming
    the
    field.
    """
    ensure_limit(limit)
    names = [name.removeprefix("-") for name in order]
    if names[-1] not in {"id", "pk"}:
        raise ValueError("the order must end in id, or rows could be missed")
    page = queryset.order_by(*order)
    if cursor:
        page = page.filter(_after(order, decode_cursor(cursor, order, queryset.model)))
    rows = list(page[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    del rows[limit:]
    return rows, encode_cursor(order, [getattr(rows[-1], name) for name in names])


def _after(order: Sequence[str], values: list[Any]) -> Q:
    """Build the condition for rows after the given values: a > x, or a = x and b > y, …

    The implied bound on the first column alone is included so that an index can be used.
    """
    alternatives = Q()
    equal = Q()
    for name, value in zip(order, values, strict=True):
        column = name.removeprefix("-")
        comparison = "lt" if name.startswith("-") else "gt"
        alternatives |= equal & Q(**{f"{column}__{comparison}": value})
        equal &= Q(**{column: value})
    if len(order) == 1:
        return alternatives
    first = order[0]
    bound = Q(**{f"{first.removeprefix('-')}__{'lte' if first.startswith('-') else 'gte'}": values[0]})
    return bound & alternatives


def encode_cursor(order: Sequence[str], values: Sequence[Any]) -> str:
    plain = [value if isinstance(value, int) else _as_text(value) for value in values]
    return base64.urlsafe_b64encode(orjson.dumps([",".join(order), *plain])).rstrip(b"=").decode()


def _as_text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | str):
        return str(value)
    raise TypeError(f"a list cannot be ordered by a {type(value).__name__}")


def decode_cursor(cursor: str, order: Sequence[str], model: type[models.Model]) -> list[Any]:
    """Return the values of the columns in `order` of the row before the page. Raises CursorInvalid."""
    wrong = CursorInvalid(gettext("Use the next_cursor of the page before, with the same order."), field="cursor")
    if len(cursor) > _MAX_CURSOR_LENGTH:
        raise wrong
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(parts, list) or len(parts) != len(order) + 1 or parts[0] != ",".join(order):
            raise wrong
        return [_typed(model, name, value) for name, value in zip(order, parts[1:], strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError, UnicodeEncodeError) as error:
        raise wrong from error


def _typed(model: type[models.Model], name: str, value: object) -> Any:
    column = name.removeprefix("-")
    field = model._meta.pk if column == "pk" else model._meta.get_field(column)
    if not isinstance(field, models.Field) or not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError("not a column's value")
    typed = field.to_python(value)
    if (
        typed is None
        or (isinstance(typed, int) and abs(typed) >= 2**63)
        or (isinstance(typed, str) and "\x00" in typed)
    ):
        raise ValueError("not a column's value")
    return typed
