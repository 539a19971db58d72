"""Read the ledger: balances are sums over transfers, never a stored column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.core.money import ZERO, MoneyField
from tenant_apps.finance.models import Account, LedgerEntry, Transfer
from tenant_apps.finance.states import DEBIT_CATEGORIES, AccountCode

BALANCES = """
    SELECT account.code, account.name_zh, account.name_en, account.category,
           COALESCE(debits.total, 0), COALESCE(credits.total, 0)
    FROM finance_account AS account
    LEFT JOIN (SELECT debit_id, SUM(amount) AS total FROM finance_transfer WHERE occurred_at < %(as_of)s
               GROUP BY debit_id) AS debits ON debits.debit_id = account.code
    LEFT JOIN (SELECT credit_id, SUM(amount) AS total FROM finance_transfer WHERE occurred_at < %(as_of)s
               GROUP BY credit_id) AS credits ON credits.credit_id = account.code
    WHERE debits.total IS NOT NULL OR credits.total IS NOT NULL
    ORDER BY account.code
"""


class AccountNotFound(NotFound):
    code = "account_not_found"
    title = _("No such account in the chart of accounts")


class EntryNotFound(NotFound):
    code = "entry_not_found"
    title = _("No such ledger entry")


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account's turnover; `balance` is positive on the side where the account's category normally stands."""

    code: str
    name_zh: str
    name_en: str
    category: str
    debits: Decimal
    credits: Decimal

    @property
    def balance(self) -> Decimal:
        difference = self.debits - self.credits
        return difference if self.category in DEBIT_CATEGORIES else -difference


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account with turnover; the ledger is sound when `difference` is 0.00."""

    rows: tuple[TrialBalanceRow, ...]

    @property
    def difference(self) -> Decimal:
        return sum((row.debits - row.credits for row in self.rows), ZERO)

    def balance_of(self, code: str) -> Decimal:
        return next((row.balance for row in self.rows if row.code == code), ZERO)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of an account with the balance after it."""

    transfer_id: int
    occurred_at: datetime
    source: str
    memo: str
    contra: str
    party: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """Movements of one account within the half-open period, between its opening and closing balance."""

    account: Account
    opening: Decimal
    lines: tuple[StatementLine, ...]
    is_complete: bool

    @property
    def closing(self) -> Decimal:
        return self.lines[-1].balance if self.lines else self.opening


def trial_balance(*, as_of: datetime | None = None) -> TrialBalance:
    """Turnover of each account before `as_of` (exclusive; default: everything)."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, {"as_of": as_of or "infinity"})
        return TrialBalance(tuple(TrialBalanceRow(*row) for row in cursor.fetchall()))


def account_statement(
    *,
    code: str,
    party: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> AccountStatement:
    """Movements of account `code` in [since, until), oldest first, of one `party` only when given; at most `limit`.

    Raises AccountNotFound.
    """
    account = Account.objects.filter(code=code).first()
    if account is None:
        raise AccountNotFound
    transfers = Transfer.objects.filter(Q(debit=code) | Q(credit=code))
    if party is not None:
        transfers = transfers.filter(party=party)
    sign = 1 if account.category in DEBIT_CATEGORIES else -1
    opening = ZERO
    if since is not None:
        opening = sign * _net(transfers.filter(occurred_at__lt=since), code)
        transfers = transfers.filter(occurred_at__gte=since)
    if until is not None:
        transfers = transfers.filter(occurred_at__lt=until)
    rows = list(transfers.select_related("entry").order_by("occurred_at", "id")[: None if limit is None else limit + 1])
    lines = tuple(_running(rows[:limit], code, sign, opening))
    return AccountStatement(account, opening, lines, is_complete=len(lines) == len(rows))


def list_accounts_with_balance() -> QuerySet[Account]:
    """The whole chart; `balance` is positive on the side where the account's category normally stands."""
    net = _turnover("debit") - _turnover("credit")
    signed = Case(When(category__in=DEBIT_CATEGORIES, then=net), default=-net, output_field=MoneyField())
    return Account.objects.annotate(balance=signed).order_by("code", "id")


def _turnover(side: str) -> Coalesce:
    sums = Transfer.objects.filter(**{side: OuterRef("code")}).order_by().values(side).annotate(total=Sum("amount"))
    return Coalesce(Subquery(sums.values("total")), ZERO, output_field=MoneyField())


def get_available_cash() -> Decimal:
    """Return the sum of cash, bank and payment platforms: accounts 1001, 1002 and 1012."""
    liquid = (AccountCode.CASH, AccountCode.BANK, AccountCode.PLATFORM_CLEARING)
    came = Q(debit__in=liquid)
    went = Q(credit__in=liquid)
    sums: dict[str, Decimal | None] = Transfer.objects.filter(came | went).aggregate(
        came=Sum("amount", filter=came), went=Sum("amount", filter=went)
    )
    return (sums["came"] or ZERO) - (sums["went"] or ZERO)


def list_accounts() -> list[Account]:
    return list(Account.objects.order_by("code", "id"))


def get_entry_by_id(*, entry_id: int) -> LedgerEntry:
    """The entry with its transfers. Raises EntryNotFound."""
    entry = list_entries().filter(pk=entry_id).first()
    if entry is None:
        raise EntryNotFound
    return entry


def list_entries(*, source: str = "") -> QuerySet[LedgerEntry]:
    entries = LedgerEntry.objects.prefetch_related("transfers").order_by("-id")
    return entries.filter(source=source) if source else entries


def _net(transfers: QuerySet[Transfer], code: str) -> Decimal:
    signed = Case(When(debit=code, then=F("amount")), default=-F("amount"))
    sums: dict[str, Decimal | None] = transfers.aggregate(net=Sum(signed))
    return sums["net"] or ZERO


def _signed(transfer: Transfer, code: str) -> Decimal:
    amount: Decimal = transfer.amount
    return amount if transfer.debit_id == code else -amount


def _running(transfers: Sequence[Transfer], code: str, sign: int, opening: Decimal) -> Iterator[StatementLine]:
    balance = opening
    for transfer in transfers:
        on_debit = transfer.debit_id == code
        balance += sign * _signed(transfer, code)
        yield StatementLine(
            transfer_id=transfer.pk,
            occurred_at=transfer.occurred_at,
            source=transfer.entry.source,
            memo=transfer.entry.memo,
            contra=transfer.credit_id if on_debit else transfer.debit_id,
            party=transfer.party,
            debit=transfer.amount if on_debit else ZERO,
            credit=ZERO if on_debit else transfer.amount,
            balance=balance,
        )
