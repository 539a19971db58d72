"""Payment from a company's bank account (对公转账)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from console.money import format_money
from shared_apps.billing.selectors import plans
from shared_apps.billing.views.facts import Fact

SUPPORT_PAGE = "support:home"


@dataclass(frozen=True)
class Transfer:
    """Account, remark and amount of a transfer."""

    account: Sequence[Fact]
    remark: str
    prices: Sequence[Fact]
    support_link: str


def how_to_transfer(brand: Any) -> Transfer:
    """The account of the settings, if there is one; the brand's remark; what a year of each plan costs."""
    details = settings.BANK_TRANSFER_DETAILS
    known = [
        Fact(gettext("Account name"), details["account_name"]),
        Fact(gettext("Bank"), details["bank"]),
        Fact(gettext("Account number"), details["account_number"]),
    ]
    return Transfer(
        account=known if details["account_number"] else [],
        remark=f"BANYAN {brand.slug}",
        prices=[
            Fact(
                gettext("%(plan)s, one year") % {"plan": version.plan.name},
                format_money(version.price_year, version.currency, places=None),
            )
            for version in plans.list_offered_versions()
        ],
        support_link=support_link(),
    )


def support_link() -> str:
    """Return support's address, or nothing where support has no page."""
    try:
        return reverse(SUPPORT_PAGE)
    except NoReverseMatch:
        return ""
