"""Labels (收件人：), and the words between signs, numbers and labels."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tenant_apps.shipping.rules.reading.sources import Source


class Label(StrEnum):
    NONE = ""
    NAME = "name"
    PHONE = "phone"
    REGION = "region"
    ADDRESS = "address"
    ZIP = "zip"
    GOODS = "goods"
    REMARK = "remark"


_SENDS: Final = r"(?:寄件|发件|寄方|发货|寄货|发货方|寄)"
_PARTS: Final = "姓名|电话|手机号?|地址|信息"
_RECEIVES: Final = r"(?:收件|收货|收获|收方|收)"
_WORDS: Final[tuple[tuple[Label, str], ...]] = (
    (
        Label.PHONE,
        rf"(?:{_SENDS}|{_RECEIVES})?人?(?:的)?(?:联系)?(?:手机号码|手机号|手机|电话号码|电话|联系方式|号码)|tel|phone|mobile",
    ),
    (
        Label.ADDRESS,
        rf"(?:{_SENDS}|{_RECEIVES}|详细|具体|邮寄|快递|街道|家庭|公司|送货|联系)?(?:人)?(?:的)?地址|街道门牌|门牌号?|街道|寄到|送到|发到|address|add|addr",
    ),
    (
        Label.NAME,
        rf"(?:{_SENDS}|{_RECEIVES})(?:人|方)?(?:姓名|名字|信息)?|联系人(?:姓名)?|姓名|名字|客户(?:姓名)?|name",
    ),
    (Label.REGION, r"所在(?:地区|区域|地)|省市区县?|地区|区域|省份|省/市/区|城市|区县|省|市|区"),
    (Label.ZIP, r"邮政编码|邮编|zip"),
    (
        Label.GOODS,
        r"商品(?:名称|信息)?|货品|产品(?:名称)?|货物|品名|订购|购买(?:商品|产品)?|下单(?:商品|产品|内容)?|发货内容|要货|订单(?:内容)?|款式|数量|货|拍",
    ),
    (Label.REMARK, r"(?:买家|客户|卖家|订单)?(?:备注|留言)|附言|说明|ps|p\.s\.?|注"),
)
_ANY: Final = "|".join(f"(?P<{label.name}>{words})" for label, words in _WORDS)
_WITH_COLON: Final = re.compile(
    rf"(?:(?<=^)|(?<=[\s,;。【\[\d)、/|}}.!]))[\[【(]?\s?(?:{_ANY})\s?(?:[\]】)]\s?[:=]?|[:=])\s?", re.IGNORECASE
)
_AFTER_WORDS: Final = re.compile(rf"(?<=[一-鿿a-z])[\[【(]?(?:{_ANY})\s?[:=]\s?", re.IGNORECASE)
_WITHOUT_COLON: Final = re.compile(
    r"(?:(?<=^)|(?<=[\s,;。\d)、/|.]))(?:"
    r"(?P<PHONE>(?:收件人?|收货人?)?(?:联系)?(?:手机号码|手机号|手机|电话号码|电话|联系方式|tel))[\s.]*(?=[+\d(])"
    r"|(?P<NAME>(?:收件人|收货人|联系人|姓名)(?:姓名)?)\s*(?=[一-鿿A-Za-z])(?![一-鿿]*(?:电话|手机|地址))"
    r"|(?P<ADDRESS>(?:详细|收货|收件|收获|邮寄)?地址)(?:\s+|(?=[^不换改变是有对在可一写错没就还和同如的发给\s]))"
    r"|(?P<REGION>所在地区|所在区域)\s*"
    r"|(?P<REMARK>备注)\s*"
    r")",
    re.IGNORECASE,
)
_SENDER: Final = re.compile(
    rf"(?:(?<=^)|(?<=[\s,;。【\[)、/|]))[\[【(]?(?:{_SENDS}(?:人|方)?(?:{_PARTS})?)\s?[\]】)]?\s?[:=\n ]",
    re.MULTILINE,
)
_RECEIVER: Final = re.compile(
    rf"(?:(?<=^)|(?<=[\s,;。【\[)、/|]))[\[【(]?(?:{_RECEIVES}(?:人|方)?(?:{_PARTS})?)\s?[\]】)]?\s?[:=\n ]",
    re.MULTILINE,
)
_SIGNS: Final = re.compile(r"[\s,，、。;!?|/\\【】:\"“”'‘’…~>《》{}+&=_]+|(?:^|(?<=\s))[-.·*]+|--+")
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z.']*")


@dataclass(frozen=True, slots=True)
class Found:
    """A label at [start, end)."""

    start: int
    end: int
    label: Label


@dataclass(frozen=True, slots=True)
class Token:
    """Words at [start, end); `label` stands directly in front."""

    start: int
    end: int
    text: str
    plain: str
    label: Label = Label.NONE


def find_labels(plain: str) -> list[Found]:
    found: list[Found] = []
    for pattern in (_WITH_COLON, _AFTER_WORDS, _WITHOUT_COLON):
        for match in pattern.finditer(plain):
            if all(match.end() <= one.start or one.end <= match.start() for one in found):
                label = next(Label[name] for name, words in match.groupdict().items() if words)
                found.append(Found(match.start(), match.end(), label))
    return sorted(found, key=lambda one: one.start)


def find_roles(plain: str) -> list[tuple[int, bool]]:
    """Return (place, is sender) of each word that says whose part begins there."""
    senders = [(match.start(), True) for match in _SENDER.finditer(plain)]
    receivers = [(match.start(), False) for match in _RECEIVER.finditer(plain)]
    return sorted(senders + receivers)


def split_tokens(source: Source, taken: Iterable[tuple[int, int]], labels: Iterable[Found]) -> list[Token]:
    """Return the words between signs, outside of `taken` places."""
    cuts = sorted({*taken, *((label.start, label.end) for label in labels)})
    label_at = {label.end: label.label for label in labels}
    tokens: list[Token] = []
    place = 0
    for start, end in (*cuts, (len(source.text), len(source.text))):
        if start > place:
            tokens += _words(source, place, start, label_at.get(place, Label.NONE))
        place = max(place, end)
    return _join_latin(source, tokens)


def _words(source: Source, start: int, end: int, label: Label) -> list[Token]:
    tokens: list[Token] = []
    place = start
    for sign in (*_SIGNS.finditer(source.text, start, end), None):
        stop = sign.start() if sign else end
        if stop > place:
            tokens.append(Token(place, stop, source.text[place:stop], source.plain[place:stop], label))
            label = Label.NONE
        place = sign.end() if sign else end
    return tokens


def _join_latin(source: Source, tokens: list[Token]) -> list[Token]:
    """Join first and last names in Latin letters."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        if (
            before
            and not token.label
            and _LATIN.fullmatch(token.text)
            and all(_LATIN.fullmatch(part) for part in before.text.split())
            and source.text[before.end : token.start] == " "
        ):
            text = source.text[before.start : token.end]
            joined[-1] = Token(before.start, token.end, text, source.plain[before.start : token.end], before.label)
        else:
            joined.append(token)
    return joined
