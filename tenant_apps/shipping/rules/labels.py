"""Words on labels: the blocks a brand arranges, and the masks that privacy asks for.

GB/T 41833-2022: a name hides at least one character, a phone at least six digits, an address unit and room.
"""

import re
from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LabelBlock(models.TextChoices):
    """Blocks of the shop's own area, below what the carrier needs."""

    NUMBER = "number", _("Order number")
    GOODS = "goods", _("Goods")
    PIECES = "pieces", _("Pieces")
    NOTE = "note", pgettext_lazy("label", "Note")
    TEXT = "text", _("Own text")
    QR = "qr", _("QR code of the tracking number")


DEFAULT_BLOCKS: Final = (LabelBlock.NUMBER.value, LabelBlock.GOODS.value, LabelBlock.TEXT.value, LabelBlock.QR.value)
MAX_OWN_TEXT: Final = 120

# From the first of these the address leads to a door.
_DOOR: Final = re.compile(
    r"(?:[0-9A-Za-z一二三四五六七八九十甲乙丙丁东西南北]{1,5}\s*(?:单元|室|户|层|楼)"
    r"|(?<=[栋幢座号楼弄])[-－—\s]*[0-9A-Za-z]{1,6}(?:[-－—][0-9A-Za-z]{1,6})*\s*$"
    r"|[-－—][0-9]{1,5}(?:[-－—][0-9]{1,5})*\s*$)"
)


def mask_receiver_name(name: str) -> str:
    """Turn `张小明` into `张**`, `张` into `*`: the surname at most."""
    text = name.strip()
    return text[:1] + "*" * (len(text) - 1) if len(text) > 1 else "*" * len(text)


def mask_receiver_phone(phone: str) -> str:
    """Turn `+8613812345678` into `138******78`: at least six digits are hidden."""
    digits = re.sub(r"^\+?86(?=1\d{10}$)", "", phone.strip())
    if len(digits) < 9:
        return "*" * len(digits)
    return f"{digits[:3]}{'*' * (len(digits) - 5)}{digits[-2:]}"


def mask_door(address: str) -> str:
    """Hide unit, floor and room: `科技园1栋2单元302` becomes `科技园1栋***`."""
    found = _DOOR.search(address)
    return f"{address[: found.start()]}***" if found else address


def spell_receiver(receiver: Mapping[str, object], *, is_masked: bool) -> tuple[str, str, str]:
    """Return name, phone and address of a label."""
    name = str(receiver.get("name") or "")
    phone = str(receiver.get("phone") or "")
    above = "".join(str(receiver.get(part) or "") for part in ("province", "city", "district"))
    address = str(receiver.get("address") or "")
    if not is_masked:
        return name, re.sub(r"^\+86(?=1\d{10}$)", "", phone), f"{above}{address}"
    return mask_receiver_name(name), mask_receiver_phone(phone), f"{above}{mask_door(address)}"
