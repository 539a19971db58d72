"""Post to the ledger. Entries are never changed; a mistake is answered by a reversal."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock, money
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.names import foreign_key_name
from tenant_apps.finance import selectors
from tenant_apps.finance.models import Account, LedgerEntry, Transfer
from tenant_apps.finance.rules import NewTransfer, fingerprint

__all__ = ["NewTransfer", "post_entry", "post_manual_entry", "reverse_entry", "reverse_manual_entry"]

INSERT_ENTRY = """
    INSERT INTO finance_ledgerentry (source, occurred_at, business_date, memo, fingerprint)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (source) DO NOTHING
    RETURNING id
"""
INSERT_TRANSFERS = """
    INSERT INTO finance_transfer (entry_id, line_no, debit_id, credit_id, amount, party, occurred_at) VALUES
"""


class SourceAlreadyPosted(Conflict):
    code = "source_already_posted"
    title = _("This source was already posted with other amounts")


class UnknownAccount(Invalid):
    code = "unknown_account"
    title = _("No such account in the chart of accounts")


class InvalidTransfer(Invalid):
    code = "invalid_transfer"
    title = _("A transfer needs a positive amount and two different accounts")


class NotManual(Conflict):
    code = "not_manual"
    title = _("Only entries posted by hand are reversed by hand")


@transaction.atomic(savepoint=False)
def post_entry(*, source: str, occurred_at: datetime, memo: str, transfers: Sequence[NewTransfer]) -> LedgerEntry:
    """Post `transfers` (CNY, two places) under `source`, in two statements and without a savepoint of its own.

    The same source again returns the first entry and posts nothing. Raises SourceAlreadyPosted when it moved other
    money, InvalidTransfer, UnknownAccount.
    """
    _refuse_invalid(source, transfers)
    entry = LedgerEntry(
        source=source,
        occurred_at=occurred_at,
        business_date=clock.business_date(occurred_at),
        memo=memo[:200],
        fingerprint=fingerprint(transfers),
    )
    values = (entry.source, entry.occurred_at, entry.business_date, entry.memo, entry.fingerprint)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ENTRY, values)
        row = cursor.fetchone()
        if row is None:
            return _first_entry(source, entry.fingerprint)
        entry.pk = row[0]
        entry._state.adding = False
        parameters: list[int | str | Decimal | datetime] = []
        for line_no, transfer in enumerate(transfers, start=1):
            amount = money.round_money(transfer.amount)
            parameters += [entry.pk, line_no, transfer.debit, transfer.credit, amount, transfer.party, occurred_at]
        rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(transfers))
        refusals = {
            foreign_key_name("finance_transfer", "debit_id"): lambda: UnknownAccount(field="debit"),
            foreign_key_name("finance_transfer", "credit_id"): lambda: UnknownAccount(field="credit"),
        }
        with refine_integrity_error(refusals):
            cursor.execute(INSERT_TRANSFERS + rows, parameters)
    return entry


@transaction.atomic(savepoint=False)
def reverse_entry(*, source: str, reversal_source: str, occurred_at: datetime, memo: str) -> LedgerEntry:
    """Post the opposite of the entry `source` under `reversal_source`. Raises EntryNotFound."""
    lines = list(Transfer.objects.filter(entry__source=source).order_by("line_no"))
    if not lines:
        raise selectors.EntryNotFound(field="source")
    opposite = [NewTransfer(line.credit_id, line.debit_id, line.amount, line.party) for line in lines]
    return post_entry(source=reversal_source, occurred_at=occurred_at, memo=memo, transfers=opposite)


@transaction.atomic
def post_manual_entry(
    *, reference: str, occurred_at: datetime, memo: str, transfers: Sequence[NewTransfer]
) -> LedgerEntry:
    """Post what somebody decided by hand, under the voucher number `reference`; audited. Raises as post_entry."""
    _ensure_accounts_exist(transfers)
    entry = post_entry(source=f"manual:{reference}", occurred_at=occurred_at, memo=memo, transfers=transfers)
    # A voucher number stands for one voucher: the same money on another day or for another reason is another one.
    if (entry.memo, entry.business_date) != (memo[:200], clock.business_date(occurred_at)):
        raise SourceAlreadyPosted(field="reference")
    after = {"source": entry.source, "transfers": [asdict(transfer) for transfer in transfers]}
    audit.record(action="finance.post", subject=f"ledger_entry:{entry.pk}", after=after)
    return entry


@transaction.atomic
def reverse_manual_entry(*, entry_id: int, now: datetime) -> LedgerEntry:
    """Post the opposite of an entry made by hand, once; audited. Raises EntryNotFound, NotManual."""
    first = selectors.get_entry_by_id(entry_id=entry_id)
    if not first.source.startswith("manual:") or first.source.endswith(":reversal"):
        raise NotManual
    memo = _("Reversal of %(source)s") % {"source": first.source}
    entry = reverse_entry(source=first.source, reversal_source=f"{first.source}:reversal", occurred_at=now, memo=memo)
    audit.record(action="finance.reverse", subject=f"ledger_entry:{entry.pk}", after={"reverses": first.source})
    return entry


def _ensure_accounts_exist(transfers: Sequence[NewTransfer]) -> None:
    """Name each code that the chart does not have. The foreign keys would only say that one of them is missing."""
    codes = {code for transfer in transfers for code in (transfer.debit, transfer.credit)}
    known = set(Account.objects.filter(code__in=codes).values_list("code", flat=True))
    errors = [
        FieldError(f"transfers.{index}.{side}", UnknownAccount.code, UnknownAccount.title)
        for index, transfer in enumerate(transfers)
        for side in ("debit", "credit")
        if getattr(transfer, side) not in known
    ]
    if errors:
        raise UnknownAccount(errors=errors)


def _refuse_invalid(source: str, transfers: Sequence[NewTransfer]) -> None:
    if not 0 < len(source) <= 120:
        raise InvalidTransfer(_("A source has 1 to 120 characters"), field="source")
    if not transfers:
        raise InvalidTransfer(_("An entry needs at least one transfer"), field="transfers")
    errors = [
        FieldError(f"transfers.{index}", InvalidTransfer.code, InvalidTransfer.title)
        for index, transfer in enumerate(transfers)
        if money.round_money(transfer.amount) <= 0 or transfer.debit == transfer.credit
    ]
    if errors:
        raise InvalidTransfer(errors=errors)


def _first_entry(source: str, wanted: str) -> LedgerEntry:
    first = LedgerEntry.objects.get(source=source)
    if first.fingerprint != wanted:
        raise SourceAlreadyPosted(field="source")
    return first
