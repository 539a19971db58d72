"""Proofs of bank transfers: what counts as one, and where they are kept."""

from typing import Any, Final

from django.core.files.base import File

from kernel.files import storage as files

MAX_PROOF_BYTES: Final = 10 * 1_048_576
PROOF_FOLDER: Final = "billing/proofs"
# What a file of each kind begins with.
_STARTS: Final = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}


def is_proof(proof: "File[Any]") -> bool:
    """Tell whether it is a PDF, JPEG or PNG by its name and its first bytes, of at most 10 MB."""
    suffix = _suffix_of(proof)
    if suffix not in _STARTS or not 0 < proof.size <= MAX_PROOF_BYTES:
        return False
    proof.seek(0)
    start = proof.read(8)
    proof.seek(0)
    return bool(start.startswith(_STARTS[suffix]))


def keep_proof(proof: "File[Any]") -> str:
    """Store it; the path under which it is found. Files know no transaction."""
    return files.store(proof, folder=PROOF_FOLDER, suffix=_suffix_of(proof))


def _suffix_of(proof: "File[Any]") -> str:
    return f".{(proof.name or '').rpartition('.')[2].lower()}"
