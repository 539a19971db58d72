"""Add, order and delete pictures of products and variants."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import IO

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from kernel.files import storage as files
from kernel.files.images import Picture, read_picture, store_picture
from tenant_apps.catalog.models import ProductImage, Variant
from tenant_apps.catalog.selectors.images import get_image, list_images
from tenant_apps.catalog.services.products import lock_product

MAX_IMAGES = 50
FOLDER = "pictures"


class TooManyPictures(Conflict):
    code = "too_many_pictures"
    title = _("A product has fifty pictures at most")


class DuplicatePicture(Conflict):
    code = "duplicate_picture"
    title = _("The product has this picture already")


class ForeignVariant(Invalid):
    code = "unknown_variant"
    title = _("The product has no such variant")


class InvalidOrder(Invalid):
    code = "invalid_order"
    title = _("Name each picture of the product once")


def add_image(
    *,
    product_id: int,
    upload: "File[bytes] | IO[bytes]",
    name: str,
    variant_id: int | None = None,
    description: str = "",
) -> ProductImage:
    """Append a re-encoded picture and its thumbnail to a product or one of its variants.

    Raises ProductNotFound, ForeignVariant, UnreadablePicture, PictureTooLarge, DuplicatePicture, TooManyPictures.
    """
    picture = read_picture(upload)
    with transaction.atomic():
        return attach_picture(product_id, picture, name=name, variant_id=variant_id, description=description)


def attach_picture(
    product_id: int, picture: Picture, *, name: str, variant_id: int | None = None, description: str = ""
) -> ProductImage:
    """Attach a decoded picture, as add_image. Needs a transaction; a rollback leaves no file."""
    product = lock_product(product_id)
    if variant_id is not None and not Variant.objects.filter(pk=variant_id, product=product).exists():
        raise ForeignVariant(field="variant_id")
    present = list(list_images(product_id=product_id))
    if len(present) >= MAX_IMAGES:
        raise TooManyPictures(field="file")
    if any(one.digest == picture.digest and one.variant_id == variant_id for one in present):
        raise DuplicatePicture(field="file")
    path, thumbnail_path = store_picture(picture, folder=FOLDER)
    try:
        with refine_integrity_error({"catalog_image_once_per_product": lambda: DuplicatePicture(field="file")}):
            image = ProductImage.objects.create(
                product=product,
                variant_id=variant_id,
                position=max((one.position for one in present), default=0) + 1,
                name=PurePath(name.replace("\\", "/")).name[:200] or "picture",
                description=description,
                path=path,
                thumbnail_path=thumbnail_path,
                width=picture.width,
                height=picture.height,
                size_bytes=len(picture.content),
                digest=picture.digest,
                created_at=clock.now(),
            )
    except Exception:
        _delete_files([path, thumbnail_path])
        raise
    audit.record(action="catalog.picture_added", subject=f"product:{product_id}", after={"picture": image.pk})
    return image


@transaction.atomic
def change_image(*, image_id: int, description: str) -> ProductImage:
    """Set the alternative text. Raises ImageNotFound."""
    image = get_image(image_id=image_id)
    write_changes(image, {"description": description})
    return image


@transaction.atomic
def order_images(*, product_id: int, image_ids: Sequence[int]) -> list[ProductImage]:
    """Set the order of the pictures; the first one represents the product.

    Raises ProductNotFound, InvalidOrder.
    """
    lock_product(product_id)
    present = {image.pk: image for image in list_images(product_id=product_id)}
    if sorted(image_ids) != sorted(present):
        raise InvalidOrder(field="image_ids")
    ordered = [present[image_id] for image_id in image_ids]
    for position, image in enumerate(ordered, start=1):
        image.position = position
    ProductImage.objects.bulk_update(ordered, ["position"])
    return ordered


@transaction.atomic
def delete_image(*, image_id: int) -> None:
    """Delete a picture and, after the commit, its files. Raises ImageNotFound."""
    image = get_image(image_id=image_id)
    names = [image.path, image.thumbnail_path]
    ProductImage.objects.filter(pk=image_id).delete()
    audit.record(action="catalog.picture_deleted", subject=f"product:{image.product_id}", before={"picture": image_id})
    transaction.on_commit(lambda: _delete_files(names))


def _delete_files(names: Sequence[str]) -> None:
    for name in names:
        files.delete_file(name)
