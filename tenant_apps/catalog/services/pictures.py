"""Serve pictures."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from kernel.files import storage as files
from kernel.files.images import content_type_of
from tenant_apps.catalog.models import ProductImage


def picture_response(request: HttpRequest, image: ProductImage, *, thumbnail: bool) -> HttpResponse:
    """Serve the picture or its thumbnail. Browsers may keep it for good, shared caches may not.

    A picture's content never changes: another one has another number.
    """
    name = image.thumbnail_path if thumbnail else image.path
    tag = f'"{image.digest[:32]}{"-t" if thumbnail else ""}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    else:
        with files.open_file(name) as file:
            response = HttpResponse(file.read(), content_type=content_type_of(name))
        response["Content-Disposition"] = f'inline; filename="picture-{image.pk}.{name.rpartition(".")[2]}"'
    response["ETag"] = tag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
