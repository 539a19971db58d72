"""Kinds of account, and the accounts the brand's trade posts to."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """Kind of account; it decides on which side a balance normally stands."""

    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    EQUITY = "equity", _("Equity")
    COST = "cost", _("Production cost")
    INCOME = "income", _("Income")
    EXPENSE = "expense", _("Expense")


DEBIT_CATEGORIES = frozenset({Category.ASSET, Category.COST, Category.EXPENSE})
"""Accounts whose balance grows by debits; the others grow by credits."""


class AccountCode(StrEnum):
    """Codes of the chart of accounts for small businesses (小企业会计准则) that the program itself posts to."""

    CASH = "1001"
    BANK = "1002"
    PLATFORM_CLEARING = "1012"
    RECEIVABLES = "1122"
    GOODS = "1405"
    PENDING_DIFFERENCES = "1901"
    PAYABLES = "2202"
    ADVANCES = "2203"
    TAXES_PAYABLE = "2221"
    OTHER_PAYABLES = "2241"
    CAPITAL = "3001"
    RETAINED_EARNINGS = "3104"
    REVENUE = "5001"
    OTHER_INCOME = "5301"
    COST_OF_GOODS = "5401"
    SELLING_EXPENSE = "5601"
    OTHER_EXPENSE = "5711"
