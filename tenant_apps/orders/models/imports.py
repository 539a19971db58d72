"""Imports: what a channel's files look like, and what became of each file."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportMode(models.TextChoices):
    """HISTORY: orders of the past, finished, neutral to stock and commissions. LIVE: orders still to be fulfilled."""

    HISTORY = "history", _("History (finished orders, stock unchanged)")
    LIVE = "live", _("New orders (reserve stock, pay agents)")


class ImportState(models.TextChoices):
    """uploaded → checking → checked → committing → committed; failed can be checked again; checked can be cancelled."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    COMMITTING = "committing", _("Importing")
    COMMITTED = "committed", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


RUNNING = frozenset({ImportState.CHECKING, ImportState.COMMITTING})
"""A worker is at it, or should be."""


class ImportReason(models.TextChoices):
    """Reason for which a line of a file did not become an order line."""

    EMPTY_ROW = "empty_row", _("The row is empty")
    MISSING_COLUMNS = "missing_columns", _("The row has fewer columns than the heading")
    BROKEN_QUOTES = "broken_quotes", _("A quotation mark is not closed")
    NUL_CHARACTER = "nul_character", _("The row holds a NUL character")
    UNDECODABLE = "undecodable", _("The row holds bytes that are no characters")
    BAD_ORDER_NUMBER = "bad_order_number", _("The order number is missing or longer than 64 characters")
    BAD_SKU = "bad_sku", _("The SKU is missing or longer than 64 characters")
    BAD_QUANTITY = "bad_quantity", _("The quantity is not a whole number")
    ZERO_QUANTITY = "zero_quantity", _("The quantity is zero")
    QUANTITY_OUT_OF_RANGE = "quantity_out_of_range", _("The quantity is above 1,000,000")
    NEGATIVE_QUANTITY = "negative_quantity", _("The quantity is negative on an order that is no return")
    RETURN_WITH_POSITIVE_QUANTITY = "return_with_positive_quantity", _("A return has a positive quantity")
    BAD_PRICE = "bad_price", _("The unit price is not a number with four decimals at most")
    NEGATIVE_PRICE = "negative_price", _("The unit price is negative")
    BAD_DATE = "bad_date", _("The date cannot be read")
    BAD_PHONE = "bad_phone", _("The phone number is not valid")
    STOCK_CORRECTION = "stock_correction", _("No price and no customer: a stock correction, not a sale")
    BAD_DEBT_ADJUSTMENT = "bad_debt_adjustment", _("Bookkeeping of bad debt, not an order")
    ALREADY_IMPORTED = "already_imported", _("The order was imported before")
    ORDER_REFUSED = "order_refused", _("The order was refused")


class ImportProfile(models.Model):
    """The column mapping and the rules of one channel's files, remembered from the last import."""

    channel = models.OneToOneField("orders.Channel", on_delete=models.CASCADE, related_name="import_profile")
    mapping = models.JSONField(_("column mapping"), default=dict)
    options = models.JSONField(_("rules"), default=dict)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")

    def __str__(self) -> str:
        return str(self.channel)


class ImportJob(models.Model):
    """One uploaded file, from upload through the dry run to the committed orders."""

    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="import_jobs", db_index=False)
    mode = models.CharField(_("mode"), max_length=16, choices=ImportMode, default=ImportMode.HISTORY)
    state = models.CharField(_("state"), max_length=16, choices=ImportState, default=ImportState.UPLOADED)
    file_name = models.CharField(_("file"), max_length=200)
    stored_as = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    mapping = models.JSONField(_("column mapping"), default=dict)
    options = models.JSONField(_("rules"), default=dict)
    total_lines = models.IntegerField(_("lines"), default=0)
    imported_lines = models.IntegerField(_("imported lines"), default=0)
    refused_lines = models.IntegerField(_("lines not imported"), default=0)
    order_count = models.IntegerField(_("orders"), default=0)
    sales_amount = models.DecimalField(_("sales"), max_digits=16, decimal_places=2, default=0)
    returns_amount = models.DecimalField(_("returns"), max_digits=16, decimal_places=2, default=0)
    exact_amount = models.DecimalField(_("quantity × price"), max_digits=20, decimal_places=4, default=0)
    reasons = models.JSONField(_("reasons"), default=dict)
    issues_stored_as = models.CharField(max_length=200, default="", blank=True)
    plan_stored_as = models.CharField(max_length=200, default="", blank=True)
    message = models.TextField(_("message"), default="", blank=True)
    created_by = models.CharField(_("created by"), max_length=200, default="", blank=True)
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                name="orders_import_every_line_accounted_for",
                condition=~models.Q(state=ImportState.COMMITTED)
                | models.Q(total_lines=models.F("imported_lines") + models.F("refused_lines")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"
