"""Create and drop brands' schemas."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import schema_exists, tenant_context

from kernel.core import audit, clock
from kernel.core.errors import Conflict
from kernel.core.integrity import refine_integrity_error
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.database import grants
from kernel.database.schemas import quote_schema
from kernel.database.switching import direct_connection
from kernel.events import due
from kernel.tenancy.actors import SYSTEM, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import users
from shared_apps.tenants import rules, selectors
from shared_apps.tenants.models import Brand, BrandArchive, BrandMove, Domain, SchemaDump
from shared_apps.tenants.services import dumps, versions
from shared_apps.tenants.states import PROVISIONING_TRANSITIONS, ProvisioningState

logger = logging.getLogger(__name__)

DUMPS_KEPT = 5
OWNER_ROLE = "owner"


class SlugTaken(Conflict):
    code = "slug_taken"
    title = _("This subdomain is taken. Choose another one.")


class SlugLooksLikeAnother(Conflict):
    code = "slug_looks_taken"
    title = _("This subdomain looks like one that is taken. Choose another one.")


class EmailHadTrial(Conflict):
    code = "email_had_trial"
    title = _("This e-mail address has a brand already. Sign in there, or ask our support.")


class PhoneHadTrial(Conflict):
    code = "phone_had_trial"
    title = _("This phone number has a brand already. Sign in there, or ask our support.")


class CompanyHadTrial(Conflict):
    code = "company_had_trial"
    title = _("This company has a brand already. Sign in there, or ask our support.")


@dataclass(frozen=True)
class NewBrand:
    """A brand to create. Addresses and credit code are normalised: lower case, E.164."""

    name: str
    slug: str
    owner_name: str
    owner_email: str | None
    owner_phone: str | None
    password: str
    language: str = "zh-hans"
    company_name: str = ""
    credit_code: str = ""
    accepts_terms: bool = False
    is_another_trial: bool = False  # of a company that had one, by permission of support


@dataclass(frozen=True)
class Founded:
    """A brand that is set up, and its owner's id in the brand's schema."""

    brand: Brand
    owner_id: int


# --- the template ----------------------------------------------------------------------------------------------------


def build_template(*, rebuild: bool = False) -> bool:
    """Build the template schema by migrations, and store its dump. Return True if it was rebuilt.

    Skipped when the dump matches the migrations' source, unless `rebuild`. One process works on it at a time; the
    others
    wait and find it done.
    """
    with public_schema(), direct_connection():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [settings.TEMPLATE_SCHEMA])
        try:
            return _build_template(rebuild)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [settings.TEMPLATE_SCHEMA])


def _build_template(rebuild: bool) -> bool:
    template = settings.TEMPLATE_SCHEMA
    fingerprint = versions.source_fingerprint()
    known = SchemaDump.objects.filter(fingerprint=fingerprint)
    if known.exists() and schema_exists(template) and not rebuild:
        return False
    drop_schema(schema_name=template)
    create_schema_by_migrations(schema_name=template)
    try:
        statements = dumps.dump_schema(template)
    except dumps.DumpImpossibleError as reason:
        logger.warning("New brands will be made by migrations, which takes several times longer: %s", reason)
        return True
    with transaction.atomic():
        known.delete()
        SchemaDump.objects.create(fingerprint=fingerprint, statements=statements)
        # Servers of the former release go on with theirs while this one is rolled out.
        kept = SchemaDump.objects.order_by("-id").values("id")[:DUMPS_KEPT]
        SchemaDump.objects.exclude(id__in=list(kept.values_list("id", flat=True))).delete()
    return True


# --- schemas ---------------------------------------------------------------------------------------------------------


def create_schema_by_migrations(*, schema_name: str) -> None:
    """Create a schema by running every migration, as for the template. Slow."""
    with public_schema(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {quote_schema(schema_name)}")
    try:
        versions.migrate_schema(schema_name)
    except BaseException:
        if not connection.in_atomic_block:
            drop_schema(schema_name=schema_name)
        raise


@transaction.atomic
def create_schema_from_template(*, schema_name: str) -> None:
    """Replay the template's dump and grant the brand's role; run migrations if there is no current dump."""
    with public_schema():
        statements: list[str] | None = (
            SchemaDump.objects.filter(fingerprint=versions.source_fingerprint())
            .values_list("statements", flat=True)
            .first()
        )
    if statements is None:
        logger.warning("There is no dump of the template for this release; run `manage.py prepare`.")
        create_schema_by_migrations(schema_name=schema_name)
    else:
        dumps.replay(statements, template=settings.TEMPLATE_SCHEMA, schema=schema_name)
    grants.grant_schema(schema_name)


@transaction.atomic
def drop_schema(*, schema_name: str) -> None:
    with public_schema(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema(schema_name)} CASCADE")
    grants.drop_role(schema_name)


# --- brands ----------------------------------------------------------------------------------------------------------


def provision_brand(
    *, name: str, slug: str, owner_name: str, owner_email: str | None, owner_phone: str | None, password: str
) -> Brand:
    """Create a brand on trial with its host, schema and owner, in one transaction. Raises as `found_brand`."""
    new = NewBrand(
        name=name, slug=slug, owner_name=owner_name, owner_email=owner_email, owner_phone=owner_phone, password=password
    )
    return found_brand(new=new).brand


@transaction.atomic
def found_brand(*, new: NewBrand) -> Founded:
    """Create the public rows, the schema and the owner, all or nothing.

    Raises SlugTaken, SlugLooksLikeAnother, EmailHadTrial, PhoneHadTrial, CompanyHadTrial, and what `users.create_user`
    raises.
    """
    with public_schema(), acting_as(SYSTEM):
        brand = _register_brand(new, ProvisioningState.PROVISIONING)
        owner_id = _furnish_brand(brand, password=new.password)
    return Founded(brand=brand, owner_id=owner_id)


def provision_requested_brand(*, brand_id: int, password: str | None = None) -> Brand:
    """Create the schema of a requested brand, or of one whose set-up failed.

    A failure leaves no schema and is recorded in `provisioning_error`; call it again to retry. Raises IllegalTransition
    for a brand that is ready, StateChanged when another process works on it.
    """
    with public_schema(), acting_as(SYSTEM):
        brand: Brand = Brand.objects.get(pk=brand_id)
        before = ProvisioningState(brand.provisioning_state)
        ensure_allowed(PROVISIONING_TRANSITIONS, now=before, wanted=ProvisioningState.PROVISIONING)
        _set_provisioning(brand, before, ProvisioningState.PROVISIONING, provisioning_error="")
        try:
            with transaction.atomic():
                _furnish_brand(brand, password=password)
        except Exception as error:
            _set_provisioning(
                brand, ProvisioningState.PROVISIONING, ProvisioningState.FAILED, provisioning_error=str(error)[:2000]
            )
            raise
    return brand


@transaction.atomic
def drop_brand(*, brand_id: int) -> None:
    """Delete a brand with all its data permanently: tests, tools, and after the retention date."""
    with public_schema():
        brand = Brand.objects.get(pk=brand_id)
        drop_schema(schema_name=brand.schema_name)
        Domain.objects.filter(tenant=brand).delete()
        BrandMove.objects.filter(brand=brand).delete()
        BrandArchive.objects.filter(brand=brand).delete()  # the files stay until somebody removes them
        Brand.objects.filter(pk=brand_id).delete()
        transaction.on_commit(selectors.forget_hosts)
        audit.record(action="tenants.brand_dropped", subject=f"brand:{brand_id}", before={"slug": brand.slug})


def _register_brand(new: NewBrand, provisioning_state: ProvisioningState) -> Brand:
    refusals = {
        "tenants_brand_slug_unique": lambda: SlugTaken(field="slug"),
        "tenants_brand_schema_name_key": lambda: SlugTaken(field="slug"),
        "tenants_domain_domain_key": lambda: SlugTaken(field="slug"),
        "tenants_brand_skeleton_unique": lambda: SlugLooksLikeAnother(field="slug"),
        "tenants_brand_one_trial_per_email": lambda: EmailHadTrial(field="email"),
        "tenants_brand_one_trial_per_phone": lambda: PhoneHadTrial(field="phone"),
        "tenants_brand_one_trial_per_company": lambda: CompanyHadTrial(
            field="credit_code" if new.credit_code else "company_name"
        ),
    }
    with refine_integrity_error(refusals), transaction.atomic():
        brand: Brand = Brand.objects.create(
            schema_name=rules.schema_name_of(new.slug),
            name=new.name,
            slug=new.slug,
            skeleton=rules.skeleton_of(new.slug),
            provisioning_state=provisioning_state,
            trial_ends_at=clock.now() + timedelta(days=settings.TRIAL_DAYS),
            owner_name=new.owner_name,
            owner_email=new.owner_email,
            owner_phone=new.owner_phone,
            company_name=new.company_name,
            company_name_key=rules.name_key(new.company_name),
            company_key=None
            if new.is_another_trial  # the first brand keeps it
            else rules.company_key(name=new.company_name, credit_code=new.credit_code),
            terms_version=rules.TERMS_VERSION if new.accepts_terms else "",
            terms_accepted_at=clock.now() if new.accepts_terms else None,
            language=new.language,
        )
        Domain.objects.create(tenant=brand, domain=f"{new.slug}.{settings.BASE_DOMAIN}", is_primary=True)
    return brand


def _furnish_brand(brand: Brand, *, password: str | None) -> int:
    """Create the schema with its reference data and the owner. Return the owner's id."""
    create_schema_from_template(schema_name=brand.schema_name)
    with tenant_context(brand):
        owner = users.create_user(
            name=brand.owner_name,
            role=OWNER_ROLE,
            email=brand.owner_email,
            phone=brand.owner_phone,
            password=password,
            language=brand.language,
        )
    _set_provisioning(
        brand,
        ProvisioningState.PROVISIONING,
        ProvisioningState.READY,
        schema_fingerprint=versions.expected_fingerprint(),
    )
    due.note("kernel.look_after", at=clock.now(), brand=brand.schema_name)
    return int(owner.pk)


def _set_provisioning(brand: Brand, expected: ProvisioningState, wanted: ProvisioningState, **updates: object) -> None:
    compare_and_set(
        Brand.objects.filter(pk=brand.pk), field="provisioning_state", expected=expected, wanted=wanted, **updates
    )
    brand.provisioning_state = wanted
    for field, value in updates.items():
        setattr(brand, field, value)
