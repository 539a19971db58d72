"""Check parameters against the SDK's own TypedDicts, and convert them."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import typing_extensions
from stripe._request_options import RequestOptions

from sandbox.core.errors import Json
from sandbox.stripe.errors import ApiError, invalid
from sandbox.stripe.forms import Form

OPTIONS = frozenset(RequestOptions.__annotations__)  # of the SDK's call, never sent
UNIONS = (typing.Union, types.UnionType)


class Params:
    """Checked parameters. They remember what was read, so that nothing passed is silently ignored."""

    def __init__(self, values: Json, path: str = "") -> None:
        """`path` names this container in messages: `items[0]`."""
        self._values = values
        self._read: set[str] = set()
        self.path = path

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __getitem__(self, name: str) -> Any:
        self._read.add(name)
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The parameter or the default; an empty string stands for `unset this`."""
        self._read.add(name)
        return self._values.get(name, default)

    def sub(self, name: str) -> Params:
        """A nested container, empty where it was not passed."""
        found = self.get(name)
        return found if isinstance(found, Params) else Params({}, self.name_of(name))

    def need(self, name: str) -> Any:
        """A parameter the operation cannot do without. Raises ApiError."""
        if self.get(name) in (None, ""):
            raise missing_parameter(self.name_of(name))
        return self._values[name]

    def name_of(self, name: str) -> str:
        """The parameter as Stripe names it in messages."""
        return f"{self.path}[{name}]" if self.path else name

    def plain(self) -> Json:
        """Everything as plain dictionaries and lists; all of it counts as read."""
        return {name: _plain(self[name]) for name in self._values}

    def unread(self) -> Iterator[str]:
        """The names of what was passed and not looked at."""
        for name, value in self._values.items():
            if name not in self._read:
                yield self.name_of(name)
            else:
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, Params):
                        yield from part.unread()


def _plain(value: Any) -> Any:
    if isinstance(value, Params):
        return value.plain()
    return [_plain(part) for part in value] if isinstance(value, list) else value


def missing_parameter(name: str) -> ApiError:
    """400 for a required parameter that was not passed."""
    return invalid(f"Missing required param: {name}.", name, "parameter_missing")


def check(known: type, form: Form) -> Params:
    """The parameters of one call. Raises ApiError as Stripe does for unknown, missing and malformed ones."""
    return _container(known, form, "")


@functools.cache
def _fields(known: type) -> dict[str, Any]:
    # These two stand only in the options, and are imported by the SDK for type checkers alone.
    hints = typing.get_type_hints(known, localns={"StripeContext": object, "Mapping": Mapping})
    return {name: hint for name, hint in hints.items() if name not in OPTIONS}


def _container(known: type, form: Form, path: str) -> Params:
    fields = _fields(known)
    values: Json = {}
    for name, raw in form.items():
        full = f"{path}[{name}]" if path else name
        if name not in fields:
            close = f" Did you mean {name[:-1]}?" if name[:-1] in fields else ""
            raise invalid(f"Received unknown parameter: {full}.{close}", full, "parameter_unknown")
        values[name] = _convert(fields[name], raw, full)
    required: frozenset[str] = getattr(known, "__required_keys__", frozenset())
    for name in fields:
        if name in required and name not in values:
            raise missing_parameter(f"{path}[{name}]" if path else name)
    return Params(values, path)


def _convert(hint: Any, raw: Any, path: str) -> Any:
    options = list(typing.get_args(hint)) if typing.get_origin(hint) in UNIONS else [hint]
    return _container_value(options, raw, path) if isinstance(raw, dict) else _scalar(options, raw, path)


def _container_value(options: list[Any], raw: Form, path: str) -> Any:
    for option in options:
        if typing_extensions.is_typeddict(option):
            return _container(option, raw, path)
        if typing.get_origin(option) is list:
            if not all(key.isdecimal() for key in raw):
                break
            inner = typing.get_args(option)[0]
            return [_convert(inner, raw[key], f"{path}[{key}]") for key in sorted(raw, key=int)]
        if typing.get_origin(option) is dict:
            inner = typing.get_args(option)[1]
            return {key: _convert(typing.Union[inner, typing.Literal[""]], raw[key], path) for key in raw}  # noqa: UP007
    kind = "array" if any(typing.get_origin(option) is list for option in options) else "string"
    raise invalid(f"Invalid {kind}", path)


def _scalar(options: list[Any], raw: str, path: str) -> Any:
    words = [
        word for option in options if typing.get_origin(option) is typing.Literal for word in typing.get_args(option)
    ]
    if raw in words:
        return raw
    for option in options:
        reader = READERS.get(option)
        if reader is not None and (value := reader(raw)) is not None:
            return value
    if raw == "":
        raise invalid(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty "
            "value.",
            path,
            "parameter_invalid_empty",
        )
    if int in options:
        raise invalid(f"Invalid integer: {raw}", path, "parameter_invalid_integer")
    if choices := [word for word in words if word]:
        listed = ", ".join(choices[:-1]) + f" or {choices[-1]}" if len(choices) > 1 else choices[0]
        raise invalid(f"Invalid {path}: must be one of {listed}", path)
    if str in options:
        return raw
    raise invalid(_complaint(options, raw), path)


def _complaint(options: list[Any], raw: str) -> str:
    for kind, name in ((bool, "boolean"), (Decimal, "decimal"), (float, "float")):
        if kind in options:
            return f"Invalid {name}: {raw}"
    return "Invalid array" if any(typing.get_origin(option) is list for option in options) else "Invalid object"


def _integer(raw: str) -> int | None:
    sign, digits = (-1, raw[1:]) if raw.startswith("-") else (1, raw)
    return sign * int(digits) if digits.isascii() and digits.isdecimal() else None


def _decimal(raw: str) -> Decimal | None:
    try:
        return Decimal(raw)
    except InvalidOperation:
        return None


def _float(raw: str) -> float | None:
    number = _decimal(raw)
    return None if number is None else float(number)


READERS: dict[Any, Any] = {
    int: _integer,
    bool: {"true": True, "false": False}.get,
    Decimal: _decimal,
    float: _float,
}
