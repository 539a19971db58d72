"""Decode users' pictures and re-encode them.

Only pixels remain: no EXIF (its orientation is applied first), no comments, no appended data. Oversized pictures are
refused before they are decoded.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import IO, Final

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning

from kernel.core.errors import Invalid, TooLarge
from kernel.files import storage as files

MAX_BYTES: Final = 10 * 1_048_576
MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 4_096  # what is larger is scaled down: no screen shows more
THUMBNAIL_SIDE: Final = 320
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SUFFIXES: Final = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
CONTENT_TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_OPTIONS: Final[dict[str, dict[str, int | bool]]] = {
    "JPEG": {"quality": 88, "progressive": True},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 85, "method": 3},
}


class UnreadablePicture(Invalid):
    code = "unreadable_picture"
    title = _("This is no picture: JPEG, PNG and WebP are read")


class PictureTooLarge(TooLarge):
    code = "picture_too_large"
    title = _("The picture is too large")


@dataclass(frozen=True, slots=True)
class Picture:
    """A re-encoded picture with a thumbnail (WebP). `digest` is the SHA-256 of `content`, in hex."""

    content: bytes
    thumbnail: bytes
    suffix: str
    width: int
    height: int
    digest: str


def read_picture(upload: "File[bytes] | IO[bytes]", *, field: str = "file") -> Picture:
    """Decode and re-encode. Raises UnreadablePicture, PictureTooLarge (more than 10 MB or 50 megapixels)."""
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PictureTooLarge(
            _("A picture may have %(size)d MB at most.") % {"size": MAX_BYTES // 1_048_576}, field=field
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DecompressionBombWarning)  # our own limit decides, below Pillow's error
        try:
            return _write_anew(data, field)
        except DecompressionBombError as error:
            raise _too_many_pixels(field) from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError) as error:
            raise UnreadablePicture(field=field) from error


def looks_like_picture(data: bytes) -> bool:
    """Tell whether the header is that of a picture within the limits. Only decoding validates the rest."""
    if len(data) > MAX_BYTES:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                return image.width * image.height <= MAX_PIXELS
        except (DecompressionBombError, OSError, SyntaxError, ValueError, EOFError):
            return False


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def store_picture(picture: Picture, *, folder: str) -> tuple[str, str]:
    """Store picture and thumbnail in the current brand's folder; return their names."""
    stored = files.store(ContentFile(picture.content), folder=folder, suffix=picture.suffix)
    try:
        return stored, files.store(ContentFile(picture.thumbnail), folder=folder, suffix=".webp")
    except Exception:
        files.delete_file(stored)
        raise


def content_type_of(name: str) -> str:
    return CONTENT_TYPES["." + name.rpartition(".")[2]]


def _too_many_pixels(field: str) -> PictureTooLarge:
    return PictureTooLarge(
        _("A picture may have %(count)d megapixels at most.") % {"count": MAX_PIXELS // 1_000_000}, field=field
    )


def _write_anew(data: bytes, field: str) -> Picture:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise _too_many_pixels(field)
        # A phone's JPEG may say it holds several pictures (MPO): the first one is meant.
        form = "JPEG" if opened.format == "MPO" else str(opened.format)
        opened.load()
        image = _plain(ImageOps.exif_transpose(opened), form)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    content = _encode(image, form)
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Picture(content, _encode(small, "WEBP"), _SUFFIXES[form], image.width, image.height, digest_of(content))


def _plain(image: Image.Image, form: str) -> Image.Image:
    """Convert to 8-bit RGB, with transparency if the format has it, and drop metadata."""
    sees_through = form != "JPEG" and (image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info)
    plain = image.convert("RGBA" if sees_through else "RGB")
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    return clean


def _encode(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **_OPTIONS[form])
    return out.getvalue()
