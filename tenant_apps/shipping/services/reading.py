"""Read pasted texts for pages and programs."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid
from tenant_apps.shipping.rules.reading import reading
from tenant_apps.shipping.rules.reading.results import (
    Doubt,
    ReadField,
    ReadGoods,
    ReadNote,
    ReadPlace,
    ReadReceiver,
    ReadText,
    Role,
    Span,
)
from tenant_apps.shipping.rules.reading.sources import MAX_LENGTH

__all__ = [
    "MAX_TEXT_LENGTH",
    "Doubt",
    "InvalidText",
    "ReadField",
    "ReadGoods",
    "ReadNote",
    "ReadPlace",
    "ReadReceiver",
    "ReadText",
    "Role",
    "Span",
    "read_text",
]

MAX_TEXT_LENGTH: Final = MAX_LENGTH


class InvalidText(Invalid):
    code = "invalid_text"
    title = _("The text cannot be read")


def read_text(*, text: str) -> ReadText:
    """Read a pasted text (张三 13800000000 广东省深圳市南山区…1栋 面霜2) into receivers, goods and remarks.

    A receiver has `name`, `phone` (digits as dialled, with `extension` apart), `place` (the district's code and
    names), `detail`, `zip_code`, `goods`, `remarks` and `rest`. A field that is not sure is blank: its `doubt` says
    why, its `candidates` what it may be, best first. Spans are characters of `text`. Several addresses give several
    receivers in order; `role` tells senders and addresses the text says not to use. Goods are words, not articles:
    the caller looks them up. Raises InvalidText for an empty text, and for one above MAX_TEXT_LENGTH.
    """
    if not text.strip():
        raise InvalidText(_("There is nothing to read."), field="text")
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidText(_("Paste at most %(limit)s characters at once.") % {"limit": MAX_TEXT_LENGTH}, field="text")
    return reading.read(text)
