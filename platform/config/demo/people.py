"""People of the demo brand: invented names on telephone numbers of the pattern 199 0000 xxxx."""

from dataclasses import dataclass
from random import Random

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN_NAMES = """
雨桐 思琪 欣怡 梓涵 诗雅 佳宁 晓燕 丽娟 美玲 静怡 雅婷 婉清 若曦 语嫣 可馨 梦洁 紫萱 秋月 海燕 春梅
小红 雪梅 玉兰 慧敏 文静 志强 建国 伟 芳 娜 敏 静 丽 艳 娟 霞 秀英 桂芳 子轩 浩然 宇航 俊杰 明哲 嘉怡
""".split()  # noqa: SIM905 - forty quoted names would hide them

# Code of the district; the customers app knows city and province.
DISTRICTS = """
110105 110108 310104 310115 320102 320505 330106 330212 340104 350203 350102 370102 370203 410105
420106 420111 430102 430104 440106 440305 440604 500103 510104 510107 530102 610113 210102 120101
""".split()  # noqa: SIM905
STREETS = ("花园路", "新华街", "中山大道", "和平路", "建设路", "文化西路", "滨江道", "学院路", "朝阳街", "人民南路")

# 60 agents on three levels
GENERALS = 4
REGIONALS = 14
BASICS = 42
CUSTOMERS = 240


@dataclass(frozen=True)
class DemoStaff:
    """Somebody who signs in at the console."""

    name: str
    role: str
    email: str


OWNER = DemoStaff("花漾老板", "owner", "owner@demo.example")
STAFF = (
    DemoStaff("店长 林悦", "manager", "manager@demo.example"),
    DemoStaff("客服 小苏", "sales", "sales@demo.example"),
    DemoStaff("仓库 老周", "warehouse", "warehouse@demo.example"),
    DemoStaff("财务 陈会计", "finance", "finance@demo.example"),
)


@dataclass(frozen=True)
class DemoPerson:
    """A name, a number, and where the parcels go."""

    name: str
    phone: str
    district_code: str
    street: str


@dataclass(frozen=True)
class DemoAgent:
    """An agent: index of the level (0 is the highest) and of the sponsor in the list, None at the top."""

    person: DemoPerson
    level: int
    sponsor: int | None


def make_agents(random: Random) -> list[DemoAgent]:
    """Make four at the top, fourteen below them, forty-two below those (and a few below the top directly)."""
    agents: list[DemoAgent] = []
    for index in range(GENERALS + REGIONALS + BASICS):
        if index < GENERALS:
            level = 0
            sponsor = None
        elif index < GENERALS + REGIONALS:
            level = 1
            sponsor = random.randrange(GENERALS)
        else:
            above = range(GENERALS, GENERALS + REGIONALS) if random.random() < 0.9 else range(GENERALS)
            level = 2
            sponsor = random.choice(above)
        agents.append(DemoAgent(_person(random, f"1990000{index + 1:04d}"), level, sponsor))
    return agents


def make_customers(random: Random) -> list[DemoPerson]:
    return [_person(random, f"1990001{index + 1:04d}") for index in range(CUSTOMERS)]


def _person(random: Random, phone: str) -> DemoPerson:
    name = random.choice(SURNAMES) + random.choice(GIVEN_NAMES)
    house = random.randrange(1, 299)
    block = random.randrange(1, 20)
    room = random.randrange(101, 2604)
    street = f"{random.choice(STREETS)}{house}号{block}栋{room}室"
    return DemoPerson(name, phone, random.choice(DISTRICTS), street)
