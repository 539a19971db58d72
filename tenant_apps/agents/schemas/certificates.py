"""API schemas of certificates."""

from datetime import date, datetime
from typing import Any

from ninja import Schema

from kernel.http.schemas import Strict, Text200
from tenant_apps.agents.models import Certificate


class WelcomeOut(Schema):
    """A text with a fresh link that sets the agent's password."""

    message: str


class CertificateOut(Schema):
    """A certificate; the PDF is at `/agent-certificates/{id}/pdf`."""

    id: int
    number: str
    agent_id: int
    level_name: str
    region: str
    valid_from: date
    valid_until: date | None
    issued_by: str
    issued_at: datetime
    revoked_at: datetime | None
    revoked_because: str


class CertificatesOut(Schema):
    """The newest first."""

    items: list[CertificateOut]


class RevocationIn(Strict):
    """Reason of the revocation."""

    reason: Text200


def certificate_row(certificate: Certificate) -> dict[str, Any]:
    return {name: getattr(certificate, name) for name in CertificateOut.model_fields}
