"""A browser and a house to visit, once per module; skipped with the reason where no Chromium is installed."""

import os
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from tests.browser.house import CHROMIUM_ARGUMENTS, DEMO_PASSWORD, House, find_chromium, remove_prepared


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the path of Chromium."""
    path: str | None = find_chromium()
    if path is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium), and CHROMIUM names none")
    return path


@pytest.fixture(scope="session", autouse=True)
def _prepared_houses(django_db_setup: None) -> Iterator[None]:
    """Remove what houses were copied from, before the roles of their brands are dropped."""
    yield
    remove_prepared()


@pytest.fixture(scope="module")
def house(chromium: str) -> Iterator[House]:
    """Banyan with real web server, worker, database and broker."""
    parameters = connections["default"].get_connection_params()
    with House(server=parameters) as house:
        yield house


@pytest.fixture(scope="module")
def demo_house(chromium: str) -> Iterator[House]:
    """The same with the demo brand in it: its goods, prices, agents, customers and orders."""
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    with House(server=connections["default"].get_connection_params(), demo_password=DEMO_PASSWORD) as house:
        yield house


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Headless Chromium. It is closed with the module: while it runs, the thread's event loop refuses Django's ORM."""
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    with sync_playwright() as playwright:
        chromium_browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield chromium_browser
        chromium_browser.close()
