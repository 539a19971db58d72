"""Pasted texts: the corpus with its bound, the reference's twelve texts, spans, doubts, several addresses."""

import sys

import pytest

from tenant_apps.shipping.rules.reading.reading import read
from tenant_apps.shipping.rules.reading.results import Doubt, ReadReceiver, Role
from tenant_apps.shipping.services import reading
from tests.shipping.reading_corpus import FILES, judge, load_cases

MIN_WHOLE = 97.0


def only(text: str) -> ReadReceiver:
    (receiver,) = read(text).receivers
    return receiver


def test_corpus_is_read_whole_and_never_wrong() -> None:
    """At least 97 % whole with the right name; a field that is given is right. Misses are printed."""
    outcomes = [judge(case) for name in FILES for case in load_cases(name)]
    whole = 100 * sum(outcome.is_whole for outcome in outcomes) / len(outcomes)
    sys.stdout.write(f"{whole:.1f} % of {len(outcomes)} texts are read whole\n")
    for outcome in outcomes:
        if not outcome.is_whole:
            sys.stdout.write(f"{outcome.case.kind} {outcome.case.text!r}: {outcome.missed} {outcome.wrong}\n")
    assert len(outcomes) >= 500
    assert [outcome.case.text for outcome in outcomes if outcome.wrong] == []
    assert whole >= MIN_WHOLE


# Texts A to L of the reference: name, phone, code, detail.
TWELVE = (
    (
        "范琳 139 0000 1201 安徽宣城宁国市西津街道城南路77号2幢302",
        ("范琳", "13900001201", "341881", "西津街道城南路77号2幢302"),
    ),
    (
        "收件人：苏木／电话：13900001202／地址：上海松江九亭镇涞寅路1881弄30号1102",
        ("苏木", "13900001202", "310117", "九亭镇涞寅路1881弄30号1102"),
    ),
    (
        "田野[4471] 13900001203-4471 河北省雄县雄州镇铃铛阁大街9号[4471]",
        ("田野", "13900001203-4471", "130638", "雄州镇铃铛阁大街9号"),
    ),
    ("巫溪县城厢镇太平路12号 老谭13900001204", ("老谭", "13900001204", "500238", "城厢镇太平路12号")),
    ("湖北神农架松柏镇常青路15号 周姐，13900001205", ("周姐", "13900001205", "429021", "松柏镇常青路15号")),
    (
        "杭州余杭区临平街道藕花洲大街303号4幢 13900001206 应真",
        ("应真", "13900001206", "330113", "临平街道藕花洲大街303号4幢"),
    ),
    ("福建长乐市吴航街道郑和路5号 13900001207 陈依妹", ("陈依妹", "13900001207", "350112", "吴航街道郑和路5号")),
    (
        "大庆路88号3号楼1502，西安市莲湖区，惠小兰，13900001208",
        ("惠小兰", "13900001208", "610104", "大庆路88号3号楼1502"),
    ),
    (
        "爱家超市 0536-3200118转8012 山东青州市王府街道范公亭西路6号",
        ("爱家超市", "0536-3200118-8012", "370781", "王府街道范公亭西路6号"),
    ),
    (
        "要2盒蓝莓 1瓶虫草 呼市新城区海拉尔东街19号5-2-301 13900001210 萨如拉",
        ("萨如拉", "13900001210", "150102", "海拉尔东街19号5-2-301"),
    ),
    (
        "云南红河洲个旧市金湖西路40号1単元201普家珍１３９００００１２１１",
        ("普家珍", "13900001211", "532501", "金湖西路40号1単元201"),
    ),
)


@pytest.mark.parametrize(("text", "right"), TWELVE, ids="ABCDEFGHIJK")
def test_texts_of_the_reference(text: str, right: tuple[str, ...]) -> None:
    found = only(text)
    phone = "-".join(filter(None, (found.phone.value, found.extension)))
    assert (found.name.value, phone, found.place.code, found.detail.value) == right


def test_taiwan_is_refused() -> None:
    found = only("台灣新北市板橋區文化路一段188巷9號 吳先生 0988-001-212")
    assert (found.place.code, found.place.doubt) == ("", Doubt.OUTSIDE)


def test_spans_are_of_the_text_as_it_was_given() -> None:
    text = "\u202d１３８００００００００\u202c　张三　广东省深圳市南山区科技园1栋 面霜２"
    found = only(text)
    parts = [text[span.start : span.end] for field in (found.name, found.phone, found.place) for span in field.spans]
    assert parts == ["张三", "１３８００００００００", "广东省深圳市南山区"]
    assert [text[one.span.start : one.span.end] for one in found.goods] == ["面霜２"]


@pytest.mark.parametrize(
    ("text", "doubt", "province", "city", "candidates"),
    [
        ("成都市高新区天府大道北段1700号", Doubt.ZONE, "四川省", "成都市", ()),
        ("苏州市吴县市人民路1号", Doubt.DIVIDED, "江苏省", "苏州市", ("320506", "320507")),
        ("深圳市华强北路8号", Doubt.MISSING, "广东省", "深圳市", ()),
        ("南京市鼓楼区玄武区中山路1号", Doubt.AMBIGUOUS, "江苏省", "南京市", ("320106",)),
        ("广东省杭州市西湖区文二路391号", Doubt.AMBIGUOUS, "", "", ("330106",)),
        ("地址同上", Doubt.SAME, "", "", ()),
    ],
)
def test_district_that_is_not_sure_stays_blank(
    text: str, doubt: Doubt, province: str, city: str, candidates: tuple[str, ...]
) -> None:
    place = only(f"{text} 张三 13800000000").place
    assert (place.code, place.doubt, place.province, place.city) == ("", doubt, province, city)
    assert place.candidates == candidates


@pytest.mark.parametrize(
    ("written", "digits", "doubt"),
    [
        ("138****0000", "", Doubt.MASKED),
        ("1380000000", "", Doubt.INVALID),
        ("010-62345678", "010-62345678", Doubt.NONE),
        ("400-820-8820", "400-820-8820", Doubt.NONE),
        ("138-0000-0000", "13800000000", Doubt.NONE),
        ("+852 91234567", "", Doubt.OUTSIDE),
    ],
)
def test_phone(written: str, digits: str, doubt: Doubt) -> None:
    phone = only(f"张三 {written} 广东省深圳市南山区科技园1栋").phone
    assert (phone.value, phone.doubt) == (digits, doubt)


def test_room_glued_to_a_phone_that_may_begin_anywhere_is_asked() -> None:
    found = only("张三 广东省深圳市南山区科技园1栋150213800000000")
    assert (found.phone.value, found.phone.doubt) == ("", Doubt.AMBIGUOUS)
    assert "13800000000" in found.phone.candidates


def test_names_that_are_not_sure_are_candidates() -> None:
    found = only("木棉 13800000000 广东省深圳市南山区科技园1栋")
    assert (found.name.value, found.name.doubt, found.name.candidates) == ("", Doubt.AMBIGUOUS, ("木棉",))
    assert only("收件人：王** 13800000000 广东省深圳市南山区科技园1栋").name.doubt is Doubt.MASKED
    two = only("张三 李四 广东省深圳市南山区科技园1栋 13800000000")
    assert (two.name.value, set(two.name.candidates)) == ("", {"张三", "李四"})


def test_sender_and_replaced_address_keep_their_roles() -> None:
    found = read("寄件人：陶朱 19933320005 江苏省宜兴市丁蜀镇1号\n收件人：西施 19933320006 浙江省诸暨市浣纱路2号")
    assert [(one.role, one.name.value) for one in found.receivers] == [(Role.SENDER, "陶朱"), (Role.RECEIVER, "西施")]
    found = read("不要寄广东省汕尾市城区汕尾大道1号，改成广东省揭阳市榕城区进贤门大道2号 沈括 13800240013")
    assert [one.role for one in found.receivers] == [Role.REPLACED, Role.RECEIVER]


def test_nothing_of_a_text_is_lost() -> None:
    found = only("张三 13800000000 广东省深圳市南山区科技园1栋 面膜 尽快发货 xyz-9")
    assert [one.words for one in found.goods] == ["面膜"]
    assert [one.text for one in found.remarks] == ["尽快发货"]
    assert [one.text for one in found.rest] == ["xyz-9"]


def test_goods_without_an_address_stand_apart() -> None:
    found = read("面霜2瓶，眼霜1支\n尽快发货")
    assert (found.receivers, [(one.words, one.quantity, one.unit) for one in found.all_goods]) == (
        (),
        [("面霜", 2, "瓶"), ("眼霜", 1, "支")],
    )
    assert [one.text for one in found.remarks] == ["尽快发货"]


@pytest.mark.parametrize("text", ["", "  \n", "面" * (reading.MAX_TEXT_LENGTH + 1)])
def test_empty_and_endless_texts_are_refused(text: str) -> None:
    with pytest.raises(reading.InvalidText):
        reading.read_text(text=text)


@pytest.mark.parametrize(
    "text", ["省市区县", "[[[[", "1" * 400, "\ud83d", "，，，", "收件人：", "电话：", "（）1栋", "各1", "\x00\x00"]
)
def test_odd_texts_are_read_without_an_error(text: str) -> None:
    assert read(text).goods == ()
