"""Escape cells for spreadsheet programs.

A cell that begins like a formula is executed when the file is opened (CSV injection, OWASP): such text gets a leading
apostrophe, which the programs show as text and our import removes.
"""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escape_cell(value: object) -> str:
    """Return the value as text that no spreadsheet program executes. Numbers stay numbers."""
    text = "" if value is None else str(value)
    if text.startswith(FORMULA_STARTS) and not _is_number(text):
        return f"'{text}"
    return text


def unescape_cell(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _is_number(text: str) -> bool:
    digits = text[1:].replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()
