"""Compare pages by their content, not by how a template is laid out."""

import re


def squeeze(page: str) -> str:
    """Fold blanks to one, and drop those between a tag and its neighbours."""
    folded = " ".join(page.split())
    return re.sub(r" ?(</?[a-zA-Z][^>]*>) ?", r"\1", folded)
