"""Read brands by host and subdomain, and counts for the platform's dashboard."""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.counters import SharedMark
from kernel.core.errors import Text
from kernel.tenancy.context import public_schema
from shared_apps.tenants import rules
from shared_apps.tenants.models import Brand, BrandArchive, BrandExport, BrandMove, Domain, DomainClaim
from shared_apps.tenants.states import BrandState, ClaimState

BrandRecord: TypeAlias = Brand  # for annotations in the apps above, which read a brand and never save it

# --- hosts -----------------------------------------------------------------------------------------------------------

# Asking the database for each request cost six times a bare answer. What is kept is thrown away by `forget_hosts` in
# whatever process: a mark in Redis that every process looks at this often.
HOST_LIFETIME_SECONDS: Final = 30.0
MARK_LIFETIME_SECONDS: Final = 1.0
# Without Redis nobody hears of anything, so nothing is kept for long.
ALONE_LIFETIME_SECONDS: Final = 2.0
HOSTS_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Kept:
    """A cached brand and the mark under which it was read."""

    brand: Brand
    mark: str
    until: float


_hosts: OrderedDict[str, _Kept] = OrderedDict()
_hosts_lock = threading.Lock()
_changes = SharedMark("brands", asked_every=MARK_LIFETIME_SECONDS)


def find_brand_by_host(host: str) -> Brand | None:
    """Return a private copy of the host's brand, at most about a second old, or None."""
    now = time.monotonic()
    mark = _changes.read(now)  # before the database: what is read meanwhile counts as older
    with _hosts_lock:
        known = _hosts.get(host)
    if known is not None and known.mark == mark and known.until > now:
        return copy.copy(known.brand)
    with public_schema():
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        return None
    brand: Brand = domain.tenant
    # What is read in a transaction may never have been; and whoever pays in one process works on at once in all.
    if not connection.in_atomic_block and brand.may_write(clock.now()):
        lifetime = HOST_LIFETIME_SECONDS if mark else ALONE_LIFETIME_SECONDS
        _remember(host, _Kept(brand, mark, now + lifetime))
    return copy.copy(brand)


def _remember(host: str, kept: _Kept) -> None:
    with _hosts_lock:
        _hosts[host] = kept
        _hosts.move_to_end(host)
        while len(_hosts) > HOSTS_KEPT:
            _hosts.popitem(last=False)


def forget_hosts() -> None:
    """Invalidate the cache of hosts: in this process now, in others within a second.

    Services call it after the commit of a change to a brand.
    """
    with _hosts_lock:
        _hosts.clear()
    _changes.change()


# --- subdomains ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SlugVerdict:
    """Availability of a subdomain. `code` is empty when it is free; `detail` explains a refusal."""

    slug: str
    code: str = ""
    detail: Text = ""

    @property
    def is_available(self) -> bool:
        return not self.code


_REASONS: Final[Mapping[str, Text]] = {
    "slug_malformed": _(
        "Use 3 to 32 small letters, digits and single hyphens. Begin with a letter; end with a letter or digit."
    ),
    "slug_reserved": _("This name, or one that looks like it, is kept for the platform. Choose another one."),
    "slug_taken": _("This subdomain is taken. Choose another one."),
    "slug_looks_taken": _("This subdomain looks like one that is taken. Choose another one."),
}


def check_slug(slug: str) -> SlugVerdict:
    """Check the subdomain's form and whether it is free. At most two statements."""
    code = _form_code(slug) or _presence_code(slug)
    return SlugVerdict(slug, code, _REASONS.get(code, ""))


def check_slug_form(slug: str) -> SlugVerdict:
    code = _form_code(slug)
    return SlugVerdict(slug, code, _REASONS.get(code, ""))


def _form_code(slug: str) -> str:
    if not rules.is_well_formed(slug):
        return "slug_malformed"
    return "slug_reserved" if rules.is_reserved(slug) else ""


def _presence_code(slug: str) -> str:
    with public_schema():
        if Brand.objects.filter(slug=slug).exists():
            return "slug_taken"
        return "slug_looks_taken" if Brand.objects.filter(skeleton=rules.skeleton_of(slug)).exists() else ""


def propose_slug(name: str) -> str:
    """Return a free subdomain for a brand or company of this name; nothing where none comes to mind."""
    return next((slug for slug in rules.slug_candidates(name) if check_slug(slug).is_available), "")


# --- one brand -------------------------------------------------------------------------------------------------------


def get_brand(*, brand_id: int) -> Brand | None:
    with public_schema():
        return Brand.objects.filter(pk=brand_id).first()


def find_brand_by_slug(slug: str) -> Brand | None:
    with public_schema():
        found: Brand | None = Brand.objects.filter(slug=slug).first()
        return found


def list_known_ids(brand_ids: Collection[int]) -> set[int]:
    with public_schema():
        return set(Brand.objects.filter(pk__in=brand_ids).values_list("pk", flat=True))


def home_of(slug: str, *, public_url: str = "") -> str:
    """Return the brand's address, such as `https://acme.banyan.example`.

    Scheme and port come from `public_url`, the address by which the platform was reached, else from the settings.
    """
    return rules.brand_url(slug, base_domain=settings.BASE_DOMAIN, public_url=public_url or settings.PUBLIC_URL)


# --- for billing, above ----------------------------------------------------------------------------------------------


def list_in_service(
    *, after_id: int = 0, limit: int = 500, trials_ending_before: datetime | None = None
) -> list[Brand]:
    """Return a page of brands that are set up and not archived, by id; pass the last id as `after_id`.

    `trials_ending_before` leaves out trials that end then or later and are not closing: no time-based change is due.
    """
    found = Brand.objects.ready().filter(pk__gt=after_id)
    if trials_ending_before is not None:
        found = found.exclude(
            state=BrandState.TRIALING, trial_ends_at__gte=trials_ending_before, closing_at__isnull=True
        )
    with public_schema():
        return list(found.order_by("pk")[:limit])


def list_brands(*, brand_ids: Collection[int]) -> list[Brand]:
    with public_schema():
        return list(Brand.objects.filter(pk__in=brand_ids).order_by("pk"))


def get_last_restores(brand_ids: Collection[int]) -> dict[int, datetime]:
    """Map each of these brands to its last restore; brands never restored are absent."""
    restored = BrandArchive.objects.filter(brand_id__in=brand_ids, restored_at__isnull=False)
    with public_schema():
        return dict(restored.order_by("brand_id").values_list("brand_id").annotate(Max("restored_at")))


# --- the platform's console ------------------------------------------------------------------------------------------


def count_brands_by_state() -> dict[BrandState, int]:
    with public_schema():
        counted = dict(Brand.objects.values_list("state").annotate(Count("id")).order_by("state"))
    return {state: counted.get(state, 0) for state in BrandState}


def list_trials_ending(*, now: datetime, within: timedelta = timedelta(days=7), limit: int = 10) -> list[Brand]:
    with public_schema():
        soon = Brand.objects.filter(state=BrandState.TRIALING, trial_ends_at__gt=now, trial_ends_at__lte=now + within)
        return list(soon.order_by("trial_ends_at", "id")[:limit])


def get_schema_sizes(schemas: list[str]) -> dict[str, int]:
    """Return bytes on disk per schema, indexes included. Slow (a file system call per table): for tasks only."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [schemas])
        return {str(name): int(size or 0) for name, size in cursor.fetchall()}


_SIZES: Final[Any] = """
SELECT namespace.nspname, sum(pg_total_relation_size(class.oid))
FROM pg_catalog.pg_namespace AS namespace
JOIN pg_catalog.pg_class AS class ON class.relnamespace = namespace.oid AND class.relkind IN ('r', 'm', 'p')
WHERE namespace.nspname = ANY(%s)
GROUP BY namespace.nspname
"""


# --- exports, archives, own domains, moves ---------------------------------------------------------------------------


def list_exports(brand_id: int, *, limit: int = 20) -> list[BrandExport]:
    with public_schema():
        return list(BrandExport.objects.filter(brand_id=brand_id).order_by("-id")[:limit])


def list_archives(brand_id: int) -> list[BrandArchive]:
    with public_schema():
        return list(BrandArchive.objects.filter(brand_id=brand_id).order_by("-id"))


def list_claims(brand_id: int) -> list[DomainClaim]:
    """List the brand's domains and claims, latest first, without removed ones."""
    with public_schema():
        claims = DomainClaim.objects.filter(brand_id=brand_id).exclude(state=ClaimState.REMOVED)
        return list(claims.order_by("-id"))


def list_moves(brand_id: int) -> list[BrandMove]:
    with public_schema():
        return list(BrandMove.objects.filter(brand_id=brand_id).select_related("archive").order_by("-id"))
