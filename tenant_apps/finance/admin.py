"""Read the ledger in the brand console; nothing is written by forms."""

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import money
from console.exports import ExportsList
from console.sites import brand_site
from tenant_apps.finance import selectors
from tenant_apps.finance.models import Account, LedgerEntry, Transfer


class TransferInline(ReadOnlyInline[Transfer, LedgerEntry]):
    model = Transfer
    ordering = ("line_no",)
    fields = ("line_no", "debit", "credit", "amount", "party")


@admin.register(LedgerEntry, site=brand_site)
class LedgerEntryAdmin(ExportsList[LedgerEntry], BrandModelAdmin[LedgerEntry]):
    view_permission = "finance.view"
    list_display = ("occurred_at", "source", "memo", money("amount", _("Amount")))
    list_filter = ("occurred_at",)
    search_fields = ("source__startswith", "memo")
    inlines = (TransferInline,)

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
