"""Every test of orders starts in an open shop."""

import pytest

from tests.factories.trade import Shop, open_shop


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each, a service, agents Hua > Mei > Ling."""
    return open_shop()
