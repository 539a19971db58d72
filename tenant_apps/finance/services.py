"""Posting to the ledger. Entries are never changed; a mistake is answered by a reversal."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock, money
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.integrity import refine_integrity_error
from tenant_apps.finance.models import LedgerEntry, Transfer
from tenant_apps.finance.rules import NewTransfer, fingerprint

__all__ = ["NewTransfer", "post_entry", "reverse_entry"]

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
    """The same source was posted before with other money."""

    code = "source_already_posted"
    title = _("This source was already posted with other amounts")


class UnknownAccount(Invalid):
    """A transfer names an account that the chart does not have."""

    code = "unknown_account"
    title = _("No such account in the chart of accounts")


class InvalidTransfer(Invalid):
    """A transfer moves nothing, or moves money from an account to itself."""

    code = "invalid_transfer"
    title = _("A transfer needs a positive amount and two different accounts")


class EntryNotFound(NotFound):
    """No entry has this source."""

    code = "entry_not_found"
    title = _("No such ledger entry")


@transaction.atomic(savepoint=False)
def post_entry(*, source: str, occurred_at: datetime, memo: str, transfers: Sequence[NewTransfer]) -> LedgerEntry:
    """Post `transfers` (CNY, two places) under `source`, in two statements.

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
        parameters: list[object] = []
        for line_no, transfer in enumerate(transfers, start=1):
            amount = money.round_money(transfer.amount)
            parameters += [entry.pk, line_no, transfer.debit, transfer.credit, amount, transfer.party, occurred_at]
        rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(transfers))
        refusals = {
            "finance_transfer_debit_id": UnknownAccount,
            "finance_transfer_credit_id": UnknownAccount,
        }
        with refine_integrity_error(refusals):
            cursor.execute(INSERT_TRANSFERS + rows, parameters)
    return entry


@transaction.atomic(savepoint=False)
def reverse_entry(*, source: str, reversal_source: str, occurred_at: datetime, memo: str) -> LedgerEntry:
    """Post the opposite of the entry `source` under `reversal_source`. Raises EntryNotFound."""
    lines = list(Transfer.objects.filter(entry__source=source).order_by("line_no"))
    if not lines:
        raise EntryNotFound(field="source")
    opposite = [NewTransfer(line.credit_id, line.debit_id, line.amount, line.party) for line in lines]
    return post_entry(source=reversal_source, occurred_at=occurred_at, memo=memo, transfers=opposite)


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
