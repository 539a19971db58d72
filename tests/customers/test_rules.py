"""Phone numbers."""

import pytest

from tenant_apps.customers import rules


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13812345678", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("138-1234-5678", "+8613812345678"),
        ("010 6552 9988", "+861065529988"),
        ("+852 5123 4567", "+85251234567"),
        ("+447911123456", "+447911123456"),
    ],
)
def test_phone_is_written_one_way(written: str, stored: str) -> None:
    assert rules.normalise_phone(written) == stored
    assert rules.normalise_phone(stored) == stored


@pytest.mark.parametrize("text", ["", "12", "abc", "+", "1381234567", "138123456789", "+86", "☎", "1" * 60])
def test_no_phone(text: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        rules.normalise_phone(text)
