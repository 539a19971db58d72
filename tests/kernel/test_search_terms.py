"""Terms and words of searches: what finds what."""

import pytest

from kernel.china.pinyin import spellings
from kernel.china.search_terms import (
    Word,
    code_terms,
    code_word,
    id_word,
    name_terms,
    name_word,
    phone_terms,
    phone_word,
    split_words,
)

NAMES = {
    "张小明": (
        "张小明 张小 小明 张 明 zhangxiaoming zhangxiao zhang zhangxiaom xiaoming zxm zx ZhangXiaoMing",
        "张明 xm ming zhangxiaomings zxmm 李 1",
    ),
    "单田芳": ("单田芳 shantianfang dantianfang stf dtf", "san"),
    "欧阳娜娜": ("欧阳 娜娜 欧阳娜 ouyang ouyangnana oynn", "阳欧"),
    "John Smith": ("john smith smi JOHN johnsmith", "ohn mith"),
    "王Lisa": ("王 王lisa lisa 王l", "王m"),
    "": ("", "王 a"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_found_by_parts_beginnings_and_pinyin(name: str) -> None:
    found, missed = NAMES[name]
    terms = name_terms("r:", name)
    assert [word for word in found.split() if not finds(name_word("r:", word), terms)] == []
    assert [word for word in missed.split() if finds(name_word("r:", word), terms)] == []


CODES = {
    "SO20261130-000017": ("so20261130-000017 SO20261130000017 SO20261130 0017 000017 1130-000017", "017 SO2026 0018"),
    "SF1234567890123": ("sf1234567890123 1234567890123 0123 90123", "SF1234 123 0124"),
    "W-1": ("w-1 w1 W", "1 2"),
    "": ("", "0 a"),
}


@pytest.mark.parametrize("code", CODES)
def test_codes_are_found_whole_by_their_head_and_by_their_end(code: str) -> None:
    found, missed = CODES[code]
    terms = code_terms("n:", code)
    assert [word for word in found.split() if not finds(code_word("n:", word), terms)] == []
    assert [word for word in missed.split() if finds(code_word("n:", word), terms)] == []


PHONES = {
    "+8613800000001": ("0001 00001 000001 0000001 13800000001", "001 0000"),
    "+8613812345678": (
        "13812345678 +8613812345678 008613812345678 8613812345678 5678 45678 138-1234-5678",
        "678 1381 a",
    ),
    "138****5678": ("5678", "13812345678"),
    "13812345678-1234": ("13812345678 5678 1234", "2345"),
    "0755-26001234": ("075526001234 26001234 1234 0755-26001234", "0756"),
    "+85261234567": ("61234567 4567 +85261234567", "1861234567"),
    "": ("", "5678"),
}


@pytest.mark.parametrize("phone", PHONES)
def test_phones_are_found_whole_and_by_their_end(phone: str) -> None:
    found, missed = PHONES[phone]
    terms = phone_terms("p:", phone)
    assert [word for word in found.split() if not finds(phone_word("p:", word), terms)] == []
    assert [word for word in missed.split() if finds(phone_word("p:", word), terms)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  ", []),
        ("- %", []),
        ("１３８ 1234 5678", ["13812345678"]),
        ("张三　138-1234-5678", ["张三", "13812345678"]),
        ("+86 138 1234 5678", ["8613812345678"]),
        ("SF 1234 5678 9012", ["sf123456789012"]),
        ("5678 面霜 5678", ["5678", "面霜"]),
        ("5678 12", ["5678", "12"]),
        ("a b c d e f g h i j", list("abcdefgh")),
    ],
)
def test_searches_are_split_into_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_long_names_of_many_readings_stay_short() -> None:
    assert len(name_terms("r:", "长乐重还单曾行" * 20)) < 300
    assert len(list(spellings("长乐重还单曾行"))) < 40


def test_a_word_names_the_fields_it_is_found_in() -> None:
    word = phone_word("p:", "45678").joined_with([code_word("n:", "45678"), id_word("k:", [7])])
    assert word.find_marks(["p:5678", "p:13812345678", "n:5678", "n:so95678"]) == {"p:"}
    assert word.find_marks(["k:7"]) == {"k:"}
    assert word.keys == ["k:7", "n:45678", "n:5678", "p:45678", "p:5678"]


def finds(word: Word, terms: set[str] | frozenset[str]) -> bool:
    """As the index does it: a key leads there, and then a term has to fit."""
    return bool(terms & set(word.keys)) and bool(word.find_marks(terms))
