"""Classify statements, since some cannot share a message with `SET LOCAL search_path`."""

import enum
import re

_BLANK = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_HEAD = re.compile(_BLANK + r"([a-zA-Z]+)" + r"(?:" + _BLANK.replace(r"\s+", r"[\s]+") + r"([a-zA-Z]+))?", re.DOTALL)
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)

_TRANSACTION_CONTROL = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"})
# On Citus a statement that changes the schema is forwarded as text and must be alone in its message.
_DEFINITION = frozenset(
    {"CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT", "GRANT", "REVOKE", "REINDEX", "CLUSTER", "REFRESH", "ANALYZE"}
)
_WITHOUT_SCHEMA = frozenset({"SCHEMA", "DATABASE", "ROLE", "USER", "TABLESPACE"})
# These start with words of a definition, and refuse to run in a transaction or after another statement.
_CONCURRENT_KINDS = frozenset({"CREATE", "DROP", "REINDEX"})


class Kind(enum.Enum):
    """Way in which a statement must be sent."""

    ORDINARY = "behind the prefix, in one message"
    BARE = "as it is: it controls the transaction"
    SERVER = "alone in its message: it names a schema, role or database and looks nothing up"
    DEFINITION = "alone in its message, after the prefix, in a transaction"
    DIRECT_ONLY = "not at all: it cannot run in a transaction"


def kind_of(statement: str) -> Kind:
    """Classify by the leading words, comments skipped."""
    head = _HEAD.match(statement)
    if head is None:
        return Kind.ORDINARY
    verb = head.group(1).upper()
    noun = (head.group(2) or "").upper()
    if verb in _TRANSACTION_CONTROL:
        return Kind.BARE
    if verb == "VACUUM":
        return Kind.DIRECT_ONLY
    if verb not in _DEFINITION:
        return Kind.ORDINARY
    if verb in _CONCURRENT_KINDS and _CONCURRENTLY.search(statement):
        return Kind.DIRECT_ONLY
    return Kind.SERVER if noun in _WITHOUT_SCHEMA else Kind.DEFINITION
