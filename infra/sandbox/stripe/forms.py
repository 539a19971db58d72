"""Stripe's form encoding: `items[0][price]=price_1&expand[]=customer` as nested dictionaries."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import invalid

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")

Form = dict[str, Any]  # the leaves are strings; lists are dictionaries with the keys "0", "1" …


def decode(text: str) -> Form:
    """Decode a query string or a body. Raises ApiError for keys whose brackets do not match."""
    form: Form = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = KEY.match(key)
        if match is None:
            raise invalid(f"Invalid request: the parameter {key!r} is malformed.", key)
        _put(form, [match[1], *PART.findall(match[2])], value, key)
    return form


def _put(form: Form, path: list[str], value: str, key: str) -> None:
    for part in path[:-1]:
        below = form.setdefault(part or str(len(form)), {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid request: the parameter {key!r} is both a value and a container.", key)
        form = below
    form[path[-1] or str(len(form))] = value
