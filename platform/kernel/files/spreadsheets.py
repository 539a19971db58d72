"""Cells on their way into a spreadsheet program.

A cell that begins like a formula is run when the file is opened (CSV injection, OWASP): such text gets an apostrophe in
front, which the programs show as text and our own import takes off again.
"""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escape_cell(value: object) -> str:
    """The value as text that no spreadsheet program runs. Numbers stay numbers."""
    text = "" if value is None else str(value)
    if text.startswith(FORMULA_STARTS) and not _is_number(text):
        return f"'{text}"
    return text


def unescape_cell(text: str) -> str:
    """Take off what `escape_cell` put in front."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _is_number(text: str) -> bool:
    digits = text[1:].replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()
