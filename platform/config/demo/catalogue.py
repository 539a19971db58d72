"""Goods of the demo brand. Names and prices are invented; every retail price includes 13 % VAT."""

from dataclasses import dataclass
from decimal import Decimal

BRAND_NAME = "花漾彩妆"


@dataclass(frozen=True)
class DemoProduct:
    """A product with the names of its variants; `popularity` weighs how often it is bought."""

    code: str
    category: str
    name: str
    retail_price: Decimal
    popularity: int
    variants: tuple[str, ...] = ("",)

    def sku(self, position: int) -> str:
        """`HY-LP01` for a single variant, `HY-LP01-2` for the second of several."""
        return f"HY-{self.code}" if len(self.variants) == 1 else f"HY-{self.code}-{position + 1}"


def _product(code: str, category: str, name: str, price: str, popularity: int, variants: str = "") -> DemoProduct:
    return DemoProduct(code, category, name, Decimal(price), popularity, tuple(variants.split("/")))


PRODUCTS = (
    _product("LP01", "唇妆", "丝绒雾面口红", "129.00", 30, "豆沙红/枫叶棕/正红/樱花粉"),
    _product("LP02", "唇妆", "水光镜面唇釉", "99.00", 24, "蜜桃/车厘子/奶茶"),
    _product("LP03", "唇妆", "玻尿酸润唇膏", "49.00", 18),
    _product("LP04", "唇妆", "软芯唇线笔", "59.00", 6, "裸粉/红棕"),
    _product("LP05", "唇妆", "夜间修护唇膜", "69.00", 10),
    _product("EY01", "眼妆", "十二色大地眼影盘", "189.00", 16),
    _product("EY02", "眼妆", "落日橘九色眼影盘", "159.00", 12),
    _product("EY03", "眼妆", "极细持妆眼线液笔", "69.00", 22, "黑色/棕色"),
    _product("EY04", "眼妆", "纤长卷翘睫毛膏", "89.00", 20),
    _product("EY05", "眼妆", "三角自动眉笔", "49.00", 21, "灰棕/深棕/浅咖"),
    _product("FA01", "底妆", "轻羽持妆粉底液 30ml", "199.00", 20, "象牙白/自然色/蜜糖色"),
    _product("FA02", "底妆", "水润气垫霜", "179.00", 18, "亮肤色/自然色"),
    _product("FA03", "底妆", "柔焦控油散粉", "129.00", 15),
    _product("FA04", "底妆", "三色遮瑕盘", "89.00", 11),
    _product("FA05", "底妆", "妆前保湿隔离乳 40ml", "119.00", 12),
    _product("CH01", "修容腮红", "单色腮红", "79.00", 14, "蜜桃粉/玫瑰茶"),
    _product("CH02", "修容腮红", "双色修容高光盘", "119.00", 10),
    _product("CH03", "修容腮红", "液体高光", "89.00", 6),
    _product("CH04", "修容腮红", "腮红膏", "69.00", 5),
    _product("CH05", "修容腮红", "鼻影修容棒", "65.00", 5),
    _product("SK01", "护肤", "烟酰胺亮肤精华 30ml", "259.00", 14),
    _product("SK02", "护肤", "玻尿酸补水面膜 10片", "129.00", 26),
    _product("SK03", "护肤", "山茶花滋养面霜 50g", "219.00", 12),
    _product("SK04", "护肤", "氨基酸洁面乳 120g", "89.00", 22),
    _product("SK05", "护肤", "积雪草舒缓爽肤水 150ml", "139.00", 13),
    _product("RM01", "卸妆", "茶籽卸妆油 200ml", "119.00", 12),
    _product("RM02", "卸妆", "温和眼唇卸妆液 150ml", "79.00", 11),
    _product("RM03", "卸妆", "卸妆膏 100g", "109.00", 9),
    _product("RM04", "卸妆", "便携卸妆湿巾 60片", "39.00", 10),
    _product("RM05", "卸妆", "净澈卸妆水 500ml", "89.00", 15),
    _product("TL01", "美妆工具", "超柔美妆蛋 2枚", "39.00", 20),
    _product("TL02", "美妆工具", "十二支化妆刷套装", "169.00", 6),
    _product("TL03", "美妆工具", "便携睫毛夹", "35.00", 8),
    _product("TL04", "美妆工具", "双面化妆镜", "59.00", 5),
    _product("TL05", "美妆工具", "绒面收纳化妆包", "79.00", 6),
    _product("GF01", "礼盒", "初见唇妆礼盒", "299.00", 6),
    _product("GF02", "礼盒", "花漾全妆礼盒", "599.00", 4),
    _product("GF03", "礼盒", "水润护肤三件套", "459.00", 5),
    _product("GF04", "礼盒", "旅行小样套装", "99.00", 12),
    _product("GF05", "礼盒", "新春限定眼影礼盒", "259.00", 4),
)


@dataclass(frozen=True)
class DemoLevel:
    """A level of agents: what it pays of the retail price, and what it earns (fractions)."""

    code: str
    name: str
    rank: int
    price_share: Decimal
    tier1_rate: Decimal
    tier2_rate: Decimal


LEVELS = (
    DemoLevel("GENERAL", "总代", 1, Decimal("0.45"), Decimal("0.12"), Decimal("0.05")),
    DemoLevel("REGION", "区域代理", 2, Decimal("0.55"), Decimal("0.10"), Decimal("0.04")),
    DemoLevel("BASIC", "普通代理", 3, Decimal("0.68"), Decimal("0.08"), Decimal("0.03")),
)

COST_SHARE = Decimal("0.24")  # of the retail price, what the workshop charges
HOLDING_DAYS = 7
