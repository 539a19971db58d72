"""Fields shared by several schemas."""

from typing import Annotated

from pydantic import Field, StringConstraints

from kernel.http.schemas import Strict
from tenant_apps.catalog.rules import TAX_CODE_LENGTH

SkuIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
BarcodeIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]
TaxCodeIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TAX_CODE_LENGTH)]
DescriptionIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
AddressIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Note20 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]
Note100 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Position = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]
Grams = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
Rank = Annotated[int, Field(strict=True, ge=1, le=1_000)]
QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PageFilters(Strict):
    """Page of a list."""

    cursor: str | None = None
    limit: int = 50
