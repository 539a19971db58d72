"""Every operation of the brand's API as a request ready to be sent, made from the OpenAPI document itself.

An operation added tomorrow is in every test over `CALLS` tomorrow. Where no valid body can be guessed, the schema wants
an `examples` entry, which its readers want as well.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import FileResponse
from django.test import Client
from psycopg2 import sql

from config.api_brand import api
from kernel.tenancy.context import public_schema

DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
WRITES = frozenset({"post", "put", "patch", "delete"})
FILE = "a file to upload"


@dataclass(frozen=True)
class Call:
    """One operation with everything it requires, in a form it accepts."""

    method: str
    address: str
    path: dict[str, Any]
    query: dict[str, Any]
    body: Any
    media_type: str
    permissions: frozenset[str]  # any of them is enough
    optional_query: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.address}"

    def changed(self, **parts: Any) -> "Call":
        """The same with other parts."""
        return replace(self, **parts)

    def send(self, *, host: str, token: str | None, browser: Client | None = None) -> Any:
        """The answer of the server to this key, or to whoever is signed in to the browser."""
        headers = {"host": host} | ({"authorization": f"Bearer {token}"} if token else {})
        given = [
            f"{name}={one}"
            for name, value in self.query.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        more: dict[str, Any] = {"QUERY_STRING": "&".join(given)}
        if self.body is not None:
            more["data"] = _with_files(self.body) if self.media_type.startswith("multipart") else self.body
        if self.method in WRITES and not self.media_type.startswith("multipart"):
            more["content_type"] = "application/json"
        address = self.address
        for name, value in self.path.items():
            address = address.replace(f"{{{name}}}", str(value))
        answer = getattr(browser or Client(), self.method)(address, headers=headers, **more)
        if isinstance(answer, FileResponse):
            list(answer)  # the file is closed with its last byte
        return answer


def _with_files(body: dict[str, Any]) -> dict[str, Any]:
    upload = SimpleUploadedFile("orders.csv", b"sku,quantity\nA,1\n", content_type="text/csv")
    return {name: upload if value == FILE else value for name, value in body.items()}


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without references and choices: of several, the first."""
    if "$ref" in schema:
        return resolve(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            others = {name: value for name, value in schema.items() if name != key}
            return resolve({**schema[key][0], **others})
    return schema


def sample(schema: dict[str, Any]) -> Any:
    """A value the schema allows: its example, its default, or the smallest one."""
    schema = resolve(schema)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("example", "const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: sample(properties[name]) for name in schema.get("required", [])}
    if kind == "array":
        return [sample(schema["items"]) for _item in range(max(schema.get("minItems", 0), 1))]
    simple = {"integer": max(schema.get("minimum", 1), 1), "number": 1, "boolean": False, "null": None}
    return simple[kind] if kind in simple else _sample_text(schema)


def _sample_text(schema: dict[str, Any]) -> str:
    forms: dict[str, str] = {"date": "2026-11-21", "date-time": "2026-11-21T12:00:00Z", "binary": FILE}
    length = int(schema.get("minLength", 1))
    if schema.get("format") in forms:
        return forms[schema["format"]]
    if "@" in schema.get("pattern", ""):
        return "somebody@example.com"
    return "0" * max(length, 6) if "pattern" in schema else "a" * max(length, 1)


def _permissions_of(view: Any) -> frozenset[str]:
    several: frozenset[str] = getattr(view, "required_permissions", frozenset)()
    one = getattr(view, "required_permission", "")
    return frozenset({one}) if one else several


# An upload without a kind is one of orders.
DEFAULTS = {("post", "/api/v1/imports"): frozenset({"orders.import"})}


def _calls() -> Iterator[Call]:
    permissions = {
        (method.lower(), operation.path): _permissions_of(operation.view_func)
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
        for method in operation.methods
    }
    for address, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            wanted = DEFAULTS.get((method, address)) or permissions[method, address.removeprefix("/api/v1")]
            yield _call(method, address, described, wanted)


def _call(method: str, address: str, described: dict[str, Any], permissions: frozenset[str]) -> Call:
    path = {}
    query = {}
    optional = []
    for parameter in described.get("parameters", []):
        if parameter["in"] == "path":
            path[parameter["name"]] = sample(parameter["schema"])
        elif parameter.get("required"):
            query[parameter["name"]] = sample(parameter["schema"])
        else:
            optional.append((parameter["name"], str(resolve(parameter["schema"]).get("type", ""))))
    content = described.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), "")
    body = sample(content[media_type]["schema"]) if content else None
    return Call(method, address, path, query, body, media_type, permissions, tuple(optional))


CALLS = list(_calls())


def fingerprint(schema: str) -> dict[str, str]:
    """A digest of every table of the schema: equal before and after means not a byte has changed."""
    with public_schema(), connection.cursor() as cursor:  # no brand reads another
        cursor.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        tables = [row[0] for row in cursor.fetchall()]
        digest = sql.SQL("SELECT {}::text, md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {} t")
        parts = [digest.format(sql.Literal(table), sql.Identifier(schema, table)) for table in tables]
        cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(cursor.cursor))
        return dict(cursor.fetchall())
