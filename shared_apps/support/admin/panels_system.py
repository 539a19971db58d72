"""The panels of the brand's page that are about the machine: domains, what failed, exports and archives, facts."""

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.display import Tone
from console.panels import Panel, Row, facts, written
from shared_apps.support.admin.pages import ROWS, page_of
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.services import versions
from shared_apps.tenants.states import ArchiveState, ClaimState, ExportState, SuspensionCause

_CLAIM_TONES: Final[dict[str, Tone]] = {ClaimState.PENDING: "warning", ClaimState.VERIFIED: "success"}
_EXPORT_TONES: Final[dict[str, Tone]] = {ExportState.READY: "success", ExportState.FAILED: "danger"}
_ARCHIVE_TONES: Final[dict[str, Tone]] = {ArchiveState.VERIFIED: "success", ArchiveState.FAILED: "danger"}


def account(brand: BrandRecord, figures: Any) -> Panel:
    """Show the brand's identity, cell and size."""
    lags = brand.schema_fingerprint != versions.expected_fingerprint()
    return Panel(
        key="account",
        title=_("Brand"),
        icon="storefront",
        acting=("extend", "suspend", "resume", "reopen", "set_up", "permit_another_trial"),
        facts=facts(
            [
                (_("Company"), brand.company_name),
                (_("In this state since"), brand.state_since),
                (
                    _("Suspended because"),
                    SuspensionCause(brand.suspended_because).label if brand.suspended_because else "",
                ),
                (_("Trial ends at"), brand.trial_ends_at),
                (_("Trial extensions"), gettext("%(count)d used of 2") % {"count": brand.trial_extensions}),
                (_("Closes at"), brand.closing_at),
                (_("Since"), brand.created_at),
                (_("Language"), dict(settings.LANGUAGES).get(brand.language, brand.language)),
                (_("Time zone"), brand.time_zone),
                (_("Last seen"), figures.last_seen_at if figures is not None else None),
            ]
        )
        + facts(
            [
                (_("Schema"), f"{brand.schema_name} · {filesizeformat(figures.schema_bytes) if figures else '–'}"),
                (_("Schema version"), _("Lagging") if lags else _("Current")),
                (_("Cell"), brand.cell),
                (_("Set-up"), brand.get_provisioning_state_display()),
                (_("Why the set-up failed"), brand.provisioning_error),
            ]
        ),
    )


def domains(brand: BrandRecord) -> Panel:
    """The hosts that lead to the brand, and those it wants."""
    rows = [
        Row(title=domain.domain, label=pgettext_lazy("domain", "Main") if domain.is_primary else "", tone="info")
        for domain in brand.domains.order_by("-is_primary", "id")
    ]
    rows += [
        Row(
            title=claim.domain,
            note=claim.last_answer,
            side=written(claim.checked_at) if claim.checked_at else _("not checked yet"),
            label=claim.get_state_display(),
            tone=_CLAIM_TONES.get(claim.state, ""),
            link=page_of("tenants_domainclaim", claim.pk),
        )
        for claim in tenants.list_claims(brand.pk)
    ]
    return Panel(key="domains", title=_("Domains"), icon="language", acting=("claim_domain",), rows=rows)


def errors(brand: BrandRecord, figures: Any) -> Panel:
    """Show failures and waiting work."""
    rows = []
    for failure in figures.failures if figures is not None else []:
        times = int(failure["times"])
        at = parse_datetime(failure["at"] or "")
        rows.append(
            Row(
                title=failure["what"],
                note=failure["error"],
                side=written(at) if at else "",
                label=ngettext("%(times)d time", "%(times)d times", times) % {"times": times},
                tone="danger",
            )
        )
    waiting = (
        []
        if figures is None
        else [
            (_("Failed jobs"), figures.failed_jobs),
            (_("Deliveries waiting"), figures.pending_deliveries),
            (_("Oldest delivery waits (s)"), figures.oldest_delivery_seconds or None),
        ]
    )
    return Panel(
        key="errors", title=_("Errors"), icon="error", facts=facts(waiting), rows=rows, empty=_("Nothing failed.")
    )


def copies(brand: BrandRecord) -> Panel:
    """Exports, archives, and moves to another cell."""
    return Panel(
        key="copies",
        title=_("Exports, archives, moves"),
        icon="inventory_2",
        acting=("export", "archive", "restore", "move"),
        rows=[*_exports(brand), *_archives(brand), *_moves(brand)],
        empty=_("None."),
    )


def _exports(brand: BrandRecord) -> Iterator[Row]:
    for one in tenants.list_exports(brand.pk)[:ROWS]:
        yield Row(
            title=_("Export"),
            note=one.requested_by,
            side=written(one.requested_at),
            label=one.get_state_display(),
            tone=_EXPORT_TONES.get(one.state, ""),
            link=page_of("tenants_brandexport", one.pk),
        )


def _archives(brand: BrandRecord) -> Iterator[Row]:
    for one in tenants.list_archives(brand.pk)[:ROWS]:
        yield Row(
            title=_("Archive"),
            note=gettext("schema kept until %(day)s") % {"day": written(one.retained_until)},
            side=filesizeformat(one.size_bytes),
            label=one.get_state_display(),
            tone=_ARCHIVE_TONES.get(one.state, ""),
            link=page_of("tenants_brandarchive", one.pk),
        )


def _moves(brand: BrandRecord) -> Iterator[Row]:
    for one in tenants.list_moves(brand.pk)[:ROWS]:
        yield Row(
            title=gettext("Move from %(old)s to %(new)s") % {"old": one.from_cell, "new": one.to_cell},
            note=one.reason,
            side=written(one.requested_at),
            label=_("Cancelled") if one.cancelled_at else _("Done") if one.finished_at else _("Prepared"),
            tone="" if one.cancelled_at else "success" if one.finished_at else "warning",
            link=page_of("tenants_brandmove", one.pk),
        )
