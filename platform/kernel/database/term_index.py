"""Find rows by an array of terms, which `kernel.china.search_terms` makes, with a GIN index on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from kernel.china.search_terms import Word

# Entries that wait to be sorted into the index: each search reads all of them, and the write that fills them waits.
PENDING_KILOBYTES = 256


ModelT = TypeVar("ModelT", bound=models.Model)


class AnyLike(Lookup[bool]):
    """True where one of the array's texts is like one of the patterns."""

    lookup_name = "any_like"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        array, first = self.process_lhs(compiler, connection)
        patterns, second = self.process_rhs(compiler, connection)
        found = ("EXISTS (SELECT 1 FROM unnest(", array, ") AS term WHERE term LIKE ANY (", patterns, "))")
        return "".join(found), (*first, *second)


ArrayField.register_lookup(AnyLike)


if TYPE_CHECKING:
    _Array = ArrayField[list[str], list[str]]
else:  # Django's fields are generic in their stubs only
    _Array = ArrayField


class Termed(Protocol):
    """A row that says what it is found by."""

    def make_terms(self) -> set[str]: ...


class OwnTermsField(_Array):
    """Terms that the row makes of itself whenever the field is saved; those that are not filled yet are empty."""

    def pre_save(self, model_instance: models.Model, add: bool) -> list[str]:
        terms = sorted(cast(Termed, model_instance).make_terms())
        setattr(model_instance, self.attname, terms)
        return terms


def index_rows(rows: QuerySet[ModelT], *, limit: int) -> int:
    """Fill the terms of at most `limit` rows that an older release wrote, and return how many they were.

    Needs a transaction.
    """
    unknown = list(rows.order_by("pk").select_for_update(no_key=True)[:limit])
    names = own_terms_of(rows.model)
    for row in unknown:
        for name in names:
            setattr(row, name, sorted(cast(Termed, row).make_terms()))
    rows.model._base_manager.bulk_update(unknown, names, batch_size=200)
    return len(unknown)


def own_terms_of(model: type[models.Model]) -> list[str]:
    """Return the names of the fields that the model's rows fill by themselves."""
    return [field.name for field in model._meta.local_fields if isinstance(field, OwnTermsField)]


def own_terms_field() -> OwnTermsField:
    return OwnTermsField(models.TextField(), default=list, db_default=[], editable=False)


def terms_field() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.TextField(), default=list, db_default=[], editable=False)


def terms_index(name: str, *, field: str = "terms") -> GinIndex:
    return GinIndex(fields=[field], name=name, gin_pending_list_limit=PENDING_KILOBYTES)


def matches(words: Sequence[Word], *, field: str = "terms") -> Q:
    """Condition on rows with terms that hold every word."""
    condition = Q()
    for word in words:
        condition &= Q(**{f"{field}__overlap": word.keys})
        if word.near:
            # The terms above lead to the rows, and these decide.
            patterns = sorted({one.like for one in word.near})
            exact = sorted(word.exact)
            condition &= Q(**{f"{field}__overlap": exact}) | Q(**{f"{field}__any_like": patterns})
    return condition
