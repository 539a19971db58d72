"""Read pictures."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.files.images import content_type_of
from tenant_apps.catalog.models import ProductImage


class ImageNotFound(NotFound):
    code = "picture_not_found"
    title = _("There is no such picture")


def list_images(*, product_id: int) -> QuerySet[ProductImage]:
    return ProductImage.objects.filter(product_id=product_id).order_by("position", "id")


def get_image(*, image_id: int) -> ProductImage:
    """Raises ImageNotFound."""
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        raise ImageNotFound
    return image


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A stored file of a picture. Content never changes under the same id."""

    path: str
    digest: str
    name: str
    content_type: str


def get_picture_file(*, image_id: int, thumbnail: bool) -> PictureFile:
    """Return the picture's file, or its thumbnail's (at most 320 pixels). Raises ImageNotFound."""
    image = get_image(image_id=image_id)
    path = image.thumbnail_path if thumbnail else image.path
    digest = f"{image.digest[:32]}{'-t' if thumbnail else ''}"
    return PictureFile(path, digest, f"picture-{image.pk}.{path.rpartition('.')[2]}", content_type_of(path))
