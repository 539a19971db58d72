"""Accounts, and entries made of transfers between two accounts: each transfer is balanced by construction."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField
from kernel.database.append_only import AppendOnly
from tenant_apps.finance.states import Category


class Account(models.Model):
    """One account of the chart, told by its code."""

    code = models.CharField(_("code"), max_length=20)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)
    category = models.CharField(_("category"), max_length=10, choices=Category)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["code"], name="finance_account_code_unique")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class LedgerEntry(AppendOnly):
    """One posting. `source` says what caused it and is unique, so that nothing is ever posted twice."""

    source = models.CharField(_("source"), max_length=120)
    occurred_at = models.DateTimeField(_("occurred at"))
    business_date = models.DateField(_("business date"))
    memo = models.CharField(_("memo"), max_length=200, blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["source"], name="finance_entry_source_unique")]

    def __str__(self) -> str:
        return self.source


class Transfer(AppendOnly):
    """An amount that leaves one account (credit) for another (debit).

    The accounts are referred to by their codes, so that posting needs no look-up and a balance needs no join;
    `occurred_at` repeats the entry's for the same reason.
    """

    entry = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, related_name="transfers", db_index=False, verbose_name=_("entry")
    )
    line_no = models.SmallIntegerField(_("line"))
    debit = models.ForeignKey(
        Account, models.PROTECT, related_name="+", to_field="code", db_index=False, verbose_name=_("debit")
    )
    credit = models.ForeignKey(
        Account, models.PROTECT, related_name="+", to_field="code", db_index=False, verbose_name=_("credit")
    )
    amount = MoneyField(_("amount"))
    party = models.CharField(_("party"), max_length=60, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "line_no"], name="finance_transfer_line_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_transfer_amount_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="finance_transfer_two_accounts"),
        ]
        indexes = [
            models.Index(fields=["debit", "occurred_at"], name="finance_transfer_debit"),
            models.Index(fields=["credit", "occurred_at"], name="finance_transfer_credit"),
            models.Index(fields=["party"], condition=~Q(party=""), name="finance_transfer_party"),
        ]

    def __str__(self) -> str:
        return f"{self.debit_id} ← {self.credit_id} {self.amount}"
