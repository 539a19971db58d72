"""Invoices and receipts: a page, and a small PDF."""

from __future__ import annotations

from html import escape

from sandbox.core.errors import Json
from sandbox.core.web import Response, redirect
from sandbox.stripe.errors import ApiError
from sandbox.stripe.pages.layout import PageRequest, day, frame, money
from sandbox.stripe.pages.pay import TEXTS, card_fields
from sandbox.stripe.resources.collecting import collect
from sandbox.stripe.resources.invoicing import address_holds, renew_addresses
from sandbox.stripe.resources.payment_methods import new_card

WORDS = {
    "en": {
        "invoice": "Invoice",
        "receipt": "Receipt",
        "date": "Date",
        "total": "Total",
        "due": "Amount due",
        "pdf": "Download as PDF",
        "pay": "Pay now",
        "status": "Status",
    },
    "zh": {
        "invoice": "账单",
        "receipt": "收据",
        "date": "日期",
        "total": "合计",
        "due": "应付金额",
        "pdf": "下载 PDF",
        "pay": "立即支付",
        "status": "状态",
    },
}


def _invoice(request: PageRequest) -> Json:
    with request.machine.work() as work:
        invoice = dict(renew_addresses(work, work.get("invoice", request.id)))
        holds = address_holds(work, invoice, int(request.parts["told_at"] or "0", 16))
    if invoice["status"] == "draft":
        raise ApiError(404, "This invoice is not finalized yet.")
    if not holds:
        raise ApiError(410, "This link has expired.")
    return invoice


def invoice_page(request: PageRequest) -> Response:
    """The hosted invoice, where an open one can be paid by card."""
    invoice = _invoice(request)
    problem = ""
    if request.method == "POST" and invoice["status"] == "open":
        problem = _pay(request)
        if not problem:
            return redirect(request.path)
        invoice = _invoice(request)
    language = request.language(None)
    words = WORDS[language]
    lines = "".join(
        f"<tr><td>{escape(line['description'] or '')}</td><td>{money(line['amount'], line['currency'])}</td></tr>"
        for line in invoice["lines"]["data"]
    )
    content = (
        f'<p class="test">{TEXTS[language]["test"]}</p><h1>{words["invoice"]} {escape(invoice["number"])}</h1>'
        f"<p>{words['date']} {day(invoice['created'])} · {words['status']} {invoice['status']}</p><table>{lines}"
        f"<tr><th>{words['total']}</th><th>{money(invoice['total'], invoice['currency'])}</th></tr>"
        f"<tr><th>{words['due']}</th><th>{money(invoice['amount_remaining'], invoice['currency'])}</th></tr></table>"
        f'<p><a href="{invoice["invoice_pdf"]}">{words["pdf"]}</a></p>'
    )
    if problem:
        content += f'<p class="problem" role="alert">{escape(problem)}</p>'
    if invoice["status"] == "open":
        content += f'<form method="post">{card_fields(TEXTS[language])}<button>{words["pay"]}</button></form>'
    return frame(words["invoice"], content, language=language, status=402 if problem else 200)


def _pay(request: PageRequest) -> str:
    with request.machine.work() as work:
        invoice = work.get("invoice", request.id)
        method = new_card(work, "".join(request.field("number").split()), clock=invoice["test_clock"])
        method["_authenticated"] = True  # whoever pays here is present and confirms
        behaviour = method["_behaviour"]
        if behaviour == "authenticates_always":
            method["_behaviour"] = "succeeds"  # this one charge is confirmed
        outcome = collect(work, invoice, method, automatic=False)
        method["_behaviour"] = behaviour
    return "" if outcome == "succeeded" else "Your card was declined."


def receipt_page(request: PageRequest) -> Response:
    """The receipt of one charge."""
    with request.machine.work() as work:
        charge = dict(work.get("charge", request.id))
    language = request.language(None)
    words = WORDS[language]
    content = (
        f"<h1>{words['receipt']}</h1><p>{words['date']} {day(charge['created'])}</p>"
        f'<p class="amount">{money(charge["amount"], charge["currency"])}</p>'
        f"<p>{escape(charge['description'] or '')}</p>"
    )
    return frame(words["receipt"], content, language=language)


def invoice_pdf(request: PageRequest) -> Response:
    """The invoice as a PDF of one page."""
    invoice = _invoice(request)
    lines = [f"Invoice {invoice['number']}", f"Date {day(invoice['created'])}   Status {invoice['status']}", ""]
    lines += [f"{line['description'] or ''}    {line['amount'] / 100:,.2f}" for line in invoice["lines"]["data"]]
    lines += ["", f"Total {invoice['total'] / 100:,.2f} {invoice['currency'].upper()}"]
    name = f'attachment; filename="invoice-{invoice["number"]}.pdf"'
    return Response(200, pdf(lines), {"Content-Type": "application/pdf", "Content-Disposition": name})


def pdf(lines: list[str]) -> bytes:
    """A valid PDF of one A4 page with these lines; what Helvetica cannot show becomes a question mark."""
    shown = [line.replace("×", "x").encode("latin-1", "replace").decode("latin-1") for line in lines]
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in shown]
    content = "BT /F1 12 Tf 60 780 Td 18 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    stream = content.encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Response /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    document = b"%PDF-1.4\n"
    offsets = []
    for number, part in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return document + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
