"""Words of the audit log: facts about quotas, in records of the apps above."""

from typing import Final

from kernel.core.audit_words import ActWords
from shared_apps.entitlements.states import QUOTA_NAMES

WORDS: Final = ActWords(acts={}, facts=QUOTA_NAMES)
