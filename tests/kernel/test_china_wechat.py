"""WeChat ids are written one way."""

import pytest

from kernel.china.wechat import normalise_wechat_id


@pytest.mark.parametrize(
    ("written", "stored"),
    [("", ""), ("  ", ""), (" Wang_XM ", "wang_xm"), ("13812345678", "13812345678"), ("a-b_c", "a-b_c")],
)
def test_normalise(written: str, stored: str) -> None:
    assert normalise_wechat_id(written) == stored


@pytest.mark.parametrize("written", ["abcd", "x" * 41, "王小明王小明", "wang xm", "wang\x00xm"])
def test_refused(written: str) -> None:
    with pytest.raises(ValueError, match="WeChat"):
        normalise_wechat_id(written)
