"""Run a pg_dump script with its rows, optionally under another schema name, without psql."""

import re
from typing import IO

from psycopg2 import extensions

from kernel.database.schemas import quote_schema
from shared_apps.tenants.services import dumps

_COPY = re.compile(rb"COPY \S+ \(.*\) FROM stdin;\r?\n\Z")
_END_OF_ROWS = b"\\.\n"
_CHUNK_BYTES = 1 << 16


class _Rows:
    """The rows of one COPY for psycopg2. Data passes unchanged: only statements are renamed."""

    def __init__(self, script: IO[bytes]) -> None:
        self._script = script
        self._over = False

    def readline(self, size: int = -1, /) -> bytes:
        """Return one row, or nothing at the end. Raises ValueError for a truncated script."""
        line = b"" if self._over else self._script.readline()
        if line == _END_OF_ROWS:
            self._over = True
            return b""
        if not line and not self._over:
            raise ValueError("The script ends in the middle of a table's rows.")
        return line

    def read(self, size: int = -1, /) -> bytes:
        """Return some whole rows, nothing at the end. Raises ValueError for a truncated script."""
        lines: list[bytes] = []
        length = 0
        while length < _CHUNK_BYTES and (line := self.readline()):
            lines.append(line)
            length += len(line)
        return b"".join(lines)


def load_script(script: IO[bytes], *, cursor: extensions.cursor, schema: str, into: str) -> None:
    """Run a plain dump of `schema` so that it creates the schema `into`, in the cursor's transaction.

    Constant memory for rows; raises database errors and ValueError for a broken script.
    """
    qualified = re.compile(rf"\b{re.escape(schema)}\b(?=[.;])")
    target = quote_schema(into)
    definitions: list[str] = []

    def send() -> None:
        statements = dumps.split_statements(qualified.sub(target, "".join(definitions)))
        if statements:
            cursor.execute(";\n".join(statements))
        definitions.clear()

    while line := script.readline():
        if not _COPY.match(line):
            definitions.append(line.decode())
            continue
        send()
        cursor.copy_expert(qualified.sub(target, line.decode().strip().rstrip(";")), _Rows(script), _CHUNK_BYTES)
    send()
