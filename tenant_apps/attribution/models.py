"""Links, clicks, bindings, and every contest about a customer."""

from typing import ClassVar

import orjson
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.database.append_only import AppendOnly, AppendOnlyManager
from tenant_apps.attribution.states import BindingEnd, BindingMode, TouchpointOutcome, TouchpointSource


class Policy(models.Model):
    """Rules by which customers are bound to agents. One row; the default is made by the first migration."""

    mode = models.CharField(_("binding"), max_length=12, choices=BindingMode, default=BindingMode.FIRST_COME)
    # Two dates: within the protection nobody may take the customer over; after the expiry nobody owns them.
    protection_days = models.SmallIntegerField(_("protected (days)"), default=30)
    expiry_days = models.SmallIntegerField(_("binding ends after (days)"), default=365)
    cookie_days = models.SmallIntegerField(_("a visit counts for (days)"), default=30)
    own_purchases_earn = models.BooleanField(_("agents earn on their own purchases"), default=False)
    # Where a link leads: pages of the brand's own shop. Empty: to the application page.
    shop_url = models.CharField(_("address of the shop"), max_length=300, blank=True, default="", db_default="")
    product_url = models.CharField(
        _("address of a product"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("“{product}” stands for the product's number."),
    )
    poster_title = models.CharField(_("title of the poster"), max_length=60, blank=True, default="", db_default="")
    poster_text = models.CharField(_("text of the poster"), max_length=200, blank=True, default="", db_default="")
    # The stored file's name; names are random, so another picture is another name.
    poster_picture = models.CharField(_("picture of the poster"), max_length=200, blank=True, default="", db_default="")
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("attribution")
        verbose_name_plural = _("attribution")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="attribution_policy_one_row"),
            models.CheckConstraint(
                condition=Q(protection_days__gte=0, expiry_days__gte=F("protection_days"), expiry_days__lte=3650),
                name="attribution_policy_dates",
            ),
            # Browsers keep no cookie for longer than 400 days.
            models.CheckConstraint(
                condition=Q(cookie_days__gte=1, cookie_days__lte=400), name="attribution_policy_cookie"
            ),
            models.CheckConstraint(condition=Q(mode__in=BindingMode.values), name="attribution_policy_mode_known"),
        ]

    def __str__(self) -> str:
        return self.mode


class ReferralLink(models.Model):
    """An agent's link (and QR code), to the shop or to one product."""

    code = models.CharField(_("code"), max_length=16)
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="+", db_index=False, verbose_name=_("agent"))
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("product"),
    )
    visit_count = models.BigIntegerField(_("visits"), default=0)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("referral link")
        verbose_name_plural = _("referral links")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="attribution_link_code_unique"),
            models.UniqueConstraint(
                fields=["agent", "product"], nulls_distinct=False, name="attribution_link_one_per_product"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Visit(models.Model):
    """Clicks on a link on one day, and visitors not seen before."""

    link = models.ForeignKey(ReferralLink, models.CASCADE, related_name="visits", db_index=False)
    day = models.DateField(_("day"))
    opened = models.IntegerField(_("opened"), default=0)
    visitors = models.IntegerField(_("visitors"), default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["link", "day"], name="attribution_visit_one_row_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.day}"


class Binding(models.Model):
    """A customer is an agent's from a moment on. The open row is the present; ended rows stay as history."""

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False, verbose_name=_("customer")
    )
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", verbose_name=_("agent"))
    source = models.CharField(_("by"), max_length=12, choices=TouchpointSource)
    bound_at = models.DateTimeField(_("since"))
    protected_until = models.DateTimeField(_("protected until"))
    expires_at = models.DateTimeField(_("ends at the latest"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_because = models.CharField(_("ended because"), max_length=12, choices=BindingEnd, blank=True, default="")

    class Meta:
        verbose_name = _("binding")
        verbose_name_plural = _("bindings")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(ended_at__isnull=True), name="attribution_binding_one_per_customer"
            ),
            models.CheckConstraint(
                condition=Q(protected_until__gte=F("bound_at"), expires_at__gte=F("protected_until")),
                name="attribution_binding_dates",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
                name="attribution_binding_end_has_a_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "bound_at"], name="attribution_binding_customer"),
            # What is due to end.
            models.Index(fields=["expires_at"], condition=Q(ended_at__isnull=True), name="attribution_binding_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} → {self.agent_id}"


_INSERT_TOUCHPOINT = """
    INSERT INTO attribution_touchpoint
        (customer_id, agent_id, source, occurred_at, outcome, held_by_id, policy, order_number, link_id, reason)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    RETURNING id
"""


class TouchpointManager(AppendOnlyManager["Touchpoint"]):
    """Writes of touchpoints. Each order that comes by a code writes one: SQL takes a third of the ORM's time."""

    def insert(self, touchpoint: "Touchpoint") -> None:
        """Insert a new touchpoint and give it its id."""
        values = (
            touchpoint.customer_id,
            touchpoint.agent_id,
            str(touchpoint.source),
            touchpoint.occurred_at,
            str(touchpoint.outcome),
            touchpoint.held_by_id,
            orjson.dumps(touchpoint.policy).decode(),
            touchpoint.order_number,
            touchpoint.link_id,
            touchpoint.reason,
        )
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_TOUCHPOINT, values)
            touchpoint.pk = cursor.fetchone()[0]
        touchpoint._state.adding = False


class Touchpoint(AppendOnly):
    """An agent's link or code met a customer, and what came of it: the log the bindings are replayed from."""

    objects: ClassVar = TouchpointManager()

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False, verbose_name=_("customer")
    )
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", verbose_name=_("agent"))
    source = models.CharField(_("by"), max_length=12, choices=TouchpointSource)
    occurred_at = models.DateTimeField(_("time"))
    outcome = models.CharField(_("outcome"), max_length=15, choices=TouchpointOutcome)
    held_by = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("already bound to")
    )
    # The policy of that moment: a replay must not use today's.
    policy = models.JSONField(_("policy"))
    order_number = models.CharField(_("order"), max_length=64, blank=True, default="")
    link = models.ForeignKey(
        ReferralLink, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("link")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("touchpoint")
        verbose_name_plural = _("touchpoints")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "id"], name="attribution_touch_customer"),
            models.Index(fields=["link", "id"], condition=Q(link__isnull=False), name="attribution_touch_link"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} ← {self.agent_id}: {self.outcome}"


class Purchaser(models.Model):
    """A customer who has bought: told by orders when one is placed, taken back when the only one is cancelled."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return str(self.customer_id)
