"""Speak to 快递鸟: electronic waybills and tracks. Form and signature: reference/gateways.md 5.1."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlencode, urlsplit

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Unavailable
from kernel.tenancy.context import current_schema
from tenant_apps.shipping.models import Parcel
from tenant_apps.shipping.rules.carriers import BY_CODE
from tenant_apps.shipping.rules.settings import Sender
from tenant_apps.shipping.rules.tracking import Track, read_track
from tenant_apps.shipping.selectors.settings import get_options, get_waybill_key

TIMEOUT: Final = 8.0
MAX_ANSWER: Final = 2_000_000
_ISSUE: Final = "1007"
_CANCEL: Final = "1147"
_TRACK: Final = "8001"
_REPEATED: Final = "106"
_WAYBILLS: Final = "/api/EOrderService"
_TRACKS: Final = "/api/dist"
# Not allowed in any value.
_FORBIDDEN: Final = re.compile(r"['\"#&+<>%\\]")


class CourierRefused(Conflict):
    """The carrier's side refused; `detail` is its own reason."""

    code = "courier_refused"
    title = _("The carrier refused")


class CourierUnreachable(Unavailable):
    """Nobody answered, or nothing that can be read: whether it was done is unknown, and asking again is safe."""

    code = "courier_unreachable"
    title = _("The carrier's service does not answer. Please try again: nothing is issued twice.")


class NoWaybillAccount(Conflict):
    code = "no_waybill_account"
    title = _("Enter the account for electronic waybills first")


@dataclass(frozen=True, slots=True)
class IssuedWaybill:
    """A number, and what the carrier wants printed with it."""

    tracking_number: str
    mark_destination: str
    sorting_code: str
    package_name: str


def has_account() -> bool:
    return bool(get_options().account.business_id and get_waybill_key())


def sign(data: str, key: str) -> str:
    """Return the signature: base64 of the hexadecimal MD5 of data and key."""
    digest = hashlib.md5((data + key).encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def is_signed(data: str, signature: str) -> bool:
    """Tell whether 快递鸟 sent this to the current brand."""
    key = get_waybill_key()
    return (
        bool(key) and hashlib.sha256(sign(data, key).encode()).digest() == hashlib.sha256(signature.encode()).digest()
    )


def order_code(parcel: Parcel) -> str:
    """Return the parcel's name at 快递鸟, of at most 30 characters.

    It is made of what the next attempt finds again when this one's transaction is rolled back, never of the row's id:
    so a parcel never gets two numbers.
    """
    return f"{current_schema()[:10]}-{parcel.source.replace(':', '')}-{parcel.seq}"[:30]


def issue(*, parcel: Parcel, sender: Sender) -> IssuedWaybill:
    """Ask for the parcel's number; a repeated request is answered with the first number.

    Raises NoWaybillAccount, CourierRefused, CourierUnreachable.
    """
    account = get_options().account
    receiver = parcel.receiver
    data: dict[str, object] = {
        "OrderCode": order_code(parcel),
        "ShipperCode": parcel.carrier_code,
        "CustomerName": account.customers.get(parcel.carrier_code, ""),
        "PayType": 1 if not account.customers.get(parcel.carrier_code) else 3,
        "ExpType": 1,
        "Sender": _person(asdict(sender)),
        "Receiver": _person(receiver),
        "Commodity": [
            {"GoodsName": _clean(str(one["name"])), "Goodsquantity": one["quantity"]} for one in parcel.contents
        ],
        "Weight": round(parcel.weight_grams / 1000, 3) or 1,
        "Quantity": 1,
        "IsReturnPrintTemplate": 0,
    }
    answer = _send(_WAYBILLS, _ISSUE, data)
    order = answer.get("Order")
    number = str(order.get("LogisticCode") or "") if isinstance(order, dict) else ""
    repeated = str(answer.get("ResultCode")) == _REPEATED
    if not isinstance(order, dict) or not number or not (answer.get("Success") or repeated):
        raise CourierRefused(str(answer.get("Reason") or "") or CourierRefused.title)
    return IssuedWaybill(
        tracking_number=number[:64],
        mark_destination=str(order.get("MarkDestination") or ""),
        sorting_code=str(order.get("SortingCode") or ""),
        package_name=str(order.get("PackageName") or ""),
    )


def cancel(*, parcel: Parcel) -> None:
    """Give the parcel's number back. Raises NoWaybillAccount, CourierRefused, CourierUnreachable."""
    data = {
        "ShipperCode": parcel.carrier_code,
        "OrderCode": order_code(parcel),
        "ExpNo": parcel.tracking_number,
        "CustomerName": get_options().account.customers.get(parcel.carrier_code, ""),
    }
    answer = _send(_WAYBILLS, _CANCEL, data)
    if not answer.get("Success"):
        raise CourierRefused(str(answer.get("Reason") or "") or CourierRefused.title)


def query_track(*, code: str, number: str, phone: str) -> Track | None:
    """Return what is known of a number; None for nothing yet. Raises as `issue`."""
    data: dict[str, object] = {"ShipperCode": code, "LogisticCode": number}
    known = BY_CODE.get(code)
    if known is not None and known.asks_phone:
        data["CustomerName"] = phone[-4:]
    answer = _send(_TRACKS, _TRACK, data)
    try:
        return read_track({"LogisticCode": number, "ShipperCode": code, **answer})
    except ValueError:
        return None


def _send(path: str, request_type: str, data: Mapping[str, object]) -> dict[str, object]:
    account = get_options().account
    key = get_waybill_key()
    if not account.business_id or not key:
        raise NoWaybillAccount
    text = orjson.dumps(data).decode()
    form = {
        "RequestData": text,
        "EBusinessID": account.business_id,
        "RequestType": request_type,
        "DataSign": sign(text, key),
        "DataType": "2",
    }
    try:
        answer = orjson.loads(_post(path, urlencode(form)))
    except (OSError, HTTPException, ValueError) as problem:
        raise CourierUnreachable from problem
    if not isinstance(answer, dict):
        raise CourierUnreachable
    return answer


def _post(path: str, body: str) -> bytes:
    """Send a form. Raises OSError, HTTPException; and ValueError for any answer that is not 200."""
    base = urlsplit(settings.KDNIAO_API_BASE)
    kind = HTTPSConnection if base.scheme == "https" else HTTPConnection
    connection = kind(base.netloc, timeout=TIMEOUT)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"})
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            raise ValueError(answer.status)
        return answer.read(MAX_ANSWER)
    finally:
        connection.close()


def _person(facts: Mapping[str, object]) -> dict[str, str]:
    """Return a person as 快递鸟 writes one, without the characters that it refuses."""
    said = {name: _clean(str(facts.get(name) or "")) for name in ("name", "province", "city", "district", "address")}
    phone = re.sub(r"^\+86(?=1\d{10}$)", "", str(facts.get("phone") or ""))
    return {
        "Name": said["name"],
        "Mobile": phone.replace("+", "00"),
        "ProvinceName": said["province"],
        "CityName": said["city"],
        "ExpAreaName": said["district"],
        "Address": said["address"],
    }


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(" ", text).strip()
