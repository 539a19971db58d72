"""Rules of texts, files and addresses. No database here."""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from unicodedata import category
from urllib.parse import parse_qsl, urlencode, urlsplit

from kernel.privacy.redaction import HIDDEN, is_secret_name, redact_text

# --- support sessions -------------------------------------------------------------------------------------------------

MAX_SESSION_HOURS: Final = 72
MAX_EMERGENCY_HOURS: Final = 4
MIN_EMERGENCY_REASON_LENGTH: Final = 20
# An emergency is now or never: a request that nobody approved in this time is asked anew.
EMERGENCY_WAITS: Final = timedelta(hours=4)
PASS_LIFETIME: Final = timedelta(seconds=60)
MAX_PATH_LENGTH: Final = 500


def pass_digest(*, schema: str, staff_id: int, secret: str) -> str:
    """Return the digest of a pass: it opens this brand, for this member of the staff, and nothing else."""
    return hashlib.sha256(f"support.pass:{schema}:{staff_id}:{secret}".encode()).hexdigest()


def address_for_log(path: str, query: str) -> str:
    """Return a request's address for the log: secrets hidden, personal data masked, 500 characters."""
    shown = [
        (name, HIDDEN if is_secret_name(name) else redact_text(value))
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    address = f"{path}?{urlencode(shown, safe='[]*@/:,')}" if shown else path
    return address.replace("\x00", "")[:MAX_PATH_LENGTH]


# --- texts -----------------------------------------------------------------------------------------------------------


def clean_text(text: str) -> str:
    """The text without characters that nobody can see or no database stores; lines and tabs stay."""
    letters = text.replace("\r\n", "\n")
    return "".join(letter for letter in letters if letter in "\n\t" or category(letter) not in _UNSEEN).strip()


def clean_line(text: str) -> str:
    """The same on one line, spaces made single."""
    return " ".join(clean_text(text).split())


_UNSEEN: Final = frozenset({"Cc", "Cs"})


def is_web_address(text: str) -> bool:
    """Tell whether it is an address that a banner may lead to."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) <= 200


# --- files -----------------------------------------------------------------------------------------------------------

MAX_FILES: Final = 5
MAX_FILE_BYTES: Final = 5 * 1024 * 1024


@dataclass(frozen=True)
class FileKind:
    """A kind of file that may be attached."""

    content_type: str
    suffix: str


PNG: Final = FileKind("image/png", ".png")
JPEG: Final = FileKind("image/jpeg", ".jpg")
WEBP: Final = FileKind("image/webp", ".webp")
PDF: Final = FileKind("application/pdf", ".pdf")


def kind_of(content: bytes) -> FileKind | None:
    """Return the content's kind by its first and last bytes; neither the name nor what the sender says counts.

    PNG (ISO/IEC 15948) begins with its signature and an IHDR chunk and ends with IEND; JPEG (ITU-T T.81) runs from SOI
    to EOI; WebP is a RIFF file as long as its header says; PDF (ISO 32000) begins with %PDF- and ends with %%EOF.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and content[-8:-4] == b"IEND":
        return PNG
    if content.startswith(b"\xff\xd8\xff") and content.rfind(b"\xff\xd9") > 2:  # phones write more behind it
        return JPEG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        length = int.from_bytes(content[4:8], "little") + 8
        return WEBP if length <= len(content) <= length + 1 else None
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]:
        return PDF
    return None


# --- where a question comes from -------------------------------------------------------------------------------------

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._\-]{1,64}")


def page_asked_from(page: str) -> str:
    """The page of the console somebody was on, as a log keeps addresses; nothing for what is no page of ours."""
    if not page.startswith("/") or page.startswith("//"):
        return ""
    path, _mark, query = clean_line(page).partition("?")
    return address_for_log(path, query)


def clean_request_id(text: str) -> str:
    """The id of a request as our answers carry it; nothing for anything else."""
    return text if _REQUEST_ID.fullmatch(text) else ""
