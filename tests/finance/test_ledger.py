"""The ledger: posting once, never out of balance, never changed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kernel.database.append_only import AppendOnlyViolation
from tenant_apps.finance import selectors, services
from tenant_apps.finance.models import Account, LedgerEntry, Transfer
from tenant_apps.finance.services import NewTransfer
from tenant_apps.finance.states import AccountCode
from tests.factories.chance import examples

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


def post(source: str = "test:1", amount: str = "12.30", party: str = "") -> LedgerEntry:
    return services.post_entry(
        source=source,
        occurred_at=NOON,
        memo="memo",
        transfers=[NewTransfer(AccountCode.BANK, AccountCode.REVENUE, Decimal(amount), party)],
    )


def test_the_chart_is_seeded_with_every_account_the_program_posts_to() -> None:
    codes = set(Account.objects.values_list("code", flat=True))
    assert len(codes) == 66
    assert {code.value for code in AccountCode} <= codes


def test_posting_takes_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        post()


def test_the_same_source_again_returns_the_first_entry_and_posts_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first = post()
    with django_assert_num_queries(2):
        second = post()
    assert second.pk == first.pk
    assert Transfer.objects.count() == 1


def test_other_money_under_the_same_source_is_a_conflict() -> None:
    post()
    with pytest.raises(services.SourceAlreadyPosted), transaction.atomic():
        post(amount="12.31")
    assert Transfer.objects.get().amount == Decimal("12.30")


def test_the_business_date_is_the_brands_day() -> None:
    entry = services.post_entry(
        source="late",
        occurred_at=datetime(2026, 11, 21, 17, tzinfo=UTC),
        memo="",
        transfers=[NewTransfer("1002", "5001", Decimal(1))],
    )
    assert entry.business_date.isoformat() == "2026-11-22"


@pytest.mark.parametrize("amount", ["0", "-1", "0.004"])
def test_a_transfer_moves_a_positive_amount(amount: str) -> None:
    with pytest.raises(services.InvalidTransfer) as refusal, transaction.atomic():
        post(amount=amount)
    assert refusal.value.errors[0].field == "transfers.0"


def test_a_transfer_needs_two_accounts() -> None:
    with pytest.raises(services.InvalidTransfer), transaction.atomic():
        services.post_entry(source="x", occurred_at=NOON, memo="", transfers=[NewTransfer("1002", "1002", Decimal(1))])


def test_an_entry_needs_a_transfer_and_a_source() -> None:
    with pytest.raises(services.InvalidTransfer), transaction.atomic():
        services.post_entry(source="x", occurred_at=NOON, memo="", transfers=[])
    with pytest.raises(services.InvalidTransfer), transaction.atomic():
        post(source="")
    with pytest.raises(services.InvalidTransfer), transaction.atomic():
        post(source="x" * 121)


@pytest.mark.parametrize(("debit", "credit", "field"), [("9999", "5001", "debit"), ("1002", "9999", "credit")])
def test_an_unknown_account_is_named(debit: str, credit: str, field: str) -> None:
    with pytest.raises(services.UnknownAccount) as refusal, transaction.atomic():
        services.post_entry(source="x", occurred_at=NOON, memo="", transfers=[NewTransfer(debit, credit, Decimal(1))])
    assert refusal.value.errors[0].field == field
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("1, '1002', '5001', 0", "finance_transfer_amount_positive"),
        ("1, '1002', '5001', -5", "finance_transfer_amount_positive"),
        ("1, '1002', '1002', 5", "finance_transfer_two_accounts"),
        ("0, '1002', '5001', 5", "finance_transfer_line_unique"),
    ],
)
def test_the_database_refuses_by_itself(values: str, constraint: str) -> None:
    entry = post(source="raw")
    Transfer.objects.filter(entry=entry).get()
    line = (
        values.replace("0, '1002', '5001', 5", "1, '1002', '5001', 5") if values.startswith("0") else f"2{values[1:]}"
    )
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO finance_transfer (entry_id, line_no, debit_id, credit_id, amount, party, occurred_at)"
            f" VALUES (%s, {line}, '', now())",
            [entry.pk],
        )


def test_entries_are_never_changed_or_deleted() -> None:
    entry = post()
    with pytest.raises(AppendOnlyViolation):
        LedgerEntry.objects.filter(pk=entry.pk).update(memo="other")
    with pytest.raises(AppendOnlyViolation):
        Transfer.objects.all().delete()
    with pytest.raises(AppendOnlyViolation):
        entry.save()


def test_a_reversal_brings_every_balance_back_to_zero() -> None:
    post()
    services.reverse_entry(source="test:1", reversal_source="test:1:back", occurred_at=NOON, memo="")
    assert all(row.balance == 0 for row in selectors.trial_balance().rows)
    with pytest.raises(selectors.EntryNotFound), transaction.atomic():
        services.reverse_entry(source="nothing", reversal_source="y", occurred_at=NOON, memo="")


def test_the_trial_balance_shows_balances_on_the_normal_side() -> None:
    post(amount="100.00")
    services.post_entry(
        source="cost", occurred_at=NOON, memo="", transfers=[NewTransfer("5401", "1405", Decimal("30.00"))]
    )
    balance = selectors.trial_balance()
    assert balance.difference == 0
    assert balance.balance_of("1002") == Decimal("100.00")
    assert balance.balance_of("5001") == Decimal("100.00")
    assert balance.balance_of("5401") == Decimal("30.00")
    assert balance.balance_of("1405") == Decimal("-30.00")
    assert balance.balance_of("2202") == 0
    assert selectors.trial_balance(as_of=NOON).rows == ()


def test_a_statement_runs_from_opening_to_closing() -> None:
    for day in range(1, 6):
        services.post_entry(
            source=f"day:{day}",
            occurred_at=datetime(2026, 11, day, tzinfo=UTC),
            memo="",
            transfers=[NewTransfer("1002", "2241", Decimal(day), party=f"agent:{day % 2}")],
        )
    statement = selectors.account_statement(
        code="2241", since=datetime(2026, 11, 2, tzinfo=UTC), until=datetime(2026, 11, 5, tzinfo=UTC)
    )
    assert statement.opening == Decimal("1.00")
    assert [line.balance for line in statement.lines] == [Decimal(3), Decimal(6), Decimal(10)]
    assert statement.closing == Decimal("10.00")
    assert [line.contra for line in statement.lines] == ["1002"] * 3
    of_one = selectors.account_statement(code="2241", party="agent:1")
    assert of_one.closing == Decimal(9)
    cut = selectors.account_statement(code="1002", limit=2)
    assert not cut.is_complete
    assert len(cut.lines) == 2
    with pytest.raises(selectors.AccountNotFound):
        selectors.account_statement(code="nope")


@settings(max_examples=examples(25))
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(list(AccountCode)),
            st.sampled_from(list(AccountCode)),
            st.decimals(min_value="0.01", max_value="99999999.99", places=2),
        ).filter(lambda move: move[0] != move[1]),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_posted_the_books_balance(moves: list[tuple[str, str, Decimal]]) -> None:
    with transaction.atomic():
        for number, (debit, credit, amount) in enumerate(moves):
            services.post_entry(
                source=f"h:{number}", occurred_at=NOON, memo="", transfers=[NewTransfer(debit, credit, amount)]
            )
        balance = selectors.trial_balance()
        assert balance.difference == 0
        assert sum(row.debits for row in balance.rows) == sum(amount for _debit, _credit, amount in moves)
        transaction.set_rollback(True)
