"""A stand-in's objects, as JSON in SQLite: in a file or in memory, one transaction for each call."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.core.errors import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_owner ON objects (kind, owner);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Ownership:
    """The field that names an object's owner, and the kinds whose objects never change theirs."""

    field: str = ""
    fixed: frozenset[str] = frozenset()

    def owner_of(self, thing: Json) -> str:
        """The owner's id, empty where the object has none."""
        owner = thing.get(self.field)
        return owner if isinstance(owner, str) else ""


class Session:
    """The objects one call looks at and changes. The same id is always the same dictionary."""

    def __init__(self, connection: sqlite3.Connection, ownership: Ownership) -> None:
        self._connection = connection
        self._ownership = ownership
        self._objects: dict[str, dict[str, Json]] = {}
        self._texts: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._owned: dict[tuple[str, str], dict[str, Json]] = {}
        self._complete: set[tuple[str, str | None]] = set()

    def find(self, kind: str, identifier: str) -> Json | None:
        """The object, or None."""
        known = self._objects.setdefault(kind, {})
        if identifier not in known and (kind, None) not in self._complete:
            self._load("kind = ? AND id = ?", kind, identifier)
        return known.get(identifier)

    def rows(self, kind: str, **equal: Any) -> list[Json]:
        """The objects of a kind whose fields have these values, oldest first."""
        known = self._objects.setdefault(kind, {})
        owner = equal.get(self._ownership.field)
        if not self._complete & {(kind, None), (kind, owner)}:
            if owner is None:
                self._load("kind = ?", kind)
            else:
                self._load("kind = ? AND owner = ?", kind, owner)
            self._complete.add((kind, owner))
        if isinstance(owner, str) and kind in self._ownership.fixed:
            known = self._owned.get((kind, owner), {})
        found = [row for row in known.values() if all(row.get(name) == value for name, value in equal.items())]
        return sorted(found, key=lambda row: self._numbers[row["id"]])

    def _load(self, condition: str, *values: str) -> None:
        query = f"SELECT number, kind, id, body FROM objects WHERE {condition}"  # noqa: S608 - two fixed conditions
        for number, kind, identifier, body in self._connection.execute(query, values):
            known = self._objects.setdefault(kind, {})
            if identifier not in known and self._texts.get(identifier) != "":
                known[identifier] = json.loads(body)
                self._own(kind, known[identifier])
                self._texts[identifier] = body
                self._numbers[identifier] = number

    def _own(self, kind: str, thing: Json) -> None:
        if kind in self._ownership.fixed:
            self._owned.setdefault((kind, self._ownership.owner_of(thing)), {})[thing["id"]] = thing

    def add(self, kind: str, thing: Json) -> Json:
        """Keep a new object, which has an id."""
        cursor = self._connection.execute(
            "INSERT INTO objects (kind, id, owner, body) VALUES (?, ?, ?, '{}')",
            (kind, thing["id"], self._ownership.owner_of(thing)),
        )
        self._objects.setdefault(kind, {})[thing["id"]] = thing
        self._own(kind, thing)
        self._numbers[thing["id"]] = cursor.lastrowid or 0
        self._texts[thing["id"]] = "{}"
        return thing

    def remove(self, kind: str, identifier: str) -> None:
        """Forget an object."""
        self._connection.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, identifier))
        thing = self._objects.get(kind, {}).pop(identifier, None)
        if thing is not None and kind in self._ownership.fixed:
            self._owned[kind, self._ownership.owner_of(thing)].pop(identifier, None)
        self._texts[identifier] = ""

    def forget(self, kind: str, *, keep: int) -> None:
        """Delete all but the newest of a kind."""
        oldest = "SELECT number FROM objects WHERE kind = ? ORDER BY number DESC LIMIT 1 OFFSET ?"
        self._connection.execute(f"DELETE FROM objects WHERE kind = ? AND number <= ({oldest})", (kind, kind, keep))  # noqa: S608

    def fact(self, name: str, default: Any = None) -> Any:
        """A value that belongs to no object: the clock, a counter."""
        found = self._connection.execute("SELECT body FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else default

    def set_fact(self, name: str, value: Any) -> None:
        """Keep such a value."""
        self._connection.execute("INSERT OR REPLACE INTO facts (name, body) VALUES (?, ?)", (name, json.dumps(value)))

    def flush(self) -> None:
        """Write what changed."""
        for known in self._objects.values():
            for identifier, thing in known.items():
                text = json.dumps(thing, ensure_ascii=False)
                if text != self._texts[identifier]:
                    self._connection.execute(
                        "UPDATE objects SET body = ?, owner = ? WHERE id = ?",
                        (text, self._ownership.owner_of(thing), identifier),
                    )
                    self._texts[identifier] = text


class Store:
    """The database behind one lock."""

    def __init__(self, path: Path | None = None, ownership: Ownership | None = None) -> None:
        """A file keeps the state over restarts; without one it is gone with the process."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._ownership = ownership or Ownership()
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")  # a lost minute of a fake is no loss
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Everything or nothing; one at a time."""
        with self._lock:
            self._connection.execute("BEGIN")
            session = Session(self._connection, self._ownership)
            try:
                yield session
                session.flush()
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def clear_objects(self) -> None:
        """Forget every object; the facts stay."""
        with self._lock:
            self._connection.execute("DELETE FROM objects")

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()
