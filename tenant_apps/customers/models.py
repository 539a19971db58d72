"""Tables of the customers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kernel.privacy.masking import mask_phone

_NEITHER = Q(channel="", external_id="")
_BOTH = ~Q(channel="") & ~Q(external_id="")


class Customer(models.Model):
    """A buyer, known by phone (E.164), by the id a sales channel gave, or by name only."""

    name = models.CharField(pgettext_lazy("person", "name"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    external_id = models.CharField(_("id in the channel"), max_length=64, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["phone"], condition=~Q(phone=""), name="customers_customer_phone_unique"),
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                condition=~Q(external_id=""),
                name="customers_customer_external_id_unique",
            ),
            models.CheckConstraint(condition=_NEITHER | _BOTH, name="customers_customer_external_id_has_channel"),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="customers_customer_phone_e164"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id or mask_phone(self.phone) or gettext("Unnamed")


class Address(models.Model):
    """Delivery address. Names of the divisions are a snapshot: the state merges and renames codes over the years."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses", verbose_name=_("customer"))
    receiver_name = models.CharField(_("receiver"), max_length=100)
    receiver_phone = models.CharField(_("receiver's phone"), max_length=16)
    province_code = models.CharField(_("province code"), max_length=2)
    city_code = models.CharField(_("city code"), max_length=4)
    district_code = models.CharField(_("district code"), max_length=6)
    province = models.CharField(_("province"), max_length=40)
    city = models.CharField(_("city"), max_length=40)
    district = models.CharField(_("district"), max_length=40)
    street = models.CharField(_("street"), max_length=200)
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_default=True), name="customers_address_one_default"
            ),
            models.CheckConstraint(
                condition=Q(receiver_phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="customers_address_phone_e164"
            ),
            models.CheckConstraint(condition=~Q(street=""), name="customers_address_has_a_street"),
        ]

    def __str__(self) -> str:
        return f"{self.province}{self.city}{self.district}{self.street}"
