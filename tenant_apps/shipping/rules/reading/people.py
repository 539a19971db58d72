"""Judge whether words are a person's name."""

import re
from functools import lru_cache
from typing import Final

from tenant_apps.shipping.rules.reading.sources import DATA, read_words

_HANZI: Final = re.compile(r"[一-鿿㐀-䶿]+")
_RECEIVES: Final = re.compile(
    r"^(?:收件人|收货人|联系人|姓名|寄给|给|收)(?=[一-鿿])|[\(（]?(?:收|亲收|亲启|本人收|代收|签收)[\)）]?$"
)
_TITLE: Final = re.compile(rf"^(?:[一-鿿]{{1,4}}|[A-Za-z]{{2,12}})(?:{'|'.join(read_words('titles'))})$")
_FAMILIAR: Final = re.compile(r"^(?:[小老阿大][一-鿿]{1,2}|([一-鿿])\1|[一-鿿](?:宝|宝宝|儿|仔|妞|丫头|囡))$")
_FOREIGN: Final = re.compile(r"^[A-Za-z][A-Za-z.' \-]{0,28}[A-Za-z.]$")
_DOTTED: Final = re.compile(r"^[一-鿿]{1,8}(?:[·•‧・.][一-鿿]{1,8}){1,3}$")
_MANY_PEOPLES: Final = re.compile("|".join(read_words("minority_names")))
# Words that look like a surname and a given name.
_NO_NAMES: Final = frozenset(read_words("no_names"))
_GOODS: Final = re.compile(
    r"[霜液膜膏粉茶酒奶糖饼枣果油皂盒瓶箱袋罐蜜莓肉米面参]$|精华|面霜|眼霜|口红|洗面|防晒|气垫|乳$|水$"
)
_GOODS_HEADS: Final = frozenset("白黄金花水米蓝乌桂石麦燕鹿柳葛葱红雪面眼粉薄羊牛马鱼古原干安平")
_FIRM: Final = re.compile(
    r"[一-鿿A-Za-z]{2,}(?:超市|便利店|商店|门店|专卖店|小店|店铺|有限公司|公司|商行|工作室|美容院|诊所|药房|药店|餐厅|饭馆|幼儿园|经营部|批发部|批发|财务部|行政部|采购部|母婴|花店|文具店|五金店)$"
)
# Behind a house number these are places, not people.
_PLACES: Final = re.compile(
    r"[路街号栋幢楼层室座店厂村镇乡社区院校馆场库柜站亭柱仓部组队园苑城府湾巷弄铺]|门|单元|物业|菜鸟|驿站|丰巢|快递|前台|保安|宿舍|办公|公司|旁|侧|对面|附近|斜|后面|里面"
)


@lru_cache(maxsize=1)
def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    single, double = (DATA / "surnames.txt").read_text(encoding="utf-8").splitlines()[:2]
    return frozenset(single), frozenset(double.split())


def bare_name(text: str) -> str:
    """Return a name without 收 or 亲启 around it."""
    return _RECEIVES.sub("", text.strip(" ,，.。:：;；-_()（）")).strip(" ,，.。:：()（）")


def may_follow_address(plain: str) -> bool:
    """Return whether words glued to an address may be a name: nothing in them is a place (东门, 楼下)."""
    return not _PLACES.search(plain) or _TITLE.match(plain) is not None


def is_product(plain: str) -> bool:
    return _GOODS.search(plain) is not None


def judge_name(text: str, plain: str) -> int:
    """Return 0–100: how surely the words are a name. `plain` is the text in simplified characters."""
    if not text or any(letter.isdigit() for letter in text) or "*" in text:
        return 0
    if _FIRM.fullmatch(plain) and len(plain) <= 16:
        return 82
    if plain in _NO_NAMES:
        return 0
    if _DOTTED.match(plain):
        return 95
    if _HANZI.fullmatch(plain):
        return _judge_chinese(plain)
    if _FOREIGN.match(text):
        return 85 if len(text) > 2 else 60
    return 40 if len(plain) <= 8 else 0


def _judge_chinese(plain: str) -> int:
    single, double = _surnames()
    if _GOODS.search(plain) and (plain[0] not in single or plain[0] in _GOODS_HEADS or len(plain) > 3):
        return 30
    if len(plain) <= 6 and _TITLE.match(plain):
        return 90
    if len(plain) <= 10 and _MANY_PEOPLES.search(plain):
        return 90
    if len(plain) in {3, 4} and plain[:2] in double:
        return 92
    if len(plain) in {2, 3} and plain[0] in single:
        return 90
    if len(plain) == 4 and plain[0] in single and plain[1] in single:
        return 82  # both parents' names: 张陈小明
    if _FAMILIAR.match(plain):
        return 85
    return 50 if len(plain) <= 6 else 0
