"""Addresses in the settings survive being taken apart and put together."""

import pytest

from config.settings.parts.celery import broker_url
from config.settings.parts.database import parse
from config.settings.parts.redis import in_database


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/7"),
        ("redis://:secret@host:6379", "redis://:secret@host:6379/7"),
        ("unix:///run/house/redis.sock?db=0", "unix:///run/house/redis.sock?db=7"),
    ],
)
def test_another_database_of_the_same_redis(url: str, other: str) -> None:
    assert in_database(url, 7) == other


def test_a_socket_in_the_form_of_the_broker() -> None:
    assert broker_url("unix:///run/house/redis.sock?db=3") == "redis+socket:///run/house/redis.sock?virtual_host=3"
    assert broker_url("redis://host:6379/3") == "redis://host:6379/3"


def test_a_database_behind_a_socket() -> None:
    found = parse("postgresql://postgres@/banyan?host=/run/house&port=5432")
    assert (found["HOST"], found["PORT"], found["NAME"], found["USER"]) == ("/run/house", "5432", "banyan", "postgres")
