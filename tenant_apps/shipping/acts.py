"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from kernel.core.audit_words import ActWords

WORDS: Final = ActWords(
    acts={},
)
