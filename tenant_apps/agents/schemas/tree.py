"""The tree and results over the wire."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Id, MomentIn, Strict
from tenant_apps.agents.models import SponsorHistory


class SponsorIn(Strict):
    """The new sponsor; null makes the agent a root."""

    sponsor_id: Id | None


class UplineMemberOut(Schema):
    """Somebody above the agent; tier 1 is the sponsor."""

    tier: int
    agent_id: int
    level_id: int
    code: str
    name: str


class AgentUplineOut(Schema):
    """The sponsor first."""

    items: list[UplineMemberOut]


class UplineFilters(Strict):
    """`as_of` asks for who stood above then; `tiers` beyond 2 up to the root."""

    tiers: Annotated[int, Field(ge=1, le=1_000)] = 2
    as_of: MomentIn | None = None


class SponsorshipOut(Schema):
    """A sponsor in a half-open period; `valid_to` null is the present."""

    sponsor_id: int | None
    sponsor_code: str | None
    valid_from: datetime
    valid_to: datetime | None


class SponsorHistoryOut(Schema):
    """The present first."""

    items: list[SponsorshipOut]


def sponsorship_row(row: SponsorHistory) -> dict[str, Any]:
    return {
        "sponsor_id": row.sponsor_id,
        "sponsor_code": row.sponsor.code if row.sponsor else None,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }
