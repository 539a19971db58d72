"""Read pictures."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.files.images import content_type_of
from tenant_apps.catalog.models import ProductImage, Variant


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


def get_covers(*, product_ids: Collection[int]) -> dict[int, int]:
    """Map each product with a picture to the id of its first one, in one query."""
    found: dict[int, int] = {}
    rows = ProductImage.objects.filter(product_id__in=set(product_ids)).order_by("product_id", "position", "id")
    for product_id, image_id in rows.values_list("product_id", "id"):
        found.setdefault(product_id, image_id)
    return found


def get_variant_covers(*, variants: Collection[Variant]) -> dict[int, int]:
    """Map each variant to the id of its own first picture, or of its product's, in one query; some have none."""
    own: dict[int | None, int] = {}
    shared: dict[int, int] = {}
    rows = ProductImage.objects.filter(product_id__in={one.product_id for one in variants}).order_by("position", "id")
    for product_id, variant_id, image_id in rows.values_list("product_id", "variant_id", "id"):
        own.setdefault(variant_id, image_id)
        if variant_id is None:
            shared.setdefault(product_id, image_id)
    covers = {one.pk: own.get(one.pk) or shared.get(one.product_id) for one in variants}
    return {variant_id: image_id for variant_id, image_id in covers.items() if image_id is not None}


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
