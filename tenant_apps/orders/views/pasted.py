"""Read a pasted chat text into the form of an order: receiver, region, goods. What is unsure is left to the clerk."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from django.http import HttpRequest
from django.utils.translation import gettext
from pydantic import StringConstraints

from console.json_acts import JsonAct
from kernel.china.divisions import spell_region
from kernel.http.schemas import Strict
from tenant_apps.catalog.selectors.products import find_variants_to_sell
from tenant_apps.shipping.services.reading import ReadGoods, ReadReceiver, ReadText, Role, read_text

MAX_OPTIONS: Final = 6
MAX_GOODS: Final = 50


class PastedTextIn(Strict):
    """A chat text as it was copied."""

    text: Annotated[str, StringConstraints(max_length=20_000)]


class ReadPasted(JsonAct):
    """Answer the form's fields, goods, and notes about what could not be read for sure."""

    permission = "orders.place"

    def act(self, request: HttpRequest) -> object:
        read = read_text(text=PastedTextIn.model_validate_json(request.body).text)
        chosen = next((one for one in read.receivers if one.role is Role.RECEIVER), None)
        goods = [*read.goods, *(chosen.goods if chosen else ())][:MAX_GOODS]
        return {
            "receiver": _receiver(chosen),
            "goods": find_goods(goods),
            "note": " ".join(one.text for one in (*read.remarks, *(chosen.remarks if chosen else ())))[:500],
            "says": _says(read, chosen),
        }


def _receiver(read: ReadReceiver | None) -> dict[str, dict[str, object]]:
    """Return value and candidates per field; an unsure field has no value."""
    if read is None:
        return {}
    phone = read.phone.value.replace("-", "")
    regions = [spell_region(code) for code in read.place.candidates]
    return {
        "name": _field(read.name.value, read.name.candidates),
        "phone": _field(phone, read.phone.candidates),
        "region": _field(spell_region(read.place.code) if read.place.code else "", regions),
        "address": _field(read.detail.value, read.detail.candidates),
    }


def _field(value: str, candidates: tuple[str, ...] | list[str]) -> dict[str, object]:
    return {"value": value, "candidates": [] if value else [one for one in candidates if one][:MAX_OPTIONS]}


def find_goods(read: Sequence[ReadGoods]) -> list[dict[str, object]]:
    """Look the goods up; words without a number that mean one article with the next words belong to them."""
    found = []
    waiting: ReadGoods | None = None
    for one in read:
        if waiting is not None:
            together = _goods(replace(one, words=f"{waiting.words} {one.words}"))
            if together["line"] is not None:
                found.append(together)
                waiting = None
                continue
            found.append(_goods(waiting))
        waiting = one if one.quantity is None else None
        if waiting is None:
            found.append(_goods(one))
    return [*found, _goods(waiting)] if waiting is not None else found


def _goods(read: ReadGoods) -> dict[str, object]:
    """Return the one article that the words mean, or those they may mean."""
    found = find_variants_to_sell(search=read.words, limit=MAX_OPTIONS)
    options = [{"sku": one.sku, "name": " ".join(filter(None, [one.product.name, one.name]))} for one in found]
    is_sure = len(found) == 1
    return {
        "words": read.words,
        "quantity": read.quantity,
        "line": options[0] if is_sure else None,
        "options": [] if is_sure else options,
    }


def _says(read: ReadText, chosen: ReadReceiver | None) -> list[str]:
    """Return sentences about what the form does not show by itself."""
    said = []
    others = sum(1 for one in read.receivers if one.role is Role.RECEIVER) - 1
    if chosen is None:
        said.append(gettext("No address was found in this text."))
    if others > 0:
        said.append(gettext("The text holds %(count)d further addresses: make an order of each.") % {"count": others})
    if chosen and chosen.extension:
        said.append(gettext("The phone has the extension %(digits)s.") % {"digits": chosen.extension})
    rest = [one.text for one in (*read.rest, *(chosen.rest if chosen else ()))]
    if rest:
        said.append(gettext("Not read: %(words)s") % {"words": " · ".join(rest)[:200]})
    return said
