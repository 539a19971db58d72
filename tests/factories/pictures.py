"""Small pictures."""

import io

from PIL import Image


def picture_bytes(form: str = "JPEG", *, size: tuple[int, int] = (60, 40), colour: str = "red") -> bytes:
    """A picture of one colour as a file of the format."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()
