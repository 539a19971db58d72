"""The font of certificates and posters."""

import unicodedata
from functools import lru_cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from reportlab.pdfbase.ttfonts import TTFontFile

from kernel.core.errors import Invalid

# Emoji, other symbols, marks that stand on other letters, and what is not seen at all.
_LEFT_OUT = {"Cc", "Cf", "Cn", "Co", "Cs", "So", "Mn", "Me"}


class NotDrawable(Invalid):
    """A letter has no shape in the font. It is named: an empty box on a certificate would be worse than none."""

    code = "not_drawable"
    title = _("The font has no shape for a character")


def regular() -> Path:
    """Return Noto Sans SC, Latin and the Chinese characters of GBK and 通用规范汉字表, as a TrueType file."""
    return Path(__file__).parent / "NotoSansSC-Regular.ttf"


def drawable(text: str) -> str:
    """Return the text as it is drawn: blanks are single spaces, emoji and control characters are left out.

    Raises NotDrawable naming the letters and numbers that the font has no shape for.
    """
    missing = "".join(dict.fromkeys(mark for mark in text if not _has_shape(mark) and _is_read(mark)))
    if missing:
        raise NotDrawable(_("The font has no shape for: %(characters)s") % {"characters": " ".join(missing)})
    kept = (mark if unicodedata.category(mark)[0] != "Z" else " " for mark in text if _is_kept(mark))
    return " ".join("".join(kept).split())


def _is_read(mark: str) -> bool:
    return unicodedata.category(mark)[0] in "LN"


def _is_kept(mark: str) -> bool:
    category = unicodedata.category(mark)
    return category not in _LEFT_OUT and (category[0] == "Z" or _has_shape(mark))


def _has_shape(mark: str) -> bool:
    return ord(mark) in _shapes()


@lru_cache(maxsize=1)
def _shapes() -> frozenset[int]:
    """Read the font's characters once in a process."""
    return frozenset(TTFontFile(str(regular())).charToGlyph)
