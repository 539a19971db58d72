"""The font has every character that a Chinese name may have by the state's table; what it lacks is named."""

from pathlib import Path

import pytest

from kernel.files import fonts

TABLE = "".join((Path(__file__).parent / "data" / "standard_characters.txt").read_text(encoding="utf-8").split())


def test_all_standard_characters_are_drawn() -> None:
    """通用规范汉字表 (国务院, 2013) has 8,105 characters, 196 of them outside the Basic Multilingual Plane's GBK."""
    assert len(set(TABLE)) == len(TABLE) == 8_105
    assert fonts.drawable(TABLE) == TABLE


@pytest.mark.parametrize("name", ["王䶮", "李㛃", "陈𬱟", "張國榮", "Zoë Müller", "阿依古丽·买买提", "公司（厦门）"])
def test_names_are_drawn_as_they_are(name: str) -> None:
    assert fonts.drawable(name) == name


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("🌸 花花 🌳", "花花"), ("a\tb", "ab"), ("👩‍👩‍👧 only", "only"), ("  名 \u3000字 ", "名 字"), ("", "")],
)
def test_what_nobody_reads_is_left_out(text: str, drawn: str) -> None:
    assert fonts.drawable(text) == drawn


@pytest.mark.parametrize(("text", "named"), [("王𪚥明", "𪚥"), ("מרים", "מ ר י ם"), ("a𪚥b𪚥", "𪚥")])
def test_letters_without_a_shape_are_named(text: str, named: str) -> None:
    with pytest.raises(fonts.NotDrawable) as refusal:
        fonts.drawable(text)
    assert str(refusal.value.detail).endswith(named)
