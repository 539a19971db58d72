"""A person at a browser, who notices errors in the console, refused resources and pages that scroll sideways."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

WIDE = (1280, 900)
PHONE = (390, 844)
LANGUAGES = {"zh-hans": "zh-CN", "en": "en-GB"}
# How long a page may keep us waiting before we call it hung. No measure of speed: that is `make bench`.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visitor:
    """`page` is the one open page; `complaints` is everything that went wrong in it so far."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arrive(
        cls, browser: Browser, *, size: tuple[int, int] = WIDE, language: str = "zh-hans", **options: Any
    ) -> "Visitor":
        """Open a fresh browser window: nothing remembered, the language asked for by its headers."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=LANGUAGES[language], **options
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = cls(context, context.new_page())
        visitor.page.on("console", visitor._hear)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(f"script error: {error}"))
        visitor.page.on("response", visitor._look)
        return visitor

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")

    def _look(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def go(self, address: str) -> None:
        """Open an address and wait until the page is complete."""
        self.page.goto(address, wait_until="load")
        self.check_width()

    def check_width(self) -> None:
        """Note a page that scrolls sideways."""
        wanted = self.page.viewport_size
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if wanted is not None and width > wanted["width"]:
            self.complaints.append(f"{self.page.url} is {width} px wide, the window {wanted['width']}")

    def words(self) -> str:
        """The text one can see."""
        return str(self.page.inner_text("body"))
