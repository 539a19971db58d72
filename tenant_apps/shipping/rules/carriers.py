"""Carriers by their names, the codes of 快递鸟 and 快递100, and the usual forms of their numbers.

Forms: reference/gateways.md 5.3. They overlap (twelve digits fit five carriers), so a carrier is never derived from a
number, and a number of another form is warned of, never refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier; `code` is 快递鸟's, `kuaidi100` the one of 快递100, `asks_phone` for tracking."""

    code: str
    kuaidi100: str
    name: str
    forms: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    asks_phone: bool = False


# By their own names, which are the same in every language of the console.
CARRIERS: Final = (
    Carrier("SF", "shunfeng", "顺丰速运", (r"SF\d{13}", r"\d{12}"), ("顺丰", "顺丰快递"), asks_phone=True),
    Carrier("ZTO", "zhongtong", "中通快递", (r"\d{12}", r"7\d{13}", r"\d{15}"), ("中通",), asks_phone=True),
    Carrier("YTO", "yuantong", "圆通速递", (r"YT\d{13}", r"[A-Z0-9]{2}\d{8,13}", r"\d{18}"), ("圆通", "圆通快递")),
    Carrier("YD", "yunda", "韵达快递", (r"\d{13}", r"\d{15}"), ("韵达", "韵达速递")),
    Carrier("STO", "shentong", "申通快递", (r"77\d{13}", r"\d{12,13}", r"STO\d{10}"), ("申通",)),
    Carrier("JTSD", "jtexpress", "极兔速递", (r"JT\d{12,13}",), ("极兔", "极兔快递")),
    Carrier("JD", "jd", "京东物流", (r"JD[XK]\d{12}(-\d+-\d+-)?", r"JDV[A-Z]\d{11}(-\d+-\d+-)?"), ("京东", "京东快递")),
    Carrier("EMS", "ems", "EMS", (r"[A-Z]{2}\d{9}[A-Z]{2}", r"\d{13}"), ("邮政EMS", "EMS快递")),
    Carrier(
        "YZPY",
        "youzhengguonei",
        "邮政快递包裹",
        (r"[A-Z]{2}\d{9}[A-Z]{2}", r"\d{13}"),
        ("邮政", "中国邮政", "邮政包裹"),
    ),
    Carrier("DBL", "debangkuaidi", "德邦快递", (r"DPK\d{12}", r"\d{8,10}"), ("德邦", "德邦物流")),
)


def _by_word() -> Mapping[str, Carrier]:
    found: dict[str, Carrier] = {}
    for carrier in CARRIERS:
        for word in (carrier.name, carrier.code, carrier.kuaidi100, *carrier.aliases):
            found.setdefault(word.casefold(), carrier)
    return MappingProxyType(found)


_BY_WORD: Final = _by_word()
BY_CODE: Final[Mapping[str, Carrier]] = MappingProxyType({carrier.code: carrier for carrier in CARRIERS})


def find_carrier(word: str) -> Carrier | None:
    """Return the carrier with this name or code, in any case; None for one that is not known here."""
    return _BY_WORD.get(word.strip().casefold())


def find_number_warning(carrier: str, tracking_number: str) -> Text:
    """Return a warning about a number that its carrier does not usually give out; empty for none."""
    known = find_carrier(carrier)
    number = tracking_number.strip().upper()
    if known is None or not number or any(re.fullmatch(form, number) for form in known.forms):
        return ""
    return _("%(number)s does not look like a number of %(carrier)s") % {"number": number, "carrier": known.name}
