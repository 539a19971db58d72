"""Fixtures this folder uses."""

import pytest

from tests.factories.hands import console, console_as
from tests.factories.trade import Shop, open_shop

__all__ = ["console", "console_as", "shop"]


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()
