"""A violated constraint is known by its name, also where a shard's number hangs on it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from kernel.core.errors import Conflict
from kernel.core.integrity import refine_integrity_error, violated_constraint
from kernel.models import NumberSeries


class SeriesTaken(Conflict):
    code = "series_taken"


def _error(message: str, pgcode: str = "23505") -> IntegrityError:
    cause = Exception(message)
    cause.pgcode = pgcode  # type: ignore[attr-defined]
    error = IntegrityError(message)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("message", "known"),
    [
        ('duplicate key value violates unique constraint "a_rule"', True),
        ('duplicate key value violates unique constraint "a_rule_102042"', True),
        ('duplicate key value violates unique constraint "a_rule_too"', False),
        ('duplicate key value violates unique constraint "not_a_rule"', False),
        ('duplicate key value violates unique constraint "other"\nDETAIL: Key (name)=(a_rule) already exists.', False),
    ],
)
def test_names_are_told_apart(message: str, known: bool) -> None:
    assert (violated_constraint(_error(message), {"a_rule": None}) == "a_rule") is known


def test_another_class_of_error_is_left_alone() -> None:
    assert violated_constraint(_error('"a_rule"', "40001"), {"a_rule": None}) is None


@pytest.mark.django_db
def test_the_database_s_refusal_becomes_the_domain_s() -> None:
    NumberSeries.objects.create(kind="SO", day=date(2026, 1, 1), last=1)
    with (
        pytest.raises(SeriesTaken) as refusal,
        refine_integrity_error({"kernel_numberseries_kind_day": SeriesTaken}),
        transaction.atomic(),
    ):
        NumberSeries.objects.create(kind="SO", day=date(2026, 1, 1), last=2)
    assert isinstance(refusal.value.__cause__, IntegrityError)
    assert NumberSeries.objects.get().last == 1


@pytest.mark.django_db
def test_other_constraints_pass_unchanged() -> None:
    with pytest.raises(IntegrityError), refine_integrity_error({"something_else": SeriesTaken}), transaction.atomic():
        NumberSeries.objects.create(kind="SO", day=date(2026, 1, 1), last=-1)
