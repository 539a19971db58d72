"""Photos of an after-sale: written anew, so that only what can be seen is kept."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final, NamedTuple, TypedDict

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Invalid
from kernel.files import storage as files
from kernel.files.images import Picture, read_picture, store_picture
from tenant_apps.orders.models import AfterSale
from tenant_apps.orders.services.after_sales.changing import lock_after_sale, record

MAX_PHOTOS: Final = 9
_FOLDER: Final = "after-sales"


class TooManyPhotos(Invalid):
    code = "too_many_photos"
    title = _("An after-sale has nine photos at most")


class AfterSaleClosedAlready(Conflict):
    code = "after_sale_closed"
    title = _("The after-sale is closed")


class Upload(NamedTuple):
    """A file as somebody sent it; the name is only shown."""

    name: str
    content: "File[bytes] | IO[bytes]"


class Photo(TypedDict):
    """A stored photo, as the after-sale keeps it; `key` names it in addresses."""

    key: str
    name: str
    path: str
    thumbnail: str
    digest: str
    size: int


def read_photos(uploads: Sequence[Upload], *, already: int = 0) -> list[tuple[str, Picture]]:
    """Decode every photo. Raises TooManyPhotos, UnreadablePicture, PictureTooLarge."""
    if len(uploads) + already > MAX_PHOTOS:
        raise TooManyPhotos(field="photos")
    return [(one.name[-200:], read_picture(one.content, field="photos")) for one in uploads]


def keep_photos(after_sale: AfterSale, pictures: Sequence[tuple[str, Picture]]) -> None:
    """Store the photos and note them on the after-sale, unsaved; none stays behind should a later one fail."""
    stored: list[str] = []
    kept: list[Photo] = []
    try:
        for name, picture in pictures:
            path, thumbnail = store_picture(picture, folder=_FOLDER)
            stored += [path, thumbnail]
            kept.append(
                Photo(
                    key=secrets.token_hex(8),
                    name=name,
                    path=path,
                    thumbnail=thumbnail,
                    digest=picture.digest,
                    size=len(picture.content),
                )
            )
    except Exception:
        _delete(stored)
        raise
    after_sale.photos = [*after_sale.photos, *kept]


@transaction.atomic
def add_photos(*, after_sale_id: int, uploads: Sequence[Upload]) -> AfterSale:
    """Add photos to an open after-sale.

    Raises AfterSaleNotFound, AfterSaleClosedAlready, TooManyPhotos, UnreadablePicture, PictureTooLarge.
    """
    _order, after_sale = lock_after_sale(after_sale_id)
    if not after_sale.is_open:
        raise AfterSaleClosedAlready
    keep_photos(after_sale, read_photos(uploads, already=len(after_sale.photos)))
    AfterSale.objects.filter(pk=after_sale.pk).update(photos=after_sale.photos)
    record(after_sale, "orders.after_sale_photos", photos=len(uploads))
    return after_sale


def _delete(names: Sequence[str]) -> None:
    for name in names:
        with suppress(OSError):
            files.delete_file(name)
