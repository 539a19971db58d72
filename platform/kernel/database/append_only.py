"""Base of tables whose rows are written once: journals, ledgers, histories. A correction is a new row.

The check is in Python because a brand's schema has no triggers; raw SQL bypasses it.
"""

from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class AppendOnlyViolation(RuntimeError):
    """Attempt to change or delete an append-only row: a programming error."""


class AppendOnlyQuerySet(models.QuerySet[ModelT]):
    """A queryset that reads and inserts only."""

    def update(self, **kwargs: object) -> NoReturn:
        raise AppendOnlyViolation(f"{self.model.__name__} is append-only: update() refused")

    def delete(self) -> NoReturn:
        raise AppendOnlyViolation(f"{self.model.__name__} is append-only: delete() refused")

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise AppendOnlyViolation(f"{self.model.__name__} is append-only: delete() refused")

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise AppendOnlyViolation(f"{self.model.__name__} is append-only: bulk_update() refused")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        if kwargs.get("update_conflicts"):
            raise AppendOnlyViolation(f"{self.model.__name__} is append-only: update_conflicts refused")
        return super().bulk_create(objs, *args, **kwargs)

    def update_or_create(self, *args: object, **kwargs: object) -> NoReturn:
        raise AppendOnlyViolation(f"{self.model.__name__} is append-only: update_or_create() refused")


class AppendOnlyManager(models.Manager[ModelT]):
    """Manager of such querysets, spelt out since mypy cannot type a generic queryset's `as_manager()`."""

    def get_queryset(self) -> AppendOnlyQuerySet[ModelT]:
        return AppendOnlyQuerySet(self.model, using=self._db)


class AppendOnly(models.Model):
    """Base of models whose rows never change.

    Foreign keys to such a model must be PROTECT: a cascade would delete history.
    """

    objects = AppendOnlyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises AppendOnlyViolation if it exists."""
        if not self._state.adding:
            raise AppendOnlyViolation(f"{type(self).__name__} is append-only: save() of an existing row refused")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise AppendOnlyViolation(f"{type(self).__name__} is append-only: delete() refused")
