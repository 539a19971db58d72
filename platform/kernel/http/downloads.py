"""Respond with files, generated or stored."""

import hashlib
from collections.abc import Iterable
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, parse_etags

from kernel.files import storage


def send_file(content: IO[bytes] | Iterable[str], *, name: str, content_type: str) -> HttpResponseBase:
    if hasattr(content, "read"):
        return FileResponse(content, as_attachment=True, filename=name, content_type=content_type)
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response


def send_constant(request: HttpRequest, content: bytes, *, content_type: str, cache_control: str) -> HttpResponse:
    """Return content that only a new release changes; whoever has it already gets 304."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache_control}
    response = HttpResponse(content, content_type=content_type, headers=headers)
    return get_conditional_response(request, etag=tag, response=response) or response


def send_unchanging(request: HttpRequest, path: str, *, digest: str, name: str, content_type: str) -> HttpResponse:
    """Return a stored file for display. Browsers may cache it for good, shared caches may not.

    The address must be unique to the content; a conditional request gets 304. Raises FileNotFoundError.
    """
    tag = f'"{digest}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    else:
        with storage.open_file(path) as file:
            response = HttpResponse(file.read(), content_type=content_type)
        response["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=name) or ""
    response["ETag"] = tag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
