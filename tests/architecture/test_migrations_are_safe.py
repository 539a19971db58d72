"""Check `manage.py lint_migrations` beyond the general linter: unique constraints that old code could violate."""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from config.management.commands.lint_migrations import complaints

UNIQUE_CODE = models.UniqueConstraint(fields=["code"], name="shop_thing_code_unique")


def said_of(*operations: Operation) -> list[str]:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations)})
    return list(complaints(made("0002_more", "shop")))


def test_uniqueness_over_old_columns_is_refused() -> None:
    (complaint,) = said_of(migrations.AddConstraint("thing", UNIQUE_CODE))
    assert "shop_thing_code_unique" in complaint


def test_uniqueness_over_a_column_of_another_model_does_not_help() -> None:
    other = migrations.AddField("other", "code", models.CharField(max_length=9, null=True))
    assert len(said_of(other, migrations.AddConstraint("thing", UNIQUE_CODE))) == 1


def test_uniqueness_over_a_new_column_is_allowed() -> None:
    new = migrations.AddField("thing", "code", models.CharField(max_length=9, null=True))
    assert said_of(new, migrations.AddConstraint("thing", UNIQUE_CODE)) == []


def test_uniqueness_in_a_new_table_is_allowed() -> None:
    new = migrations.CreateModel("Thing", [("code", models.CharField(max_length=9))])
    assert said_of(new, migrations.AddConstraint("thing", UNIQUE_CODE)) == []
