"""Every test of orders starts in an open shop; some do several things at once."""

import pytest

from tests.factories.hands import console_as
from tests.factories.parallel import at_once
from tests.factories.trade import Shop, open_shop

__all__ = ["at_once", "console_as", "shop"]


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each, a service, agents Hua > Mei > Ling."""
    return open_shop()
