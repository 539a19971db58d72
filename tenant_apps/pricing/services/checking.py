"""Check new price rules: references exist, and price, pieces and moments make sense."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid, NotFound, Text
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors import sellable as catalog
from tenant_apps.pricing import rules
from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, LevelPrice
from tenant_apps.pricing.selectors.level_prices import holding

NO_LEVEL = _("There is no such level.")
NO_VARIANT = _("There is no such variant.")
BAD_PRICE = _("A price is not negative, below ten billion, and has at most two decimals.")
BAD_QUANTITY = _("Pieces are a whole number between 1 and 1,000,000.")


class InvalidPriceRule(Invalid):
    code = "invalid_price_rule"
    title = _("The price breaks a rule")


class PriceRuleNotFound(NotFound):
    code = "price_rule_not_found"
    title = _("There is no such price rule, or it is over")


class Complaints:
    """Collects faults, to report all of them at once. Raises InvalidPriceRule when there is anything."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def unless(self, holds: bool, field: str, code: str, detail: Text) -> None:
        if not holds:
            self.errors.append(FieldError(field, code, detail))

    def raise_any(self) -> None:
        if self.errors:
            raise InvalidPriceRule(errors=self.errors)

    def level(self, level_id: int | None) -> None:
        known = level_id is None or agents.get_known_level_ids(level_ids=[level_id])
        self.unless(bool(known), "level_id", "unknown_level", NO_LEVEL)

    def variant(self, variant_id: int) -> None:
        known = catalog.get_variants(variant_ids=[variant_id], now=clock.now())
        self.unless(bool(known), "variant_id", "unknown_variant", NO_VARIANT)

    def price(self, price: Decimal, field: str = "price") -> None:
        self.unless(rules.is_valid_price(price), field, "invalid_price", BAD_PRICE)

    def pieces(self, pieces: int, field: str = "min_quantity") -> None:
        self.unless(rules.is_valid_quantity(pieces), field, "invalid_quantity", BAD_QUANTITY)

    def period(self, *, valid_from: datetime | None, valid_until: datetime | None, now: datetime) -> None:
        """Check the period: what was charged is history, so no rule begins in the past or ends before it begins."""
        begins = valid_from or now
        past = _("A price cannot begin in the past: orders were placed at the other one.")
        self.unless(begins >= now, "valid_from", "in_the_past", past)
        backwards = _("The end must come after the beginning.")
        self.unless(valid_until is None or valid_until > begins, "valid_until", "ends_before_it_begins", backwards)


def beginning(rows: QuerySet[Model], *, valid_from: datetime | None, now: datetime) -> datetime:
    """Return the beginning of a new row among `rows` of the same rule: the first one held from the beginning, a later
    one holds from now on, so that what was charged before stays known.
    """
    if valid_from is not None:
        return valid_from
    return now if rows.filter(valid_from__lte=now).exists() else rules.FROM_THE_BEGINNING


def end_rule(row: LevelPrice | CategoryDiscount | AgentPrice, *, rows: QuerySet[Model], now: datetime) -> None:
    """End the rule: a row that is still to come disappears; of one in force all of its rows (`rows`) end, so that no
    earlier one takes its place. Raises PriceRuleNotFound for one that is over."""
    begins = row.valid_from
    ends = row.valid_until
    if ends is not None and ends <= now:
        raise PriceRuleNotFound
    if begins > now:
        row.delete()
    else:
        rows.filter(holding(now)).update(valid_until=now)
