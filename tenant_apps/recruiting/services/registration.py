"""Register an agent by the staff: an application that is approved at once."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from kernel.core import clock
from kernel.core.errors import FieldError
from kernel.core.numbering import take_number
from tenant_apps.agents.services.people import read_person
from tenant_apps.agents.services.register import InvalidAgent
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.services import applications
from tenant_apps.recruiting.services.applications import Approved, Decision
from tenant_apps.recruiting.states import ApplicationSource


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """An agent as the staff write one down. No code: one is made up; no `valid_until`: by the level's months."""

    name: str
    phone: str
    level_id: int
    sponsor_id: int | None = None
    code: str = ""
    valid_until: date | None = None
    email: str = ""


@transaction.atomic
def register_agent(*, new: NewRegistration, origin: str, now: datetime) -> Approved:
    """Write an application of the person and approve it in the same transaction.

    Term, deposit and login follow from the level as for whoever applied by the page. `origin` is the brand's address,
    for the link that sets the password. Raises InvalidAgent, UnknownLevel, RegionTaken,
    UnknownSponsor, SponsorNotActive, SponsorMayNotRecruit, DuplicateAgent, PhoneTaken, EmailTaken, QuotaExceeded.
    """
    person, faults = read_person(name=new.name, phone=new.phone)
    if faults:
        raise InvalidAgent(errors=[FieldError(name, "invalid", detail) for name, detail in faults.items()])
    application = Application(
        source=ApplicationSource.STAFF,
        name=person.name,
        phone=person.phone,
        applied_at=now,
        number=take_number(kind=applications.SERIES, day=clock.business_date(now)),
    )
    decision = Decision(
        level_id=new.level_id, sponsor_id=new.sponsor_id, email=new.email, code=new.code, valid_until=new.valid_until
    )
    return applications.onboard_applicant(application, decision, origin=origin, now=now)
