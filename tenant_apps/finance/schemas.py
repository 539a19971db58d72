"""API schemas of the ledger."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import MomentIn, MoneyIn, MoneyText, Note200, Period, Strict
from tenant_apps.finance.models import LedgerEntry
from tenant_apps.finance.selectors import AccountStatement, TrialBalance

AccountCodeIn = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,20}$")]
Party = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
MAX_TRANSFERS = 100


class AccountOut(Schema):
    """One account of the chart."""

    code: str
    name_zh: str
    name_en: str
    category: str


class AccountsOut(Schema):
    """The whole chart of accounts, by code."""

    items: list[AccountOut]


class TrialBalanceRowOut(Schema):
    """Turnover and balance of one account; the balance is positive on the account's normal side."""

    code: str
    name_zh: str
    name_en: str
    category: str
    debits: MoneyText
    credits: MoneyText
    balance: MoneyText


class TrialBalanceOut(Schema):
    """Every account with turnover. `difference` is always "0.00"."""

    rows: list[TrialBalanceRowOut]
    difference: MoneyText


class StatementFilters(Period):
    """The half-open period [since, until), and one party's money only where given."""

    party: Party | None = None
    since: MomentIn | None = None
    until: MomentIn | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class StatementLineOut(Schema):
    """One movement of the account."""

    transfer_id: int
    occurred_at: datetime
    source: str
    memo: str
    contra: str
    party: str
    debit: MoneyText
    credit: MoneyText
    balance: MoneyText


class StatementOut(Schema):
    """Movements of an account between two balances, oldest first. `is_complete` is false when `limit` cut it off."""

    code: str
    opening: MoneyText
    lines: list[StatementLineOut]
    closing: MoneyText
    is_complete: bool


class EntryFilters(Strict):
    """Filters of the list of entries, and its page."""

    source: str | None = None
    cursor: str | None = None
    limit: int = 50


class TransferOut(Schema):
    """An amount that left `credit` for `debit`."""

    line_no: int
    debit: str
    credit: str
    amount: MoneyText
    party: str


class EntryOut(Schema):
    """One posting."""

    id: int
    source: str
    occurred_at: datetime
    memo: str
    transfers: list[TransferOut]


class TransferIn(Strict):
    """An amount to move from `credit` to `debit`."""

    debit: AccountCodeIn
    credit: AccountCodeIn
    amount: MoneyIn
    party: Party = ""


class EntryIn(Strict):
    """A posting by hand; `reference` is the voucher's number and unique among postings by hand."""

    reference: Reference
    occurred_at: MomentIn | None = None
    memo: Note200 = ""
    transfers: Annotated[list[TransferIn], Field(min_length=1, max_length=MAX_TRANSFERS)]


def trial_balance_body(balance: TrialBalance) -> dict[str, object]:
    names = ("code", "name_zh", "name_en", "category", "debits", "credits", "balance")
    rows = [{name: getattr(row, name) for name in names} for row in balance.rows]
    return {"rows": rows, "difference": balance.difference}


def statement_body(statement: AccountStatement) -> dict[str, object]:
    names = tuple(StatementLineOut.model_fields)
    return {
        "code": statement.account.code,
        "opening": statement.opening,
        "lines": [{name: getattr(line, name) for name in names} for line in statement.lines],
        "closing": statement.closing,
        "is_complete": statement.is_complete,
    }


def entry_row(entry: LedgerEntry) -> dict[str, object]:
    """The entry as `EntryOut`; its transfers must be loaded."""
    transfers = sorted(entry.transfers.all(), key=lambda transfer: transfer.line_no)
    return {
        "id": entry.pk,
        "source": entry.source,
        "occurred_at": entry.occurred_at,
        "memo": entry.memo,
        "transfers": [
            {
                "line_no": one.line_no,
                "debit": one.debit_id,
                "credit": one.credit_id,
                "amount": one.amount,
                "party": one.party,
            }
            for one in transfers
        ],
    }
