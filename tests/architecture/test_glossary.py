"""The glossary has one row per word."""

import re
from collections import Counter
from pathlib import Path

GLOSSARY = Path(__file__).resolve().parents[2] / "platform" / "docs" / "glossary.md"


def test_no_word_stands_in_two_rows() -> None:
    rows = re.findall(r"^\| (?!English|---)([^|]+) \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 100
    words = Counter(word.strip() for row in rows for word in row.split(","))
    assert [word for word, count in words.items() if count > 1] == []
