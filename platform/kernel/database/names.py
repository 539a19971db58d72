"""Name foreign keys by table and column, so that integrity errors can be told apart."""

import hashlib

# Postgres allows 63; a distributed one appends `_<shard>` to every name.
MAX_LENGTH = 55
_DIGEST_LENGTH = 8


def foreign_key_name(table: str, column: str) -> str:
    """Return `<table>_<column>_fk`, shortened with a digest if longer than 55 characters."""
    name = f"{table}_{column}"
    if len(name) + len("_fk") > MAX_LENGTH:
        digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
        name = f"{name[: MAX_LENGTH - _DIGEST_LENGTH - len('__fk')]}_{digest}"
    return f"{name}_fk"
