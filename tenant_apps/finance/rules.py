"""Postings, without the database."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.core import money


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """`amount` (> 0, two places) moves from the credited to the debited account; both are codes of the chart.

    `party` names whom the money concerns ("agent:7", "customer:12"), so that a shared account can be read per person.
    """

    debit: str
    credit: str
    amount: Decimal
    party: str = ""


def fingerprint(transfers: Sequence[NewTransfer]) -> str:
    """A digest of the money a posting moves, without moment and memo: a retry comes later and means the same."""
    text = "\n".join(f"{t.debit}|{t.credit}|{money.round_money(t.amount)}|{t.party}" for t in transfers)
    return hashlib.sha256(text.encode()).hexdigest()
