"""Sort the words of a piece: address, goods, remarks, names, the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tenant_apps.shipping.rules.reading import goods as goods_rules
from tenant_apps.shipping.rules.reading.goods import Goods
from tenant_apps.shipping.rules.reading.people import bare_name, is_product, judge_name
from tenant_apps.shipping.rules.reading.results import SURE
from tenant_apps.shipping.rules.reading.tokens import Label, Token

_ROOM: Final = re.compile(
    r"(?:[A-Za-z]{0,2}\d{1,5}[A-Za-z]?|[A-Za-z]\d*)(?:[-#]\d{1,5})*#?(?:号|室|栋|楼|座|层|单元|房|户)?(?:[（(].*[)）])?"
)
_NUMBER: Final = re.compile(r"\d|[一二三四五六七八九十]+(?:号|栋|楼|单元|层|组|期)")
_NOISE: Final = re.compile(
    r"(?:收货|收件|寄件|发件|快递|邮寄)?(?:地址|信息|人|电话)?(?:如下|为|是)?|中国|寄|寄到|寄往|送|送到|发|发到|发往|收|到|给|在|地址|电话|手机|姓名|和|及|市辖区|[的、.。]|亲启|转|\(|\)|（|）|联系|号码|微信号?|无"
)
_LEADS_ON: Final = re.compile(r"(?:寄到|寄往|寄给|发给|发到|发往|送到|送给|快递到)$|(?<=[一-鿿]{2})[发寄到给]$")
_REMARK_LEADS: Final = re.compile(
    r"^(?:请|麻烦|放|不要|别|勿|尽快|\d+[号日](?:前|后|到|左右|上午|下午|晚上)|周[一二三四五六日末]|工作日|送货|送到门口|到了|备注)"
)
# Behind an address these are still part of it (88号 旺旺便利店).
_LANDMARK: Final = re.compile(
    r"(?:店|超市|公司|中心|商城|商场|市场|广场|城|苑|府|庭|湾|院|校|园|站|厂|银行|酒店|宾馆|门口|东门|西门|南门|北门|后门|前门|侧门|门卫室?|传达室|保安室|前台|收发室|物业|快递柜|丰巢|菜鸟|对面|旁边?|隔壁|附近|楼下|转角|口|内|里|铺|部|局|所|科|坊|居|轩|阁|墅|家园|基地|仓库|柜|亭|岗|馆|楼|房|库|棚|处|社|段|侧|端|边|角|网点|代收点|服务点|工地|项目部)$"
)
_ASKS: Final = re.compile(r"放|请|麻烦|不要|别(?!墅)|电话|记得|送(?!变)|寄|到了")
_HARD: Final = re.compile(r"\d\s?(?:号楼|栋|幢|单元|室|号院|号(?![前后到之左上下晚]))|路\d|弄\d")


# Alone behind an address it is who receives (惠州市美颜贸易有限公司); before a floor or a person, where.
_COMPANY: Final = re.compile(r"有限(?:责任)?公司$")
_BRACKET: Final = re.compile(r"(.+?)[(（](.+)[)）]")
_HOUSE: Final = re.compile(r"\d(?:号|室|栋|幢|座)(?=[一-鿿])")


@dataclass(slots=True)
class Sorted:
    """Tokens by kind, in order of the text. `unread` may be names, or goods without a quantity."""

    address: list[Token] = field(default_factory=list)
    goods: list[Goods] = field(default_factory=list)
    remarks: list[Token] = field(default_factory=list)
    named: list[Token] = field(default_factory=list)
    unread: list[Token] = field(default_factory=list)


class Sorter:
    """Sort tokens one after another; what a token is depends on those before."""

    def __init__(self, tokens: Sequence[Token], chain: tuple[int, int], stops: Sequence[int]) -> None:
        self.tokens = [
            _without_lead(part, chain[0])
            for token in tokens
            if not _NOISE.fullmatch(token.plain) or token.label
            for part in _parts(token)
        ]
        self.chain_end = chain[1]
        self.stops = stops  # places of phones and the like, which end an address
        self.found = Sorted()
        self.is_in_detail = False
        self.amount: tuple[int, str] | None = None  # 2箱, whose words are to come

    def sort(self) -> Sorted:
        for place, token in enumerate(self.tokens):
            if place and any(self.tokens[place - 1].end <= stop <= token.start for stop in self.stops):
                self.is_in_detail = False
            if self._has_detail_to_come(token):
                self.is_in_detail = True
            self._sort_one(place, token)
        return self.found

    def _has_detail_to_come(self, token: Token) -> bool:
        if token.label in {Label.ADDRESS, Label.REGION}:
            return True
        starts = self.chain_end >= 0 and token.start >= self.chain_end and not self.found.address
        return starts and not any(self.chain_end <= stop <= token.start for stop in self.stops)

    def _sort_one(self, place: int, token: Token) -> None:
        if token.label in {Label.NAME, Label.GOODS, Label.REMARK}:
            self.is_in_detail = False
            self._sort_labelled(token)
        elif self.is_in_detail and self._continues_detail(place, token):
            self.found.address.append(token)
        else:
            self.is_in_detail = False
            self._sort_free(place, token)

    def _sort_labelled(self, token: Token) -> None:
        if token.label is Label.NAME:
            self.found.named.append(token)
        elif token.label is Label.REMARK:
            self.found.remarks.append(token)
        else:
            self._add_goods(token, goods_rules.read_goods(token.plain, is_labelled=True))

    def _continues_detail(self, place: int, token: Token) -> bool:
        """Judge a token behind the divisions, or behind a part of the address."""
        plain = token.plain
        is_address = goods_rules.looks_like_address(plain)
        if self.found.address and _ROOM.fullmatch(plain):
            return True
        if _REMARK_LEADS.match(plain) and not _HARD.search(plain):
            return False
        if self._is_receiver(token):
            return False
        if is_address:
            return True
        if self.found.address and len(plain) > 1 and _is_landmark(plain) and not self._is_only_name(token):
            return True
        return self._begins_detail(place, token) if not self.found.address else self._leads_on(place, token)

    def _is_receiver(self, token: Token) -> bool:
        """Return whether words that look like an address stand behind it, and are the name."""
        if not self.found.address:
            return False
        if len(token.plain) < 4:
            return goods_rules.looks_like_address(token.plain) and self._is_only_name(token)
        later = [one.plain for one in self.tokens if one.start >= token.end]
        return (
            _COMPANY.search(token.plain) is not None
            and not any(goods_rules.looks_like_address(one) or _ROOM.fullmatch(one) for one in later)
            and self._is_only_name(token)
        )

    def _is_only_name(self, token: Token) -> bool:
        """Return whether the words are a name (白敬亭), and no other words of the piece are."""
        if judge_name(bare_name(token.text), bare_name(token.plain)) < SURE or (
            len(token.plain) > 4 and not _COMPANY.search(token.plain)
        ):
            return False
        others = [one for one in self.tokens if one is not token]
        return not any(
            one.label is Label.NAME or judge_name(bare_name(one.text), bare_name(one.plain)) >= SURE for one in others
        )

    def _begins_detail(self, place: int, token: Token) -> bool:
        """The first words behind the divisions are the detail, unless they are a name with the address to come."""
        if token.label is Label.ADDRESS or (token.start == self.chain_end and not self._is_only_name(token)):
            return True
        if goods_rules.is_remark(token.plain) or goods_rules.read_goods(token.plain):
            return self._leads_on(place, token)
        if judge_name(bare_name(token.text), bare_name(token.plain)) >= SURE:
            return self._leads_on(place, token)
        return True

    def _leads_on(self, place: int, token: Token) -> bool:
        """Return whether more of the address follows before a phone or another kind of words."""
        if goods_rules.is_remark(token.plain) or goods_rules.read_goods(token.plain):
            return False
        if judge_name(bare_name(token.text), bare_name(token.plain)) >= SURE:
            return False
        for later in self.tokens[place + 1 :]:
            if any(token.end <= stop <= later.start for stop in self.stops) or later.label:
                return False
            if goods_rules.looks_like_address(later.plain) and not _REMARK_LEADS.match(later.plain):
                return True
            if _ROOM.fullmatch(later.plain):
                return not is_product(token.plain) and not _NUMBER.search(
                    self.found.address[-1].plain if self.found.address else ""
                )
            if goods_rules.is_remark(later.plain) or goods_rules.read_goods(later.plain):
                return False
        return False

    def _sort_free(self, place: int, token: Token) -> None:
        plain = token.plain
        if self._take_amount(token) or self._take_each(token):
            return
        amount, self.amount = self.amount, goods_rules.read_amount(plain)
        if self.amount and self.amount[1]:
            return
        goods = goods_rules.read_goods(plain)
        is_address = goods_rules.looks_like_address(plain)
        if self._is_receiver(token):
            self.found.unread.append(token)
            return
        if goods and not is_address:
            self._add_goods(token, goods)
        elif (
            is_address and not _REMARK_LEADS.match(plain) and (_HARD.search(plain) or not goods_rules.is_remark(plain))
        ):
            self.is_in_detail = True
            self.found.address.append(token)
        elif goods_rules.is_remark(plain):
            self.found.remarks.append(token)
        elif amount and amount[1]:
            self.found.goods.append(Goods(token.text, *amount, token.start, token.end))
        else:
            self.found.unread.append(token)

    def _take_amount(self, token: Token) -> bool:
        """面霜 2瓶: the amount belongs to the words before."""
        amount = goods_rules.read_amount(token.plain)
        before = self.found.unread[-1] if self.found.unread else None
        if amount is None or before is None or any(before.end <= stop <= token.start for stop in self.stops):
            return False
        self.found.unread.pop()
        self.found.goods.append(Goods(before.text, *amount, before.start, token.end))
        return True

    def _take_each(self, token: Token) -> bool:
        """面霜、眼霜各2瓶."""
        each = goods_rules.read_each(token.plain)
        if each is None:
            return False
        words, *_rest = each
        while self.found.unread and judge_name(self.found.unread[-1].text, self.found.unread[-1].plain) < SURE:
            before = self.found.unread.pop()
            self.found.goods.append(Goods(before.text, each[1], each[2], before.start, before.end))
        if words:
            self.found.goods.append(Goods(words, each[1], each[2], token.start, token.end))
        return True

    def _add_goods(self, token: Token, goods: Sequence[Goods]) -> None:
        for one in goods:
            self.found.goods.append(
                Goods(one.words, one.quantity, one.unit, token.start + one.start, token.start + one.end)
            )


def _is_landmark(plain: str) -> bool:
    return _LANDMARK.search(plain) is not None and not _ASKS.search(plain)


def _parts(token: Token) -> list[Token]:
    """Part a remark in brackets, and goods glued to a house number, from what stands in front."""
    bracket = _BRACKET.fullmatch(token.plain)
    if bracket and goods_rules.is_remark(bracket[2]):
        return [_slice(token, 0, bracket.end(1)), _slice(token, bracket.start(2), bracket.end(2))]
    for house in reversed(list(_HOUSE.finditer(token.plain))):
        goods = goods_rules.read_goods(token.plain[house.end() :])
        if goods and all(one.unit or is_product(one.words) for one in goods):
            return [_slice(token, 0, house.end()), _slice(token, house.end(), len(token.plain))]
    return [token]


def _slice(token: Token, start: int, end: int) -> Token:
    return replace(
        token,
        start=token.start + start,
        end=token.start + end,
        text=token.text[start:end],
        plain=token.plain[start:end],
        label=token.label if start == 0 else Label.NONE,
    )


def _without_lead(token: Token, chain_start: int) -> Token:
    """Return the token without words that only lead to the address behind it (面霜一瓶发给…)."""
    found = _LEADS_ON.search(token.plain)
    if not found or token.label or token.end != chain_start or found.start() < 2:
        return token
    cut = found.start()
    return replace(token, end=token.start + cut, text=token.text[:cut], plain=token.plain[:cut])
