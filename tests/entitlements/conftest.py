"""Plans made up for a test."""

from collections.abc import Callable
from typing import Any

import pytest

from kernel.core import clock
from kernel.tenancy.context import current_brand
from shared_apps.entitlements.services import quotas
from shared_apps.tenants.selectors import forget_hosts
from shared_apps.tenants.services.entitlements import set_entitlements
from tests.factories.hands import console, console_as
from tests.factories.parallel import at_once
from tests.factories.trade import Shop, open_shop

__all__ = ["at_once", "console", "console_as", "shop"]

Allow = Callable[..., None]


@pytest.fixture
def allow() -> Allow:
    """Let the present brand do this from now on: `allow("api", staff=3)`; a quota left out has no limit."""

    def set_to(*features: str, **limits: int) -> None:
        wanted: dict[str, Any] = {"plan": "made-up", "features": list(features), "limits": limits}
        set_entitlements(brand_id=current_brand().pk, entitlements=wanted)
        quotas.recount_brand(now=clock.now())
        forget_hosts()  # which otherwise waits for a commit that never comes

    return set_to


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each, a service, agents Hua > Mei > Ling."""
    return open_shop()
