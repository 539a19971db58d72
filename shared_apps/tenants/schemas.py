"""API schemas of sign-up."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Note200, Strict, Text100


class SignUpIn(Strict):
    """A new brand and its owner. Needs `email`, `phone` or both."""

    name: Text100 = Field(description="The brand's name, at most 80 characters.", examples=["栖木生活"])
    slug: Text100 = Field(description="The subdomain.", examples=["qimu"])
    owner_name: Text100 = Field(examples=["林晓"])
    email: Note200 | None = Field(None, examples=["lin@example.com"])
    phone: Note200 | None = Field(None, description="Chinese unless it begins with +.", examples=["13812345678"])
    password: str = Field(min_length=1, max_length=200)
    company_name: Text100 | None = Field(None, description="May be left out.", examples=["上海栖木贸易有限公司"])
    credit_code: Text100 | None = Field(
        None, description="The unified social credit code (GB 32100); may be left out.", examples=["91310000MA1FL5XX0D"]
    )
    accepts_terms: bool = Field(
        default=True,
        strict=True,
        description="A program that signs a brand up has shown its owner the terms and the privacy policy; "
        "false is refused.",
    )


class BrandOut(Schema):
    """The new brand."""

    name: str
    slug: str
    state: str
    time_zone: str
    currency: str


class SignUpOut(Schema):
    """Open `enter_url` within a minute; it signs the owner in once."""

    brand: BrandOut
    domain: str
    trial_ends_at: datetime
    enter_url: str


class ProposalQuery(Strict):
    name: Note200 = Field(description="Of the brand or the company", examples=["栖木生活"])


class ProposalOut(Schema):
    """A free subdomain; empty where none comes to mind. It is not reserved."""

    slug: str


class AvailabilityQuery(Strict):
    slug: Note200


class AvailabilityOut(Schema):
    """Availability of a subdomain. `code` and `detail` say why it is not free."""

    slug: str
    available: bool
    code: str
    detail: str
