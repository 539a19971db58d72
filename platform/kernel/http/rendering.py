"""JSON by orjson: strict input (no NaN, no broken Unicode), fast output (money as text, times RFC 3339)."""

from decimal import Decimal
from typing import IO, Any

import orjson
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

from kernel.core import clock
from kernel.core.errors import Invalid

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _default(value: object) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")  # "12.30" as the column has it, never 1.23E+1
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def to_json(data: object) -> bytes:
    """Return JSON with Decimals as text and datetimes as RFC 3339 with offset (`Z` for UTC)."""
    return orjson.dumps(data, default=_default, option=_OPTIONS)


class FastJson(HttpResponse):
    """A JSON answer rendered by orjson. Returned from a Ninja operation it skips response validation."""

    def __init__(self, data: object, status: int = 200, *, content_type: str = "application/json") -> None:
        super().__init__(to_json(data), status=status, content_type=content_type)


class FastRenderer(BaseRenderer):
    """Renderer of validated responses: `NinjaAPI(renderer=FastRenderer())`."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


class NulByte(Invalid):
    code = "nul_byte"
    title = _("A NUL character is not text")


class StrictParser(Parser):
    """Parser of requests: `NinjaAPI(parser=StrictParser())`.

    Refuses NaN, Infinity and lone surrogates in bodies, and NUL in query and form fields, which Postgres cannot store.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)

    def parse_querydict(
        self, data: "MultiValueDict[str, Any]", list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for name, values in data.lists():
            if any(isinstance(value, str) and "\x00" in value for value in values):
                raise NulByte(field=name)
        return super().parse_querydict(data, list_fields, request)


def send_file(file: IO[bytes], *, name: str, suffix: str) -> FileResponse:
    """Return an attachment `<name>-<business date>.<suffix>`; the response closes the file."""
    file_name = f"{name}-{clock.business_date(clock.now()):%Y%m%d}.{suffix}"
    return FileResponse(file, as_attachment=True, filename=file_name)
