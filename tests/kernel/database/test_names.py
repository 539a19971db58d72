"""Foreign keys' names: the same for the migration that makes one and the service that is refused by it."""

import pytest

from kernel.database.names import MAX_LENGTH, foreign_key_name


@pytest.mark.parametrize(
    ("table", "column", "name"),
    [
        ("orders_order", "channel_id", "orders_order_channel_id_fk"),
        ("a" * 41, "b" * 10, f"{'a' * 41}_{'b' * 10}_fk"),
        ("a" * 42, "b" * 10, f"{'a' * 42}__c298a438_fk"),
    ],
)
def test_foreign_keys_are_named_by_table_and_column(table: str, column: str, name: str) -> None:
    assert foreign_key_name(table, column) == name
    assert len(name) <= MAX_LENGTH


def test_long_names_that_begin_alike_differ() -> None:
    table = "a" * 50
    assert foreign_key_name(table, "owner_id") != foreign_key_name(table, "other_id")
