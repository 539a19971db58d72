"""A domain leads to a brand when the DNS says that the brand holds it, asked over the network each time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.models import AuditRecord
from kernel.tenancy.context import enter_brand, public_schema
from shared_apps.entitlements.services.features import FeatureNotInPlan
from shared_apps.tenants import rules, selectors
from shared_apps.tenants.models import Brand, Domain, DomainClaim
from shared_apps.tenants.services import claims, dns_proof
from shared_apps.tenants.states import ClaimState
from tests.tenants.archives.conftest import NOW
from tests.tenants.archives.nameserver import Nameserver, serving

pytestmark = pytest.mark.django_db

DOMAIN = "shop.qimu.example"


@pytest.fixture
def nameserver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nameserver]:
    with serving() as server:
        settings.DNS_RESOLVERS = [server.address]
        monkeypatch.setattr(dns_proof, "SECONDS_IN_ALL", 0.5)
        monkeypatch.setattr(dns_proof, "SECONDS_PER_TRY", 0.2)
        yield server


def claim_for(brand: Brand, domain: str = DOMAIN) -> DomainClaim:
    return claims.claim_domain(brand_id=brand.pk, domain=domain, now=NOW)


def prove(nameserver: Nameserver, claim: DomainClaim) -> None:
    name, value = claims.record_to_set(claim)
    nameserver.set(name, "TXT", '"v=spf1 -all"', f'"{value}"')


def check(claim: DomainClaim, **later: int) -> DomainClaim:
    return claims.check_claim(claim_id=claim.pk, now=NOW + timedelta(**later))


def visit(host: str, path: str = "/api/v1/agents") -> Any:
    return Client(headers={"host": host}).get(path)


def actions(brand: Brand) -> list[str]:
    with public_schema():
        records = AuditRecord.objects.filter(subject=f"brand:{brand.pk}", action__contains="domain").order_by("id")
        return [record.action.removeprefix("tenants.") for record in records]


# --- proof -----------------------------------------------------------------------------------------------------------


def test_a_txt_record_proves_it_and_the_domain_leads_there(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    assert visit(DOMAIN).status_code == 404
    prove(nameserver, claim)
    checked = check(claim)
    assert (checked.state, checked.method, checked.verified_at) == (ClaimState.VERIFIED, "TXT", NOW)
    assert visit(DOMAIN).status_code == 401  # the brand's API, which wants to know who calls
    assert visit(f"WWW.{DOMAIN}:8000").status_code == 401
    assert visit(DOMAIN, "/console/login/").status_code == 200
    assert visit(f"{brand.slug}.localhost").status_code == 401
    assert actions(brand) == ["domain_claimed", "domain_verified"]


@pytest.mark.parametrize("host", [DOMAIN, f"www.{DOMAIN}"])
def test_an_alias_proves_it(brand: Brand, nameserver: Nameserver, host: str) -> None:
    claim = claim_for(brand)
    nameserver.set(host, "CNAME", f"{brand.slug.upper()}.localhost.")
    checked = check(claim)
    assert (checked.state, checked.method) == (ClaimState.VERIFIED, "CNAME")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("TXT", '"banyan-verify=0000"'),
        ("TXT", '"{token}"'),
        ("TXT", '"banyan-verify={token}x"'),
        ("CNAME", "other.localhost."),
        ("CNAME", "acme.localhost.evil.example."),
    ],
)
def test_other_records_prove_nothing(brand: Brand, nameserver: Nameserver, kind: str, value: str) -> None:
    claim = claim_for(brand)
    name = DOMAIN if kind == "CNAME" else f"_banyan.{DOMAIN}"
    nameserver.set(name, kind, value.replace("{token}", claim.token))
    checked = check(claim)
    assert (checked.state, checked.method) == (ClaimState.PENDING, "")
    assert "“" in checked.last_answer  # what was found instead
    assert visit(DOMAIN).status_code == 404


def test_the_answer_says_what_is_wrong(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    assert f"TXT _banyan.{DOMAIN}: " in check(claim).last_answer  # NXDOMAIN
    nothing = check(claim).last_answer
    nameserver.set(f"_banyan.{DOMAIN}", "MX")
    no_record = check(claim).last_answer
    nameserver.broken.add(f"_banyan.{DOMAIN}")
    broken = check(claim).last_answer
    nameserver.silent.add(f"_banyan.{DOMAIN}")
    silent = check(claim).last_answer
    assert len({nothing, no_record, broken, silent}) == 4
    assert all(DOMAIN in answer for answer in (nothing, no_record, broken, silent))


def test_the_record_may_come_later(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    assert check(claim).state == ClaimState.PENDING
    prove(nameserver, claim)
    claims.recheck_domains(now=NOW + timedelta(hours=1))
    assert [one.state for one in selectors.list_claims(brand.pk)] == [ClaimState.VERIFIED]


def test_long_texts_come_in_pieces(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    _name, value = claims.record_to_set(claim)
    nameserver.set(f"_banyan.{DOMAIN}", "TXT", f'"{value[:20]}" "{value[20:]}"')
    assert check(claim).state == ClaimState.VERIFIED


def test_only_the_domain_itself_is_held_to_https(brand: Brand, nameserver: Nameserver, settings: Settings) -> None:
    claim = claim_for(brand)
    prove(nameserver, claim)
    check(claim)
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    headers = [
        Client(headers={"host": host}).get("/api/v1/agents", secure=True)["Strict-Transport-Security"]
        for host in (DOMAIN, f"{brand.slug}.localhost")
    ]
    assert headers == ["max-age=3600", "max-age=3600; includeSubDomains"]


# --- looked after ----------------------------------------------------------------------------------------------------


def test_a_lost_record_is_noted_and_cuts_nobody_off(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    prove(nameserver, claim)
    check(claim)
    nameserver.records.clear()
    assert claims.recheck_domains(now=NOW + timedelta(days=6)) == 0
    assert claims.recheck_domains(now=NOW + timedelta(days=7)) == 1
    assert claims.recheck_domains(now=NOW + timedelta(days=14)) == 1
    (watched,) = selectors.list_claims(brand.pk)
    assert (watched.state, watched.failing_since) == (ClaimState.VERIFIED, NOW + timedelta(days=7))
    assert actions(brand).count("domain_without_proof") == 1
    assert visit(DOMAIN).status_code == 401
    prove(nameserver, claim)
    claims.recheck_domains(now=NOW + timedelta(days=21))
    assert selectors.list_claims(brand.pk)[0].failing_since is None


def test_a_silent_dns_says_nothing_against_a_brand(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    prove(nameserver, claim)
    check(claim)
    nameserver.silent.add(f"_banyan.{DOMAIN}")
    assert check(claim, days=7).failing_since is None


def test_a_removed_domain_leads_nowhere(brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    prove(nameserver, claim)
    check(claim)
    assert visit(DOMAIN).status_code == 401
    claims.remove_claim(claim_id=claim.pk, now=NOW)
    assert visit(DOMAIN).status_code == 404
    assert selectors.list_claims(brand.pk) == []
    with pytest.raises(claims.ClaimNotFound):
        check(claim)
    assert claim_for(brand).token != claim.token  # asked for again, it is proved anew


# --- two brands, one domain ------------------------------------------------------------------------------------------


def test_a_domain_leads_to_whoever_can_prove_it(brand: Brand, other_brand: Brand, nameserver: Nameserver) -> None:
    first = claim_for(brand)
    prove(nameserver, first)
    check(first)
    enter_brand(other_brand)
    second = claim_for(other_brand)
    nameserver.set(f"_banyan.{DOMAIN}", "TXT", *(f'"{claims.record_to_set(one)[1]}"' for one in (first, second)))
    with pytest.raises(claims.DomainTaken):  # the first can still prove it
        check(second)
    prove(nameserver, second)  # the domain was sold, and its DNS says so
    assert check(second).state == ClaimState.VERIFIED
    with public_schema():
        assert Domain.objects.get(domain=DOMAIN).tenant == other_brand
    assert actions(brand)[-1] == "domain_lost"


def test_a_domain_that_staff_gave_to_another_brand_is_not_taken(
    brand: Brand, other_brand: Brand, nameserver: Nameserver
) -> None:
    with public_schema():
        Domain.objects.create(tenant=other_brand, domain=DOMAIN, is_primary=False)
    claim = claim_for(brand)
    prove(nameserver, claim)
    with pytest.raises(claims.DomainTaken):
        check(claim)
    assert selectors.list_claims(brand.pk)[0].state == ClaimState.PENDING


def test_a_brand_sees_only_its_own_claims(brand: Brand, other_brand: Brand, nameserver: Nameserver) -> None:
    claim = claim_for(brand)
    enter_brand(other_brand)
    with pytest.raises(claims.ClaimNotFound):
        check(claim)
    with pytest.raises(claims.ClaimNotFound):
        claims.remove_claim(claim_id=claim.pk, now=NOW)


# --- what may be claimed ---------------------------------------------------------------------------------------------


def test_a_claim_is_made_once(brand: Brand) -> None:
    claim_for(brand)
    with pytest.raises(claims.DomainClaimedAlready):
        claim_for(brand, f"https://www.{DOMAIN.upper()}/path")


def test_the_plan_must_include_it(brand: Brand) -> None:
    brand.entitlements = {"plan": "basic", "features": ["api"], "limits": {}}
    enter_brand(brand)
    try:
        with pytest.raises(FeatureNotInPlan):
            claim_for(brand)
        with public_schema():
            assert claim_for(brand).state == ClaimState.PENDING  # the platform's staff may give it
    finally:
        brand.entitlements = {"plan": "", "features": ["*"], "limits": {}}


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Shop.Example.COM", "shop.example.com"),
        (" shop.example.com. ", "shop.example.com"),
        ("https://www.shop.example.com:8443/a?b", "shop.example.com"),
        ("栖木.中国", "xn--4pvpu.xn--fiqs8s"),
        ("商城。栖木.cn", "xn--czru2d.xn--4pvpu.cn"),
        ("qimu.com.cn", "qimu.com.cn"),
        ("co.example", "co.example"),
        ("qimu.github.io", "qimu.github.io"),
    ],
)
def test_domains_are_written_one_way(typed: str, domain: str) -> None:
    assert rules.normalise_domain(typed, base_domain="localhost") == domain


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "domain_malformed"),
        ("shop", "domain_too_general"),
        ("com.cn", "domain_too_general"),
        ("co.uk", "domain_too_general"),
        ("sh.cn", "domain_too_general"),
        ("中国", "domain_too_general"),
        ("公司.cn", "domain_too_general"),
        ("k12.ca.us", "domain_too_general"),
        ("github.io", "domain_too_general"),  # a private suffix: strangers have pages below it
        ("myshopify.com", "domain_too_general"),
        ("192.0.2.1", "domain_is_an_address"),
        ("http://[2001:db8::1]/", "domain_is_an_address"),
        ("2001:db8::1", "domain_is_an_address"),
        ("shop.example.1", "domain_malformed"),
        ("-shop.example", "domain_malformed"),
        ("sh_op.example", "domain_malformed"),
        ("a..example", "domain_malformed"),
        ("shop.example.com/path", "domain_malformed"),
        ("shop.example\x00.com", "domain_malformed"),
        (f"{'a' * 64}.example", "domain_malformed"),
        (".".join(["a" * 60] * 5), "domain_malformed"),
        ("banyan.example.net", "domain_is_ours"),
        ("acme.banyan.example.net", "domain_is_ours"),
        ("https://www.banyan.example.net", "domain_is_ours"),
    ],
)
def test_what_is_no_domain_of_a_brands(typed: str, code: str) -> None:
    with pytest.raises(rules.DomainRefused) as refused:
        rules.normalise_domain(typed, base_domain="banyan.example.net")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("place", "address", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        ("192.0.2.1:5353", "192.0.2.1", 5353),
        ("2001:db8::1", "2001:db8::1", 53),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
    ],
)
def test_resolvers_are_addresses_with_or_without_port(place: str, address: str, port: int) -> None:
    server = dns_proof._server(place)
    assert (getattr(server, "address"), getattr(server, "port")) == (address, port)  # noqa: B009 - not in the base class
