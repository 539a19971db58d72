"""Tests leave nothing to each other, and reach nobody outside this machine."""

import socket
import time

import pytest
from django.core.cache import cache
from django.urls import get_urlconf, set_urlconf
from django.utils import timezone, translation
from pytest_socket import SocketConnectBlockedError

from kernel.core import throttling
from kernel.tenancy import actors
from kernel.tenancy.context import is_public
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand
from tests.factories import fresh


@pytest.mark.django_db
def test_what_a_test_leaves_in_the_process_is_forgotten(brand: Brand) -> None:
    translation.activate("en")
    timezone.activate("America/Lima")
    set_urlconf("config.urls_public")
    actors.set_current_actor(actors.ANONYMOUS)
    cache.set("left", 1)
    for _ in range(3):
        throttling.take("left", "somebody", limit=100, window_seconds=3_600)
    throttling._pause_until = time.monotonic() + 60

    fresh.forget_process()

    assert translation.get_language() == "zh-hans"
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"
    assert get_urlconf() is None
    assert actors.current_actor() is actors.SYSTEM
    assert is_public()
    assert cache.get("left") is None
    left = throttling.take("left", "somebody", limit=100, window_seconds=3_600)
    assert left is not None
    assert left.remaining == 99
    assert not tenants._hosts


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_nobody_outside_is_reached(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as line, pytest.raises((SocketConnectBlockedError, UserWarning)):
        line.connect(address)
