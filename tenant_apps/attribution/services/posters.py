"""An agent's poster: the brand's picture and words, the agent's name, and a QR code that leads to the agent's link.

A poster is drawn once for what is on it: the digest of all of that is its name among the brand's files.
"""

import hashlib
import io
import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import segno
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext
from PIL import Image, ImageDraw, ImageFont, ImageOps

from kernel.files import fonts
from kernel.files import storage as files
from kernel.tenancy.context import current_brand, current_schema
from tenant_apps.attribution.models import Policy, ReferralLink

# an iPhone's screen, what WeChat shows without scaling
WIDTH = 750
HEIGHT = 1334
KEPT_DAYS: Final = 30
MAX_KEPT: Final = 2_000
_VERSION: Final = 2  # changes with the drawing
_FOLDER: Final = "posters/drawn"
_PICTURE_HEIGHT: Final = 720
_MARGIN: Final = 48
_AIR: Final = 4  # some letters lean out of their own width
_QR_SIDE: Final = 264
_INK = "#1F2937"
_SOFT = "#6B7280"
_PAPER = "#FFFFFF"
_TONE = "#0F766E"
_WORD: Final = re.compile(r"[\w.,:;!?%/+&'’-]+\s*|.", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Poster:
    """Content of a poster; texts may be empty. `picture` is the name of a stored file."""

    address: str
    brand: str
    title: str
    text: str
    product: str
    agent: str
    code: str
    picture: str
    language: str

    @property
    def digest(self) -> str:
        """The name of this poster: the same content has the same one."""
        content = json.dumps([_VERSION, WIDTH, HEIGHT, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def poster_of(link: ReferralLink, policy: Policy, *, address: str) -> Poster:
    """Return the content of the link's poster; `address` is the target of its QR code. Raises NotDrawable."""
    brand = current_brand()
    return Poster(
        address=address,
        brand=fonts.drawable(str(getattr(brand, "name", ""))),
        title=fonts.drawable(policy.poster_title),
        text=fonts.drawable(policy.poster_text),
        product=fonts.drawable(link.product.name if link.product else ""),
        agent=fonts.drawable(link.agent.name),
        code=link.code,
        picture=policy.poster_picture,
        language=str(getattr(brand, "language", "zh-hans")),
    )


def render(poster: Poster) -> bytes:
    """The poster as a PNG of 750 × 1334 points, from the brand's files where it was drawn before."""
    name = f"{current_schema()}/{_FOLDER}/{poster.digest}.png"
    with suppress(FileNotFoundError), files.open_file(name) as stored:
        return bytes(stored.read())
    content = _draw(poster)
    # Somebody else may have drawn the same one meanwhile, and then theirs is as good.
    with suppress(files.ForeignFile):
        default_storage.save(name, ContentFile(content))
    return content


def forget_old_posters(*, now: datetime) -> int:
    """Delete posters drawn more than 30 days ago, and the oldest beyond 2,000; they are drawn anew when asked for."""
    folder = f"{current_schema()}/{_FOLDER}"
    try:
        _folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    dated = sorted(((default_storage.get_modified_time(f"{folder}/{name}"), name) for name in names), reverse=True)
    old = [
        name
        for place, (drawn_at, name) in enumerate(dated)
        if place >= MAX_KEPT or drawn_at < now - timedelta(days=KEPT_DAYS)
    ]
    for name in old:
        files.delete_file(f"{folder}/{name}")
    return len(old)


def _draw(poster: Poster) -> bytes:
    sheet = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    _put_picture(sheet, poster)
    brush = ImageDraw.Draw(sheet)
    with translation.override(poster.language):
        _write_words(brush, poster)
        _write_foot(sheet, brush, poster)
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _put_picture(sheet: Image.Image, poster: Poster) -> None:
    size = (WIDTH, _PICTURE_HEIGHT)
    if poster.picture:
        with suppress(FileNotFoundError), files.open_file(poster.picture) as stored, Image.open(stored) as picture:
            seen = picture.convert("RGBA")
            paper = Image.new("RGBA", seen.size, _PAPER)
            sheet.paste(ImageOps.fit(Image.alpha_composite(paper, seen).convert("RGB"), size), (0, 0))
            return
    # Without a picture the brand's name fills its place.
    sheet.paste(_TONE, (0, 0, *size))
    brush = ImageDraw.Draw(sheet)
    lines, font = _fitted(poster.brand, width=WIDTH - 2 * _MARGIN, sizes=range(96, 39, -4), most_lines=2)
    height = _line_height(font) * len(lines)
    for place, line in enumerate(lines):
        y = (_PICTURE_HEIGHT - height) / 2 + place * _line_height(font)
        brush.text((WIDTH / 2, y), line, font=font, fill=_PAPER, anchor="ma")


def _write_words(brush: ImageDraw.ImageDraw, poster: Poster) -> None:
    """Title, product and text below the picture, each as large as its place allows."""
    y = float(_PICTURE_HEIGHT + 26)
    title = poster.title or poster.brand
    for words, colour, sizes, most in (
        (title, _INK, range(46, 33, -2), 1 if poster.text and poster.product else 2),
        (poster.product, _TONE, range(32, 25, -2), 1),
        (poster.text, _SOFT, range(28, 23, -2), 3 if not poster.product else 2),
    ):
        lines, font = _fitted(words, width=WIDTH - 2 * _MARGIN, sizes=sizes, most_lines=most)
        for line in lines:
            brush.text((_MARGIN, y), line, font=font, fill=colour, anchor="la")
            y += _line_height(font)
        y += 8 if lines else 0


def _write_foot(sheet: Image.Image, brush: ImageDraw.ImageDraw, poster: Poster) -> None:
    """The QR code, and beside it who recommends and the code to be typed."""
    top = HEIGHT - _MARGIN - _QR_SIDE
    sheet.paste(_qr(poster.address), (_MARGIN, top))
    left = _MARGIN + _QR_SIDE + 32
    width = WIDTH - left - _MARGIN
    y = float(top + 6)
    for words, colour, sizes, most in (
        (poster.agent, _INK, range(42, 27, -2), 2),
        (gettext("recommends it to you"), _SOFT, range(26, 21, -2), 1),
        (gettext("Scan the code, or give this one:"), _SOFT, range(26, 17, -2), 2),
        (poster.code, _INK, range(38, 27, -2), 1),
    ):
        lines, font = _fitted(words, width=width, sizes=sizes, most_lines=most)
        for line in lines:
            brush.text((left, y), line, font=font, fill=colour, anchor="la")
            y += _line_height(font)
        y += 6


def _qr(address: str) -> Image.Image:
    """The code with its quiet zone of four modules, in whole points per module, centred in its square."""
    code = segno.make(address, error="m", micro=False)
    modules = int(code.symbol_size(border=4)[0])
    scale = max(_QR_SIDE // modules, 1)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(scale=scale, border=4)]
    image = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows)).convert("RGB")
    return (
        ImageOps.pad(image, (_QR_SIDE, _QR_SIDE), color=_PAPER, method=Image.Resampling.NEAREST)
        if (image.width > _QR_SIDE)
        else _centred(image)
    )


def _centred(image: Image.Image) -> Image.Image:
    square = Image.new("RGB", (_QR_SIDE, _QR_SIDE), _PAPER)
    square.paste(image, ((_QR_SIDE - image.width) // 2, (_QR_SIDE - image.height) // 2))
    return square


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.regular()), size)


def _line_height(font: ImageFont.FreeTypeFont) -> float:
    return font.size * 1.36


def _fitted(words: str, *, width: float, sizes: range, most_lines: int) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The words in lines, in the largest size that fits; beyond the smallest an ellipsis ends them."""
    font = _font(sizes[0])
    width -= _AIR
    lines: list[str] = []
    for size in sizes:
        font = _font(size)
        lines = _wrapped(words, font, width)
        if len(lines) <= most_lines:
            return lines, font
    return [*lines[: most_lines - 1], _cut(lines[most_lines - 1], font, width)], font


def _wrapped(words: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines no wider than `width`: Chinese breaks anywhere, Latin between words, an overlong word within."""
    lines = [""]
    for word in _WORD.findall(words):
        pieces = [word] if font.getlength(word.rstrip()) <= width else list(word)
        for piece in pieces:
            if lines[-1] and font.getlength((lines[-1] + piece).rstrip()) > width:
                lines.append("")
            lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


def _cut(line: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"
