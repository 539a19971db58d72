"""Committed brands that are dropped afterwards, and a wanted for one."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from kernel.tenancy.context import leave_brand, public_schema
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import provisioning
from shared_apps.tenants.services.provisioning import NewBrand

PASSWORD = "a long pass phrase"


@pytest.fixture(autouse=True)
def _fresh_hosts() -> Iterator[None]:
    """Forget hosts cached by the previous test."""
    selectors.forget_hosts()
    yield
    selectors.forget_hosts()


@pytest.fixture(autouse=True)
def _plenty(settings: Settings) -> None:
    """One address signs up many brands here."""
    settings.SIGNUPS_PER_HOUR_PER_IP = 1_000_000


@pytest.fixture
def wanted() -> Callable[..., NewBrand]:
    """A brand somebody might want; whatever is given replaces what is usual."""

    def make(**given: Any) -> NewBrand:
        word = f"brand{os.urandom(4).hex()}x"
        usual = {
            "name": "栖木生活",
            "slug": word,
            "owner_name": "林晓",
            "owner_email": f"{word}@example.com",
            "owner_phone": None,
            "password": PASSWORD,
            "accepts_terms": True,
        }
        return NewBrand(**{**usual, **given})

    return make


@pytest.fixture
def live(transactional_db: None, _schema: None, wanted: Callable[..., NewBrand]) -> Iterator[Callable[..., Brand]]:
    """Makes committed brands; they and all others the test made are dropped afterwards."""
    with public_schema():
        before = set(Brand.objects.values_list("id", flat=True))

    def make(**given: Any) -> Brand:
        return provisioning.found_brand(new=wanted(**given)).brand

    yield make
    leave_brand()
    for brand_id in Brand.objects.exclude(id__in=before).values_list("id", flat=True):
        provisioning.drop_brand(brand_id=brand_id)
