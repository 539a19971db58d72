"""Fill address forms from a pasted text."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from console.access import may
from console.brand_pages import BrandPage
from kernel.china.divisions import spell_region
from kernel.http.rendering import FastJson
from tenant_apps.shipping.services.reading import ReadField, ReadReceiver, Role, read_text


class ReadAddress(BrandPage, View):
    """Answer the fields of the first receiver of a text, for `console/addresses.js`.

    A field that is not sure is empty, and `to_check` names it; the words of the answer are for the reader.
    """

    permission = "customers.edit"
    title = _("Read a pasted address")

    def setup(self, request: HttpRequest, *args: object, **kwargs: object) -> None:
        """Let those who place orders in too."""
        super().setup(request, *args, **kwargs)
        if may(request, "orders.place"):
            self.permission = "orders.place"

    def post(self, request: HttpRequest) -> HttpResponse:
        receivers = read_text(text=request.POST.get("text", "")).receivers
        chosen = next((one for one in receivers if one.role is Role.RECEIVER), None)
        if chosen is None:
            return FastJson({"fields": {}, "to_check": [], "note": gettext("No address was found in this text.")})
        fields = _fields(chosen)
        return FastJson(
            {
                "fields": fields,
                "to_check": [name for name, value in fields.items() if not value],
                "note": _note(chosen, len(receivers)),
            }
        )


def _fields(receiver: ReadReceiver) -> dict[str, str]:
    phone = receiver.phone.value.replace("-", "")
    return {
        "name": receiver.name.value,
        "phone": phone,
        "region": spell_region(receiver.place.code),
        "street": receiver.detail.value,
    }


def _note(receiver: ReadReceiver, receivers: int) -> str:
    notes = []
    if receivers > 1:
        sentence = gettext("There are %(count)s addresses in this text: the first is filled in.")
        notes.append(sentence % {"count": receivers})
    if receiver.place.doubt == "outside":
        notes.append(gettext("Hong Kong, Macau, Taiwan and other countries cannot be delivered to."))
    doubtful: list[ReadField] = [receiver.name, receiver.phone, receiver.detail]
    guesses = [field.candidates[0] for field in doubtful if not field.value and field.candidates]
    guesses += [spell_region(code) for code in receiver.place.candidates if not receiver.place.code]
    if guesses:
        notes.append(gettext("Not sure about: %(words)s") % {"words": " · ".join(guesses)})
    if receiver.extension:
        notes.append(gettext("The phone has the extension %(digits)s.") % {"digits": receiver.extension})
    return " ".join(notes)
