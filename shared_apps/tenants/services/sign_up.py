"""Sign brands up: validate, create in one transaction, sign the owner in by a one-time link."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import tenant_context

from kernel.china.numbers import is_credit_code, normalise_credit_code
from kernel.core import audit, throttling
from kernel.core.errors import DomainError, FieldError, Invalid, Text
from kernel.events import outbox
from kernel.privacy.masking import mask_email, mask_phone
from kernel.tenancy.context import current_brand, public_schema
from kernel.tenancy.origin import current_origin
from shared_apps.accounts import selectors as people
from shared_apps.accounts.services import cleaning, confirmation, entry_links
from shared_apps.tenants import rules, selectors
from shared_apps.tenants.events import OwnerSignedUp
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import provisioning
from shared_apps.tenants.services.provisioning import NewBrand

MAX_NAME_LENGTH: Final = 80
CONTACT_MISSING: Final = _("Give an e-mail address or a phone number.")
TERMS_NOT_ACCEPTED: Final = _("Agree to the terms and the privacy policy to go on.")
_OWNERS_FIELDS: Final = {"name": "owner_name"}  # what accounts calls a field, and what the sign-up does

Value = TypeVar("Value")


class SignUpRefused(Invalid):
    code = "sign_up_refused"
    title = _("Correct the fields below")


class InvalidCreditCode(Invalid):
    code = "invalid_credit_code"
    title = _("This is not a unified social credit code: it has 18 letters and digits, the last of which is a check.")


@dataclass(frozen=True)
class SignedUp:
    """The new brand, its host, and an address that signs the owner in once within a minute."""

    brand: Brand
    domain: str
    enter_url: str


def sign_up(*, new: NewBrand, public_url: str) -> SignedUp:
    """Create a brand and a link that signs its owner in; a failure at any step leaves nothing behind.

    `public_url` is the address by which the platform was reached; the brand's address takes its scheme and port. Raises
    SignUpRefused with one entry per field, TooManyRequests, and as `found_brand`.
    """
    clean = clean_sign_up(new)
    throttling.ensure_below_limit(
        "sign-up",
        current_origin().ip_address or "unknown",
        limit=settings.SIGNUPS_PER_HOUR_PER_IP,
        window_seconds=3_600,
    )
    try:
        return _found_and_let_in(clean, public_url)
    except DomainError as refusal:
        # The owner's account names its fields in its own way.
        refusal.errors = tuple(
            replace(error, field=_OWNERS_FIELDS.get(error.field, error.field)) for error in refusal.errors
        )
        raise


@transaction.atomic
def _found_and_let_in(new: NewBrand, public_url: str) -> SignedUp:
    former = _ensure_first_trial(new)
    new = replace(new, is_another_trial=former is not None)
    founded = provisioning.found_brand(new=new)
    brand = founded.brand
    home = rules.brand_url(brand.slug, base_domain=settings.BASE_DOMAIN, public_url=public_url)
    with tenant_context(brand):
        token = entry_links.issue_entry_link_token(user_id=founded.owner_id)
        if new.owner_email:
            outbox.publish(OwnerSignedUp(user_id=founded.owner_id, home=home))
    with public_schema():
        contact = mask_email(new.owner_email) if new.owner_email else mask_phone(new.owner_phone or "")
        facts: dict[str, object] = {"slug": brand.slug, "owner": contact, "terms_version": brand.terms_version}
        if former is not None:
            facts["former_brand"] = former.pk
        audit.record(action="tenants.signed_up", subject=f"brand:{brand.pk}", after=facts)
    return SignedUp(
        brand=brand,
        domain=f"{brand.slug}.{settings.BASE_DOMAIN}",
        enter_url=f"{home}/console/enter/?{urlencode({'token': token})}",
    )


def _ensure_first_trial(new: NewBrand) -> Brand | None:
    """Refuse another spelling of a mailbox, or a company with its credit code now added or left out.

    Unique constraints cannot detect these. Companies of the same name are told apart only if both gave their codes.
    Returns the company's former brand where support permits another trial, and uses the permit up. Raises
    EmailHadTrial, CompanyHadTrial. Locks serialise sign-ups of one mailbox or name.
    """
    with public_schema():
        if new.owner_email:
            pattern = rules.mailbox_pattern(new.owner_email)
            _take_turns(pattern)
            if Brand.objects.filter(owner_email__regex=pattern).exists():
                raise provisioning.EmailHadTrial(field="email")
        name = rules.name_key(new.company_name)
        if name:
            _take_turns(f"company:{name}")
        former = _brands_of_company(name, new)
        if former.exists():
            return _use_permit(former, field="company_name" if name else "credit_code")
    return None


def _brands_of_company(name: str, new: NewBrand) -> QuerySet[Brand]:
    key = rules.company_key(name=new.company_name, credit_code=new.credit_code)
    same = Q(company_key=key) if key else Q(pk__in=[])
    if name:
        by_name = Q(company_name_key=name)
        without_code = Q(company_key=rules.company_key(name=new.company_name, credit_code=""))
        same |= by_name & without_code if new.credit_code else by_name
    return Brand.objects.filter(same)


def _use_permit(former: QuerySet[Brand], *, field: str) -> Brand:
    permitted = former.filter(another_trial_permitted_at__isnull=False).order_by("id").first()
    if permitted is None:
        raise provisioning.CompanyHadTrial(field=field)
    unused = Brand.objects.filter(pk=permitted.pk, another_trial_permitted_at__isnull=False)
    if not unused.update(another_trial_permitted_at=None):  # of two at once, one gets it
        raise provisioning.CompanyHadTrial(field=field)
    return permitted


def _take_turns(about: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"sign-up:{about}"])


# --- checks ----------------------------------------------------------------------------------------------------------


def clean_sign_up(new: NewBrand) -> NewBrand:
    """Normalise the sign-up before anything is written. Raises SignUpRefused with all faults."""
    findings = _Findings()
    slug = new.slug.strip().lower()
    verdict = selectors.check_slug_form(slug)
    if not verdict.is_available:
        findings.add("slug", verdict.code, verdict.detail)
    clean = replace(
        new,
        name=findings.ask("name", _clean_brand_name, new.name),
        slug=slug,
        owner_name=findings.ask("owner_name", cleaning.clean_name, new.owner_name),
        owner_email=findings.ask("email", cleaning.clean_email, new.owner_email),
        owner_phone=findings.ask("phone", cleaning.clean_phone, new.owner_phone),
        company_name=findings.ask("company_name", _clean_company_name, new.company_name),
        credit_code=findings.ask("credit_code", _clean_credit_code, new.credit_code),
    )
    if not (new.owner_email or new.owner_phone):
        findings.add("email", "contact_missing", CONTACT_MISSING)
    findings.check_password(new.password)
    if not new.accepts_terms:
        findings.add("accepts_terms", "terms_not_accepted", TERMS_NOT_ACCEPTED)
    if findings.errors:
        raise SignUpRefused(errors=findings.errors)
    return clean


class _Findings:
    """Faults of a sign-up, by field."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, field: str, code: str, detail: Text) -> None:
        self.errors.append(FieldError(field, code, detail))

    def ask(self, field: str, clean: Callable[[Value], Value], value: Value) -> Value:
        """Return the cleaned value; a refusal is recorded under the sign-up's field name."""
        try:
            return clean(value)
        except DomainError as refusal:
            self.add(field, refusal.code, refusal.detail)
            return value

    def check_password(self, password: str) -> None:
        """Check the rules that need no account; the others are checked once it exists."""
        try:
            validate_password(password)
        except ValidationError as error:
            for message in error.messages:
                self.add("password", "weak_password", message)


def _clean_brand_name(name: str) -> str:
    cleaned = cleaning.clean_name(name)
    if len(cleaned) > MAX_NAME_LENGTH:
        raise Invalid(_("A brand's name has at most 80 characters."), field="name")
    return cleaned


def _clean_company_name(name: str) -> str:
    if not name.strip():
        return ""
    cleaned = cleaning.clean_name(name)
    if not rules.name_key(cleaned):
        raise Invalid(_("This is not a company's name."), field="company_name")
    return cleaned


def _clean_credit_code(code: str) -> str:
    cleaned = normalise_credit_code(code)
    if cleaned and not is_credit_code(cleaned):
        raise InvalidCreditCode(field="credit_code")
    return cleaned


# --- afterwards ------------------------------------------------------------------------------------------------------


def send_confirmation(*, user_id: int, home: str) -> bool:
    """Mail the owner a link to confirm the address, in the brand's schema; return whether it was sent."""
    user = people.get_user(user_id=user_id)
    if user is None or not user.email or user.email_confirmed_at is not None:
        return False
    address = f"{home}/console/email/confirm/?{urlencode({'token': confirmation.issue_token(user_id=user_id)})}"
    with translation.override(user.language):
        text = render_to_string(
            "tenants/confirmation_mail.txt",
            {"name": user.name, "brand": current_brand().name, "address": address, "home": home},
        )
        send_mail(gettext("Confirm your e-mail address"), text, None, [user.email])
    return True
