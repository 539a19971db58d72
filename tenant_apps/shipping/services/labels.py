"""Draw labels and packing slips as PDF, many on one file."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from segno import make_qr

from kernel.core import clock
from kernel.core.errors import Conflict
from kernel.files import fonts
from tenant_apps.shipping.models import Parcel
from tenant_apps.shipping.rules.labels import LabelBlock, spell_receiver
from tenant_apps.shipping.rules.settings import LabelTemplate, Sender

LABEL: Final = (100 * mm, 180 * mm)
_FONT: Final = "banyan-regular"
_EDGE: Final = 4 * mm
_BEAT: Final = 20  # pages


class NoTrackingNumber(Conflict):
    code = "no_tracking_number"
    title = _("The parcel has no tracking number yet")


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """Facts of a label. `number` is that of the order; `sorting` is the carrier's code of the destination."""

    carrier: str
    tracking_number: str
    number: str
    receiver: Mapping[str, object]
    goods: Sequence[tuple[str, str, int]] = ()
    note: str = ""
    sorting: str = ""
    package: str = ""
    printed_at: datetime | None = None
    pieces: int = 0


def label_of(parcel: Parcel, *, now: datetime) -> LabelFacts:
    """Return the label of a parcel. Raises NoTrackingNumber."""
    if not parcel.tracking_number:
        raise NoTrackingNumber
    waybill = parcel.waybill
    return LabelFacts(
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        number=parcel.reference,
        receiver=parcel.receiver,
        goods=[(one["sku"], one["name"], one["quantity"]) for one in parcel.contents],
        note=parcel.note,
        sorting=str(waybill.get("mark_destination") or waybill.get("sorting_code") or ""),
        package=str(waybill.get("package_name") or ""),
        printed_at=now,
        pieces=sum(one["quantity"] for one in parcel.contents),
    )


def draw_labels(
    labels: Sequence[LabelFacts],
    *,
    template: LabelTemplate,
    sender: Sender,
    on_a4: bool = False,
    beat: Callable[[int], None] | None = None,
) -> bytes:
    """Return a PDF of one label a page (100 × 180 mm), or of two beside each other on A4, turned upright.

    The receiver is masked for the eye as the template says; the bar codes hold the number in full.
    """
    _register_font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4 if on_a4 else LABEL, pageCompression=1)
    canvas.setTitle(gettext("Labels"))
    for index, label in enumerate(labels):
        place = index % 2 if on_a4 else 0
        canvas.saveState()
        if on_a4:
            canvas.translate(place * (A4[0] / 2) + 2 * mm, A4[1] - LABEL[1] - 20 * mm)
        _Label(canvas, label, template, sender).draw()
        canvas.restoreState()
        if not on_a4 or place == 1 or index == len(labels) - 1:
            canvas.showPage()
        if beat and (index + 1) % _BEAT == 0:
            beat(index + 1)
    canvas.save()
    return out.getvalue()


@lru_cache(maxsize=1)
def _register_font() -> None:
    """Reading the font takes a while; it stays registered with the process."""
    pdfmetrics.registerFont(TTFont(_FONT, str(fonts.regular())))


class _Label:
    """One label, drawn from the top down."""

    def __init__(self, canvas: Canvas, label: LabelFacts, template: LabelTemplate, sender: Sender) -> None:
        self.canvas = canvas
        self.label = label
        self.template = template
        self.sender = sender
        self.y = LABEL[1] - _EDGE

    def draw(self) -> None:
        self._head()
        self._destination()
        self._person(gettext("To"), *spell_receiver(self.label.receiver, is_masked=self.template.is_masked), size=12)
        sender = self.sender
        if sender.name:
            place = {"province": sender.province, "city": sender.city, "district": sender.district}
            held = {"name": sender.name, "phone": sender.phone, "address": sender.address, **place}
            self._person(gettext("From"), *spell_receiver(held, is_masked=False), size=8)
        self._rule()
        self._barcode(10 * mm)
        for block in self.template.blocks:
            self._block(block)

    def _head(self) -> None:
        label = self.label
        self.y -= 7 * mm
        self._text(label.carrier, size=17)
        if label.printed_at is not None:
            day = label.printed_at.astimezone(clock.brand_zone()).strftime("%Y-%m-%d %H:%M")
            self.canvas.setFont(_FONT, 8)
            self.canvas.drawRightString(LABEL[0] - _EDGE, self.y, day)
        self.y -= 2 * mm
        self._rule()
        self._barcode(16 * mm)

    def _destination(self) -> None:
        self._rule()
        if self.label.sorting:
            self.y -= 12 * mm
            self._text(self.label.sorting, size=30)
            self.y -= 2 * mm
        if self.label.package:
            self.y -= 4 * mm
            self._text(self.label.package, size=10)
            self.y -= 2 * mm
        if self.label.sorting or self.label.package:
            self._rule()

    def _person(self, word: str, name: str, phone: str, address: str, *, size: float) -> None:
        self.y -= size * 1.5
        self._text(f"{word}  {name}  {phone}", size=size)
        for line in _wrapped(address, size, LABEL[0] - 2 * _EDGE, lines=3):
            self.y -= size * 1.3
            self._text(line, size=size)
        self.y -= 2 * mm

    def _barcode(self, height: float) -> None:
        """The number as Code 128, as wide as the label allows, with a quiet zone at both sides."""
        number = self.label.tracking_number
        code = Code128(number, barWidth=1.0, barHeight=height, quiet=False)
        code.barWidth = min((LABEL[0] - 20 * mm) / code.width, 1.4)
        code = Code128(number, barWidth=code.barWidth, barHeight=height, quiet=False)
        self.y -= height + 2 * mm
        code.drawOn(self.canvas, (LABEL[0] - code.width) / 2, self.y)
        self.y -= 4.5 * mm
        self.canvas.setFont(_FONT, 11)
        self.canvas.drawCentredString(LABEL[0] / 2, self.y, number)
        self.y -= 2 * mm

    def _block(self, block: str) -> None:
        """One block of the shop's own area; what has no room any more is left out."""
        if self.y < 14 * mm:
            return
        label = self.label
        if block == LabelBlock.QR:
            self._qr(label.tracking_number)
        elif block == LabelBlock.GOODS:
            for sku, name, quantity in label.goods:
                self._line(f"{sku}  {name} ×{quantity}")
        else:
            self._line(
                {
                    LabelBlock.NUMBER.value: label.number,
                    LabelBlock.PIECES.value: gettext("%(count)d pieces") % {"count": label.pieces},
                    LabelBlock.NOTE.value: label.note,
                    LabelBlock.TEXT.value: self.template.text,
                }.get(block, "")
            )

    def _line(self, text: str) -> None:
        if text and self.y > 14 * mm:
            for line in _wrapped(text, 9, LABEL[0] - 2 * _EDGE, lines=2):
                self.y -= 4 * mm
                self._text(line, size=9)

    def _qr(self, text: str) -> None:
        side = min(20 * mm, self.y - _EDGE)
        matrix = [list(row) for row in make_qr(text, error="m").matrix]
        step = side / (len(matrix) + 8)
        top = self.y - 4 * step
        left = LABEL[0] - _EDGE - side
        path = self.canvas.beginPath()
        for row, cells in enumerate(matrix):
            for column, is_dark in enumerate(cells):
                if is_dark:
                    path.rect(left + (column + 4) * step, top - (row + 1) * step, step, step)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def _rule(self) -> None:
        self.canvas.setLineWidth(0.6)
        self.canvas.line(_EDGE, self.y, LABEL[0] - _EDGE, self.y)

    def _text(self, text: str, *, size: float) -> None:
        drawn = _drawable(text)
        needed = pdfmetrics.stringWidth(drawn, _FONT, size)
        width = LABEL[0] - 2 * _EDGE
        self.canvas.setFont(_FONT, size if needed <= width else max(size * width / needed, 5))
        self.canvas.drawString(_EDGE, self.y, drawn)


def _drawable(text: str) -> str:
    """Return the text without what the font cannot draw; a letter without a shape is a box with its place kept."""
    try:
        return fonts.drawable(text)
    except fonts.NotDrawable:
        return "".join(mark if _has_shape(mark) else "□" for mark in text)


def _has_shape(mark: str) -> bool:
    try:
        return bool(fonts.drawable(mark)) or mark == " "
    except fonts.NotDrawable:
        return False


def _wrapped(text: str, size: float, width: float, *, lines: int) -> list[str]:
    """Break a text that has no blanks into lines; the last one holds the rest and is drawn smaller."""
    drawn = _drawable(text)
    found: list[str] = []
    while drawn and len(found) < lines - 1:
        cut = len(drawn)
        while cut > 1 and pdfmetrics.stringWidth(drawn[:cut], _FONT, size) > width:
            cut -= 1
        found.append(drawn[:cut])
        drawn = drawn[cut:]
    return [*found, drawn] if drawn else found
