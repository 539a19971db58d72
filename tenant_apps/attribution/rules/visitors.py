"""Tell people who open a link from programs that look at it for them."""

import re
from collections.abc import Mapping
from typing import Final

# Browsers say so when they fetch a page before anybody asked for it (Purpose: Chrome, Safari; X-Moz: Firefox).
_PURPOSE_HEADERS: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_AHEAD: Final = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# Search engines, makers of link previews in chats, and libraries. Cubot makes phones.
_PROGRAM: Final = re.compile(
    r"(?<!cu)bot\b|bot[/;_-]|spider|crawl|slurp|preview|externalhit|facebookcatalog|whatsapp/|dingtalk-|"
    r"qq-url-manager|url ?checker|linkcheck|headless|lighthouse|curl/|wget/|python|java/|go-http|okhttp|libwww|"
    r"httpclient|apache-|axios/|node-fetch|undici|ruby|perl|php/|scrapy",
    re.IGNORECASE,
)


def is_visitor(headers: Mapping[str, str]) -> bool:
    """Return whether a person opens the page now, by the request's headers.

    A program that gives itself out for a browser, as some of WeChat's own look-ups do, counts as a person: nothing in
    a request tells it apart.
    """
    if any(_AHEAD.search(headers.get(name, "")) for name in _PURPOSE_HEADERS):
        return False
    browser = headers.get("User-Agent", "")
    return bool(browser.strip()) and not _PROGRAM.search(browser)
