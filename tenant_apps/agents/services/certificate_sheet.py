"""Draw an authorisation certificate on paper."""

import io
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from django.utils import translation
from django.utils.translation import gettext
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from kernel.files import fonts
from kernel.tenancy.context import current_brand
from tenant_apps.agents.models import Certificate

_FONT: Final = "banyan-regular"
_WIDTH, _HEIGHT = landscape(A4)
_GOLD = HexColor("#B08D3C")
_INK = HexColor("#1F2937")
_SOFT = HexColor("#6B7280")
_QR_SIDE: Final = 96.0


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    value: str


def draw(certificate: Certificate, *, check_address: str, language: str) -> bytes:
    """The certificate as a PDF page, A4 landscape, with a QR code that leads to `check_address`.

    Raises NotDrawable for a name with a letter that the font lacks.
    """
    _register_font()
    out = io.BytesIO()
    brand = fonts.drawable(str(getattr(current_brand(), "name", "")))
    with translation.override(language):
        canvas = Canvas(out, pagesize=landscape(A4))
        canvas.setTitle(f"{gettext('Certificate of authorisation')} {certificate.number}")
        canvas.setAuthor(brand)
        _frame(canvas)
        _heading(canvas, brand)
        _body(canvas, certificate, brand)
        _foot(canvas, certificate, check_address)
        canvas.showPage()
        canvas.save()
    return out.getvalue()


@lru_cache(maxsize=1)
def _register_font() -> None:
    """Reading the font takes a while; it stays registered with the process."""
    pdfmetrics.registerFont(TTFont(_FONT, str(fonts.regular())))


def _frame(canvas: Canvas) -> None:
    canvas.setStrokeColor(_GOLD)
    for inset, width in ((24, 2.5), (31, 0.7)):
        canvas.setLineWidth(width)
        canvas.rect(inset, inset, _WIDTH - 2 * inset, _HEIGHT - 2 * inset)


def _heading(canvas: Canvas, brand: str) -> None:
    _centred(canvas, brand, y=_HEIGHT - 92, size=20, colour=_SOFT)
    _centred(canvas, gettext("Certificate of authorisation"), y=_HEIGHT - 150, size=40, colour=_GOLD)


def _body(canvas: Canvas, certificate: Certificate, brand: str) -> None:
    _centred(canvas, gettext("This certifies that"), y=_HEIGHT - 205, size=14, colour=_SOFT)
    _centred(canvas, fonts.drawable(certificate.agent.name), y=_HEIGHT - 250, size=32, colour=_INK)
    words = gettext("is an authorised agent of %(brand)s.") % {"brand": brand}
    _centred(canvas, words, y=_HEIGHT - 288, size=14, colour=_SOFT)
    y = _HEIGHT - 345
    for line in _facts(certificate):
        canvas.setFillColor(_SOFT)
        canvas.setFont(_FONT, 13)
        canvas.drawRightString(_WIDTH / 2 - 90, y, line.label)
        _fitted(canvas, line.value, x=_WIDTH / 2 - 74, y=y, size=15, width=_WIDTH / 2 - 110)
        y -= 30


def _facts(certificate: Certificate) -> list[_Line]:
    until = _day(certificate.valid_until) if certificate.valid_until else gettext("without an end")
    term = gettext("%(first)s to %(last)s") % {"first": _day(certificate.valid_from), "last": until}
    lines = [_Line(gettext("Level"), fonts.drawable(certificate.level_name))]
    lines += [_Line(gettext("Region"), fonts.drawable(certificate.region))]
    lines += [_Line(gettext("Authorised"), term), _Line(gettext("Number"), certificate.number)]
    return [line for line in lines if line.value]


def _foot(canvas: Canvas, certificate: Certificate, check_address: str) -> None:
    code = QrCodeWidget(check_address, barLevel="M")
    left, bottom, right, top = code.getBounds()
    scale = _QR_SIDE / max(right - left, top - bottom)
    drawing = Drawing(_QR_SIDE, _QR_SIDE, transform=[scale, 0, 0, scale, 0, 0])
    drawing.add(code)
    renderPDF.draw(drawing, canvas, _WIDTH - _QR_SIDE - 62, 66)
    canvas.setFillColor(_SOFT)
    canvas.setFont(_FONT, 9)
    canvas.drawCentredString(_WIDTH - _QR_SIDE / 2 - 62, 54, gettext("Scan to check"))
    canvas.drawString(62, 54, gettext("Issued on %(day)s") % {"day": _day(certificate.valid_from)})
    canvas.setFont(_FONT, 8)
    canvas.drawString(62, 68, check_address)


def _day(day: date) -> str:
    return day.isoformat()


def _centred(canvas: Canvas, text: str, *, y: float, size: float, colour: HexColor) -> None:
    """In the middle of the page, smaller where the text is too long for it."""
    canvas.setFillColor(colour)
    canvas.setFont(_FONT, _size_for(text, size, _WIDTH - 140))
    canvas.drawCentredString(_WIDTH / 2, y, text)


def _fitted(canvas: Canvas, text: str, *, x: float, y: float, size: float, width: float) -> None:
    canvas.setFillColor(_INK)
    canvas.setFont(_FONT, _size_for(text, size, width))
    canvas.drawString(x, y, text)


def _size_for(text: str, size: float, width: float) -> float:
    needed = pdfmetrics.stringWidth(text, _FONT, size)
    return size if needed <= width else max(size * width / needed, 6)
