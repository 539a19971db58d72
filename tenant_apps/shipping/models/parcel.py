"""Table of parcels."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO, MoneyField
from tenant_apps.shipping.states import ON_THE_WAY, ParcelState


class Parcel(models.Model):
    """Goods that travel together for one source ("order:42"), with the receiver as at packing.

    `contents` are [{"line", "sku", "name", "quantity"}], of the source's lines. Parcels that share carrier and number
    are one box on its way.
    """

    source = models.CharField(_("source"), max_length=80)
    seq = models.SmallIntegerField(_("sequence"))
    state = models.CharField(_("state"), max_length=16, choices=ParcelState, default=ParcelState.ISSUED)
    carrier = models.CharField(_("carrier"), max_length=40, blank=True, default="", db_default="")
    carrier_code = models.CharField(_("carrier code"), max_length=16, blank=True, default="", db_default="")
    # Why this carrier: the rule that chose it, or nothing where a person did.
    carrier_reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")
    tracking_number = models.CharField(_("tracking number"), max_length=64, blank=True, default="", db_default="")
    contents = models.JSONField(_("contents"), default=list, db_default=[])
    receiver = models.JSONField(_("receiver"), default=dict, db_default={})
    # The number of the source's document, and what its buyer asked for, as labels print them.
    reference = models.CharField(_("reference"), max_length=64, blank=True, default="", db_default="")
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    # Of the brand's own; shipping does not know warehouses.
    warehouse_id = models.BigIntegerField(_("warehouse"), null=True, blank=True)
    weight_grams = models.IntegerField(_("weight (g)"), default=0, db_default=0)
    cost = MoneyField(_("cost of the goods"), default=ZERO, db_default=0)
    # What the carrier answered when it gave the number: sorting codes, the request's own number.
    waybill = models.JSONField(_("waybill"), default=dict, db_default={})
    created_at = models.DateTimeField(_("packed at"))
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    # The carrier's time of the event that the state follows from.
    state_at = models.DateTimeField(_("last event"), null=True, blank=True)
    # When the carrier was last asked.
    polled_at = models.DateTimeField(null=True, blank=True, editable=False)
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)

    named_document: tuple[str, str] = ("", "")
    """The source's document by name and address, on the rows of a list."""

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "seq"], name="shipping_parcel_sequence_unique"),
            models.CheckConstraint(condition=Q(weight_grams__gte=0), name="shipping_parcel_weight_not_negative"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="shipping_parcel_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=(ParcelState.PREPARED, ParcelState.VOIDED)) | Q(shipped_at__isnull=False),
                name="shipping_parcel_left_at_some_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ParcelState.SIGNED) | Q(signed_at__isnull=False),
                name="shipping_parcel_signed_at_some_time",
            ),
        ]
        indexes = [
            models.Index(fields=["tracking_number"], condition=~Q(tracking_number=""), name="shipping_parcel_number"),
            # What is watched: small however long the history grows.
            models.Index(
                fields=["shipped_at"],
                condition=Q(state__in=[state.value for state in ON_THE_WAY]),
                name="shipping_parcel_on_the_way",
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_number or f"{self.source}/{self.seq}"
