"""Sentences above every page of a console: the trial's end, a payment overdue, support that is visiting.

An app that has something to say registers a provider when it is ready:

    class BillingConfig(AppConfig):
        def ready(self) -> None:
            from console import banners
            from shared_apps.billing.views.notices import billing_banners

            banners.register(billing_banners)

A provider is asked once per page (never by the API), on both consoles: `tenancy.is_public()` tells which. It
costs a query at most, and returns what it has to say in the current language. A refusal of the database is not caught:
the page would fail by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.http import HttpRequest

from kernel.core.errors import Text

Severity = Literal["info", "warning", "danger"]
_WEIGHT: Final[dict[str, int]] = {"danger": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Meter:
    """Used share of something limited; both are counts of the same thing."""

    used: int
    limit: int

    @property
    def shown(self) -> int:
        """Length of the bar, never more than it can hold."""
        return min(self.used, self.limit)


@dataclass(frozen=True)
class Banner:
    """One sentence, with a way to do something about it. `icon` is a name of Material Symbols."""

    severity: Severity
    text: Text
    link: str = ""
    link_text: Text = ""
    icon: str = ""
    meter: Meter | None = None


Provider = Callable[[HttpRequest], Sequence[Banner]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Ask `provider` for banners on every page from here on; registering it again changes nothing."""
    if provider not in _providers:
        _providers.append(provider)


def collect(request: HttpRequest) -> list[Banner]:
    """Everything to be said on this page, the gravest first, otherwise in the order of registration."""
    said = [banner for provider in _providers for banner in provider(request)]
    return sorted(said, key=lambda banner: _WEIGHT[banner.severity])
