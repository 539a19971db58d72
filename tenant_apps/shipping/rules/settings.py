"""The brand's settings of shipping, as they are kept in one JSON row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Final

from tenant_apps.shipping.rules.choosing import CarrierRule
from tenant_apps.shipping.rules.labels import DEFAULT_BLOCKS

MAX_RULES: Final = 50


@dataclass(frozen=True, slots=True)
class Sender:
    """Sender, as labels print it."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""

    @property
    def is_whole(self) -> bool:
        return all((self.name, self.phone, self.province, self.city, self.address))


@dataclass(frozen=True, slots=True)
class LabelTemplate:
    """Arrangement of the shop's own area of a label: blocks in order, and a text. `is_masked` hides the receiver."""

    blocks: tuple[str, ...] = DEFAULT_BLOCKS
    text: str = ""
    is_masked: bool = True


@dataclass(frozen=True, slots=True)
class WaybillAccount:
    """Accounts at 快递鸟 and, by the carrier's code, with carriers; keys are kept apart, encrypted."""

    business_id: str = ""
    customers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShippingOptions:
    """All settings. `carriers` are codes; none means every carrier that is known."""

    carriers: tuple[str, ...] = ()
    usual_carrier: str = ""
    rules: tuple[CarrierRule, ...] = ()
    sender: Sender = Sender()
    template: LabelTemplate = LabelTemplate()
    account: WaybillAccount = WaybillAccount()


def read_options(values: Mapping[str, object]) -> ShippingOptions:
    """Read what `write_options` wrote; what is missing has its default."""
    known = {one.name for one in fields(ShippingOptions)}
    found: dict[str, object] = {name: value for name, value in values.items() if name in known}
    rules = found.get("rules")
    return ShippingOptions(
        carriers=_texts(found.get("carriers")),
        usual_carrier=str(found.get("usual_carrier") or ""),
        rules=tuple(_read_rule(rule) for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else (),
        sender=Sender(**{name: str(value) for name, value in _mapping(found.get("sender")).items()}),
        template=_read_template(_mapping(found.get("template"))),
        account=_read_account(_mapping(found.get("account"))),
    )


def write_options(options: ShippingOptions) -> dict[str, object]:
    """Return the settings as JSON; money is text."""
    written = asdict(options)
    for rule in written["rules"]:
        for name in ("from_value", "to_value"):
            rule[name] = None if rule[name] is None else str(rule[name])
    return written


def _mapping(value: object) -> dict[str, object]:
    return {str(name): held for name, held in value.items()} if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _money(value: object) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None


def _read_rule(rule: Mapping[str, object]) -> CarrierRule:
    return CarrierRule(
        name=str(rule.get("name") or ""),
        carrier=str(rule.get("carrier") or ""),
        regions=_texts(rule.get("regions")),
        warehouses=_texts(rule.get("warehouses")),
        channels=_texts(rule.get("channels")),
        from_grams=_number(rule.get("from_grams")),
        to_grams=_number(rule.get("to_grams")),
        from_value=_money(rule.get("from_value")),
        to_value=_money(rule.get("to_value")),
    )


def _read_template(values: Mapping[str, object]) -> LabelTemplate:
    if not values:
        return LabelTemplate()
    return LabelTemplate(
        blocks=_texts(values.get("blocks")),
        text=str(values.get("text") or ""),
        is_masked=values.get("is_masked") is not False,
    )


def _read_account(values: Mapping[str, object]) -> WaybillAccount:
    customers = {name: str(value) for name, value in _mapping(values.get("customers")).items()}
    return WaybillAccount(str(values.get("business_id") or ""), customers)
