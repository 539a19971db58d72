"""Read the ledger in the brand console; nothing is written by forms."""

from collections.abc import Mapping
from typing import Final

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import money
from console.exports import ExportsList
from console.sites import brand_site
from kernel.core.errors import Text
from tenant_apps.finance import selectors
from tenant_apps.finance.models import Account, LedgerEntry, Transfer

# What the first word of an entry's source means.
_ABOUT: Final[Mapping[str, Text]] = {
    "commission": _("Commission"),
    "deposit": _("Deposit"),
    "import": _("Import"),
    "invoice": _("Invoice"),
    "manual": pgettext_lazy("ledger", "By hand"),
    "order": _("Order"),
    "adjustment": _("Stock"),
    "opening": _("Stock"),
    "receipt": _("Stock"),
}


class TransferInline(ReadOnlyInline[Transfer, LedgerEntry]):
    model = Transfer
    ordering = ("line_no",)
    fields = ("line_no", "debit", "credit", "amount", "party")


@admin.register(LedgerEntry, site=brand_site)
class LedgerEntryAdmin(ExportsList[LedgerEntry], BrandModelAdmin[LedgerEntry]):
    view_permission = "finance.view"
    list_display = ("occurred_at", "about", "memo", money("amount", _("Amount")))
    list_filter = ("occurred_at",)
    search_fields = ("source__startswith", "memo")
    inlines = (TransferInline,)

    @admin.display(description=_("source"), ordering="source")
    def about(self, entry: LedgerEntry) -> Text:
        """Name the kind of business; which order or payout it was stands in the memo."""
        return _ABOUT.get(entry.source.partition(":")[0], entry.source)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        return super().get_queryset(request).annotate(amount=Sum("transfers__amount"))


@admin.register(Account, site=brand_site)
class AccountAdmin(ExportsList[Account], BrandModelAdmin[Account]):
    view_permission = "finance.view"
    list_display = ("code", "name", "category", money("balance", _("Balance")))
    list_filter = ("category",)
    search_fields = ("code__startswith", "name_zh", "name_en__icontains")
    list_per_page = 100
    ordering = ("code",)

    @admin.display(description=_("Name"))
    def name(self, account: Account) -> str:
        return account.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        return selectors.list_accounts_with_balance()
