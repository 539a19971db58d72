"""The font of certificates and posters."""

from pathlib import Path


def regular() -> Path:
    """Return Noto Sans SC, Latin and 20,902 Chinese characters, as a TrueType file."""
    return Path(__file__).parent / "NotoSansSC-Regular.ttf"
