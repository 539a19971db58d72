"""Choices that must be made."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIterator, ModelChoiceIteratorValue

from console.dialogs import dress_field

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ALL: Final = "all"
AnyModel = TypeVar("AnyModel", bound=Model)
Choice = tuple[ModelChoiceIteratorValue | str, str]


class _WithAll(ModelChoiceIterator[AnyModel]):
    def __iter__(self) -> Iterator[Choice]:
        """Put the word for all rows behind the empty choice."""
        first, *rest = super().__iter__()
        everything = [(ALL, str(self.field.all_label))] if isinstance(self.field, OneOrAllField) else []
        yield from (first, *everything, *rest)


class OneOrAllField(forms.ModelChoiceField[AnyModel]):
    """One row, or None by a choice of its own that says all of them; a field that was left empty is refused."""

    iterator: type[ModelChoiceIterator[AnyModel]] = _WithAll

    def __init__(self, queryset: QuerySet[AnyModel], *, label: "_StrPromise", all_label: "_StrPromise") -> None:
        self.all_label = all_label
        super().__init__(queryset, label=label, required=True)
        dress_field(self)

    def clean(self, value: object) -> AnyModel | None:
        return None if value == ALL else super().clean(value)
