"""Claim, verify, recheck and remove brands' own domains."""

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid, NotFound, Text
from kernel.core.integrity import refine_integrity_error
from kernel.core.states import compare_and_set
from kernel.tenancy.context import current_schema, is_public, public_schema
from shared_apps.entitlements.services.features import ensure_feature
from shared_apps.tenants import rules, selectors
from shared_apps.tenants.models import Brand, Domain, DomainClaim
from shared_apps.tenants.services import dns_proof, lifecycle
from shared_apps.tenants.services.dns_proof import Proof
from shared_apps.tenants.states import ClaimState

logger = logging.getLogger(__name__)

FEATURE: Final = "custom_domain"
MAX_CLAIMS: Final = 20
CHECK_EVERY: Final = timedelta(days=7)
# A record that was just set takes its time; a claim nobody followed up is no longer looked after.
WAIT_FOR_RECORD: Final = timedelta(days=14)

_REASONS: Final[Mapping[str, Text]] = {
    "domain_malformed": _("This is no domain name. Write it like shop.example.com."),
    "domain_is_an_address": _("This is an IP address. Enter a domain name like shop.example.com."),
    "domain_is_ours": _("This domain belongs to the platform. Your subdomain leads to you already."),
    "domain_too_general": _("Other people have names under this domain. Enter your own domain, like shop.example.com."),
}


class DomainNotAccepted(Invalid):
    code = "domain_not_accepted"
    title = _("This domain cannot be used")


class DomainClaimedAlready(Conflict):
    code = "domain_claimed_already"
    title = _("You have asked for this domain already")


class DomainTaken(Conflict):
    code = "domain_taken"
    title = _("This domain leads to another brand")


class TooManyClaims(Conflict):
    code = "too_many_claims"
    title = _("Remove a domain before you add another one")


class ClaimNotFound(NotFound):
    code = "claim_not_found"
    title = _("This brand has not asked for such a domain")


def record_to_set(claim: DomainClaim) -> tuple[str, str]:
    """Return name and value of the TXT record that proves the claim."""
    return f"{dns_proof.TXT_LABEL}.{claim.domain}", f"{dns_proof.TXT_PREFIX}{claim.token}"


def alias_target(brand: Brand) -> str:
    """Return the target of a CNAME record, which proves the claim too."""
    return f"{brand.slug}.{settings.BASE_DOMAIN}"


@transaction.atomic
def claim_domain(*, brand_id: int, domain: str, now: datetime) -> DomainClaim:
    """Claim a domain for a brand; it becomes active once the DNS proves it.

    Brands need the feature in their plan; platform staff may claim for any brand. Raises FeatureNotInPlan,
    DomainNotAccepted, DomainClaimedAlready, TooManyClaims, BrandNotFound.
    """
    if not is_public():
        ensure_feature(FEATURE)
    try:
        name = rules.normalise_domain(domain, base_domain=settings.BASE_DOMAIN)
    except rules.DomainRefused as refused:
        raise DomainNotAccepted(_REASONS[refused.code], field="domain", reason=refused.code) from None
    with public_schema():
        lifecycle.lock_brand(brand_id=brand_id)  # so that the number of claims holds
        open_claims = DomainClaim.objects.filter(brand_id=brand_id).exclude(state=ClaimState.REMOVED)
        if open_claims.count() >= MAX_CLAIMS:
            raise TooManyClaims
        refusal = {"tenants_claim_once_per_brand": lambda: DomainClaimedAlready(field="domain")}
        with refine_integrity_error(refusal), transaction.atomic():
            claim = DomainClaim.objects.create(
                brand_id=brand_id, domain=name, token=secrets.token_hex(20), created_at=now
            )
        _record("domain_claimed", claim)
    return claim


def check_claim(*, claim_id: int, now: datetime) -> DomainClaim:
    """Query the DNS, which takes seconds, and apply its answer: the first proof activates the domain.

    An active domain stays active without proof, which is recorded and audited. Not inside a transaction. Raises
    ClaimNotFound, DomainTaken.
    """
    seen_from = None if is_public() else current_schema()
    with public_schema():
        claim = _find(claim_id, seen_from)
        proof = _ask(claim)
        if claim.state == ClaimState.VERIFIED:
            _keep_watch(claim, proof, now)
        elif proof.method:
            _replace_holder(claim, now)
            _verify(claim, proof, now)
        else:
            _note(claim, last_answer=proof.answer, checked_at=now)
    return claim


@transaction.atomic
def remove_claim(*, claim_id: int, now: datetime) -> DomainClaim:
    """Remove a claim and deactivate its domain. Raises ClaimNotFound."""
    seen_from = None if is_public() else current_schema()
    with public_schema():
        claim = _find(claim_id, seen_from)
        _remove(claim, "domain_removed", now)
    return claim


def recheck_domains(*, now: datetime) -> int:
    """Check active domains once a week, and new claims at every call. Return the number checked."""
    with public_schema():
        leading = DomainClaim.objects.filter(state=ClaimState.VERIFIED, checked_at__lte=now - CHECK_EVERY)
        waiting = DomainClaim.objects.filter(state=ClaimState.PENDING, created_at__gt=now - WAIT_FOR_RECORD)
        claims = list((leading | waiting).select_related("brand").order_by("id"))
        for claim in claims:
            with translation.override(claim.brand.language):
                _look_after(claim, now)
    return len(claims)


def _look_after(claim: DomainClaim, now: datetime) -> None:
    try:
        check_claim(claim_id=claim.pk, now=now)
    except (DomainTaken, ClaimNotFound) as refusal:
        logger.info("The claim to %s stays as it is: %s", claim.domain, refusal)


def _find(claim_id: int, seen_from: str | None) -> DomainClaim:
    claims = DomainClaim.objects.select_related("brand").exclude(state=ClaimState.REMOVED).filter(pk=claim_id)
    claim = (claims if seen_from is None else claims.filter(brand__schema_name=seen_from)).first()
    if claim is None:
        raise ClaimNotFound
    return claim


def _ask(claim: DomainClaim) -> Proof:
    return dns_proof.look_for_proof(domain=claim.domain, token=claim.token, target=alias_target(claim.brand))


def _keep_watch(claim: DomainClaim, proof: Proof, now: datetime) -> None:
    fields: dict[str, object] = {"last_answer": proof.answer, "checked_at": now}
    if proof.method:
        fields.update(method=proof.method, failing_since=None)
    elif proof.conclusive and claim.failing_since is None:
        fields["failing_since"] = now
        _record("domain_without_proof", claim, answer=proof.answer)
    _note(claim, **fields)


def _replace_holder(claim: DomainClaim, now: datetime) -> None:
    """Take a domain from its former holder, unless that can still prove it. Raises DomainTaken."""
    former = DomainClaim.objects.select_related("brand").filter(domain=claim.domain, state=ClaimState.VERIFIED).first()
    if former is None:
        return
    proof = _ask(former)
    if proof.method or not proof.conclusive:
        raise DomainTaken(field="domain")
    with transaction.atomic():
        _remove(former, "domain_lost", now)


@transaction.atomic
def _verify(claim: DomainClaim, proof: Proof, now: datetime) -> None:
    taken = {
        "tenants_claim_verified_once": lambda: DomainTaken(field="domain"),
        "tenants_domain_domain_key": lambda: DomainTaken(field="domain"),
    }
    found: dict[str, Any] = {"method": proof.method, "last_answer": proof.answer, "checked_at": now, "verified_at": now}
    with refine_integrity_error(taken), transaction.atomic():
        compare_and_set(
            DomainClaim.objects.filter(pk=claim.pk), expected=ClaimState.PENDING, wanted=ClaimState.VERIFIED, **found
        )
        Domain.objects.create(tenant=claim.brand, domain=claim.domain, is_primary=False)
    claim.state = ClaimState.VERIFIED
    _take_over(claim, found)
    _record("domain_verified", claim, method=proof.method)
    transaction.on_commit(selectors.forget_hosts)


def _remove(claim: DomainClaim, what: str, now: datetime) -> None:
    compare_and_set(DomainClaim.objects.filter(pk=claim.pk), expected=claim.state, wanted=ClaimState.REMOVED)
    claim.state = ClaimState.REMOVED
    Domain.objects.filter(tenant=claim.brand, domain=claim.domain, is_primary=False).delete()
    _record(what, claim, since=claim.verified_at)
    transaction.on_commit(selectors.forget_hosts)


def _note(claim: DomainClaim, **fields: object) -> None:
    DomainClaim.objects.filter(pk=claim.pk).update(**fields)
    _take_over(claim, fields)


def _take_over(claim: DomainClaim, fields: Mapping[str, object]) -> None:
    for field, value in fields.items():
        setattr(claim, field, value)


def _record(what: str, claim: DomainClaim, **details: object) -> None:
    after = {"domain": claim.domain, "claim": claim.pk, **details}
    audit.record(action=f"tenants.{what}", subject=f"brand:{claim.brand_id}", after=after)
