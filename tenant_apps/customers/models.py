"""Tables of the customers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kernel.china.search_terms import (
    NOTHING,
    Word,
    code_terms,
    code_word,
    name_terms,
    name_word,
    phone_terms,
    phone_word,
    split_words,
)
from kernel.database.term_index import own_terms_field, terms_index
from kernel.privacy.masking import mask_phone

_NEITHER = Q(channel="", external_id="")
_BOTH = ~Q(channel="") & ~Q(external_id="")
UNKNOWN = Q(terms=[]) & ~Q(name="", phone="", external_id="")
_NAME = "r:"
_PHONE = "p:"
_EXTERNAL = "x:"


def read_words(text: str) -> list[Word]:
    """Read what somebody searches for: names, also by pinyin, phone numbers and ids, also by their last four."""
    return [
        name_word(_NAME, word).joined_with([phone_word(_PHONE, word), code_word(_EXTERNAL, word)])
        for word in split_words(text)
    ] or [NOTHING]


class Customer(models.Model):
    """A buyer, known by phone (E.164), by the id a sales channel gave, or by name only."""

    name = models.CharField(pgettext_lazy("person", "name"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    external_id = models.CharField(_("id in the channel"), max_length=64, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    terms = own_terms_field()
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
        indexes: ClassVar = [
            terms_index("customers_customer_terms"),
            # What an older release wrote: empty but for the hours of an upgrade.
            models.Index(fields=["id"], condition=UNKNOWN, name="customers_customer_unknown"),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id or mask_phone(self.phone) or gettext("Unnamed")

    def make_terms(self) -> set[str]:
        """Return what the customer is found by; `read_words` reads a search for it."""
        numbers = phone_terms(_PHONE, self.phone) | code_terms(_EXTERNAL, self.external_id)
        return numbers | name_terms(_NAME, self.name)


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
