"""SQL of the tree's edges: the present, or the history at a moment."""

from datetime import datetime

# A walk ends here even in a damaged tree. No network of people is as deep.
DEEPEST = 1_000

_PRESENT = "(SELECT id AS agent_id, sponsor_id FROM agents_agent)"
_PAST = """(SELECT agent_id, sponsor_id FROM agents_sponsorhistory
    WHERE valid_from <= %(as_of)s AND (valid_to IS NULL OR valid_to > %(as_of)s))"""


def edges(as_of: datetime | None) -> str:
    """A subquery of agent_id and sponsor_id; with a moment it reads the parameter `as_of`."""
    return _PRESENT if as_of is None else _PAST
