"""Tables of people, their one-time tokens, and API keys, in public (Banyan's staff) and in every brand."""

import hashlib
from collections.abc import Iterator
from datetime import UTC
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.privacy.encryption import EncryptedTextField
from kernel.tenancy.context import is_public
from shared_apps.accounts.rules import rights, sign_in_names
from shared_apps.accounts.states import FEATURE_OF_PERMISSION, PLATFORM_ROLES, Role
from shared_apps.entitlements import selectors as entitlements


def withheld_by_plan(permissions: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Return the permissions that the brand's plan excludes, each with the feature it needs.

    The platform has no plan and withholds nothing.
    """
    if is_public():
        return frozenset()
    return frozenset(
        (permission, feature)
        for permission, feature in FEATURE_OF_PERMISSION.items()
        if permission in permissions and not entitlements.may(feature)
    )


def within_plan(permissions: frozenset[str]) -> frozenset[str]:
    return permissions - dict(withheld_by_plan(permissions)).keys()


class UserManager(BaseUserManager["User"]):
    """Look people up by their sign-in name. Services create them."""

    def get_by_natural_key(self, username: str | None) -> "User":
        name = sign_in_names.normalise_sign_in_name(username or "")
        return self.get(Q(email=name) if "@" in name else Q(phone=name))


class User(AbstractBaseUser):
    """A person of this brand, or a member of Banyan's staff when the row is in public."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100)
    email = models.EmailField(_("e-mail address"), max_length=254, null=True, blank=True)  # noqa: DJ001 (unique)
    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True)  # noqa: DJ001 (unique; E.164)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True)
    email_confirmed_at = models.DateTimeField(_("e-mail confirmed at"), null=True, blank=True)
    totp_secret = EncryptedTextField(_("secret of the authenticator app"), blank=True, default="")
    totp_confirmed_at = models.DateTimeField(_("two-step sign-in since"), null=True, blank=True)
    totp_last_step = models.BigIntegerField(default=0, editable=False)
    # Sessions begun before have ended; empty: none had to be. Part of the hash that sessions carry.
    sessions_ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="accounts_user_email_unique"),
            models.UniqueConstraint(fields=["phone"], name="accounts_user_phone_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_user_email_lower_case"),
            models.CheckConstraint(condition=Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="accounts_user_phone_e164"),
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone__isnull=False), name="accounts_user_can_be_reached"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="accounts_user_has_a_name"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="accounts_user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_username(self) -> str:
        """Return the e-mail address, or the phone number of a person without one."""
        return self.email or self.phone or ""

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    # Not stored: what a visitor of Banyan's staff may do is said by the grant, at each request. Without one, nothing.
    visit_permissions: frozenset[str] = frozenset()
    # A visitor whose session sends nothing but questions: the console offers no forms that would be refused.
    only_reads: bool = False

    @property
    def permissions(self) -> frozenset[str]:
        """Permissions by role and plan; none when deactivated, and only those of the support session for a visitor."""
        return within_plan(self.own_permissions)

    @property
    def is_platform_staff(self) -> bool:
        """Tell whether the role is one of Banyan's own, which exist only in public."""
        return self.role in PLATFORM_ROLES

    @property
    def own_permissions(self) -> frozenset[str]:
        """Permissions regardless of the brand's plan."""
        if not self.is_active:
            return frozenset()
        return self.visit_permissions if self.role == Role.VISITOR else rights.permissions_for(self.role)

    @property
    def is_staff(self) -> bool:
        return bool(self.permissions)

    @property
    def is_superuser(self) -> bool:
        """Always False: every permission comes from the role."""
        return False

    @property
    def has_totp(self) -> bool:
        return self.totp_confirmed_at is not None

    def get_session_auth_hash(self) -> str:
        return self._since_last_end(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._since_last_end, super().get_session_auth_fallback_hash())

    def _since_last_end(self, password_hash: str) -> str:
        """Tie the hash that sessions carry to the last time when all of them were ended, not to the password alone."""
        if self.sessions_ended_at is None:
            return password_hash
        ended_at = self.sessions_ended_at.astimezone(UTC).isoformat()
        return hashlib.sha256(f"{password_hash}:{ended_at}".encode()).hexdigest()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Accept both our names (`orders.ship`) and Django's (`orders.change_order`)."""
        return rights.may_by_django_name(self.permissions, perm)

    def has_perms(self, perm_list: Any, obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        if app_label in {"kernel", "admin"}:
            return "accounts.manage" in self.permissions
        return rights.has_any(self.permissions, app_label)


class ApiKey(models.Model):
    """A key for a program. Only its SHA-256 is stored; the plaintext is shown once, at creation.

    It never may more than its maker may at that moment. A key without a maker was made by Banyan itself.
    """

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, editable=False)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    permissions = models.JSONField(_("permissions"), null=True, blank=True)  # None: those of the role, as it is today
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,  # without its maker, a key would be bound by nobody's rights
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="accounts_apikey_digest_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="accounts_apikey_has_a_name"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="accounts_apikey_role_known"),
            models.CheckConstraint(
                condition=~Q(role=Role.SERVICE) | Q(permissions__isnull=False),
                name="accounts_apikey_service_is_scoped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class OneTimeToken(models.Model):
    """One-time token: an invitation, a reset link, an entry link, a recovery code. Only its digest is stored."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        PASSWORD_RESET = "password_reset", _("Password reset")
        ENTRY_LINK = "entry_link", _("Entry link")
        RECOVERY_CODE = "recovery_code", _("Recovery code")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="accounts_token_digest_unique"),
            models.CheckConstraint(
                condition=Q(purpose__in=["invitation", "password_reset", "entry_link", "recovery_code"]),
                name="accounts_token_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
