"""Write pieces in full boxes and single pieces."""

from django.utils.translation import ngettext


def spell_boxes(pieces: int, box_size: int | None) -> str:
    """Write 77 pieces in boxes of 24 as "3 boxes 5 pieces"; empty for goods without boxes and for less than a box."""
    if not box_size or abs(pieces) < box_size:
        return ""
    boxes, rest = divmod(abs(pieces), box_size)
    words = [ngettext("%(count)d box", "%(count)d boxes", boxes) % {"count": boxes}]
    if rest:
        words.append(ngettext("%(count)d piece", "%(count)d pieces", rest) % {"count": rest})
    return ("−" if pieces < 0 else "") + " ".join(words)


def with_boxes(pieces: int, box_size: int | None) -> str:
    """Write pieces, and the same in boxes after them where the goods have boxes: "77 (3 boxes 5 pieces)"."""
    spelled = spell_boxes(pieces, box_size)
    return f"{pieces} ({spelled})" if spelled else f"{pieces}"
