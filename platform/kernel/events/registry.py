"""Registry of events: their classes, JSON form, and handlers."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

Handler = Callable[[Any], None]


_READERS: dict[Any, Callable[[Any], Any]] = {
    int: int,
    str: str,
    bool: bool,
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


@dataclass(frozen=True)
class _Kind:
    """A registered event class: its name in messages and a reader for each field."""

    name: str
    readers: dict[str, Callable[[Any], Any]]


class Registry:
    """Events and their handlers. One per process, filled while apps load."""

    def __init__(self) -> None:
        self.kinds: dict[type, _Kind] = {}
        self.classes: dict[str, type] = {}
        self.handlers: dict[str, Handler] = {}
        self.listeners: dict[type, list[str]] = {}

    def add_event(self, name: str, event_class: type) -> None:
        if not (is_dataclass(event_class) and event_class.__dataclass_params__.frozen):  # type: ignore[attr-defined]
            raise TypeError(f"{event_class.__name__} must be a frozen dataclass")
        if name in self.classes:
            raise ValueError(f"two events are called {name}")
        hints = get_type_hints(event_class)
        readers = {item.name: _reader(hints[item.name], f"{name}.{item.name}") for item in fields(event_class)}
        self.kinds[event_class] = _Kind(name, readers)
        self.classes[name] = event_class
        self.listeners.setdefault(event_class, [])

    def add_handler(self, event_class: type, name: str, handler: Handler) -> None:
        if event_class not in self.kinds:
            raise TypeError(f"{event_class.__name__} is not an event")
        if name in self.handlers:
            raise ValueError(f"two handlers are called {name}")
        self.handlers[name] = handler
        self.listeners[event_class].append(name)

    def encode(self, fact: object) -> tuple[str, str]:
        """Return the event's name and its fields as JSON. Raises KeyError for an unregistered class."""
        kind = self.kinds[type(fact)]
        payload = orjson.dumps({name: getattr(fact, name) for name in kind.readers}, default=_as_text)
        return kind.name, payload.decode()

    def decode(self, name: str, payload: str) -> object:
        """Return the published event; fields added since then take their defaults."""
        event_class = self.classes[name]
        readers = self.kinds[event_class].readers
        values = orjson.loads(payload)
        return event_class(**{key: readers[key](value) for key, value in values.items() if key in readers})


def _reader(hint: Any, where: str) -> Callable[[Any], Any]:
    """Return the reader of one field from JSON. Raises TypeError for types that events do not support."""
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        inner = _reader(next(part for part in get_args(hint) if part is not NoneType), where)
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        item = _reader(get_args(hint)[0], where)
        return lambda values: tuple(item(value) for value in values)
    try:
        return _READERS[hint]
    except (KeyError, TypeError):
        raise TypeError(f"{where}: an event carries ids, text, numbers and times, not {hint}") from None


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong into an event")
