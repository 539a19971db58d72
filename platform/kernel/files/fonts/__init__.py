"""The font that certificates and posters are written in."""

from pathlib import Path


def regular() -> Path:
    """Noto Sans SC, Latin and 20,902 Chinese characters, as a TrueType file."""
    return Path(__file__).parent / "NotoSansSC-Regular.ttf"
