"""Addresses of the pages."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.core.web import Request, Response
from sandbox.stripe.errors import ApiError
from sandbox.stripe.forms import decode
from sandbox.stripe.machine import Machine
from sandbox.stripe.pages.invoices import invoice_page, invoice_pdf, receipt_page
from sandbox.stripe.pages.layout import PageRequest, message_page
from sandbox.stripe.pages.pay import pay_page
from sandbox.stripe.pages.portal import portal_page

PAGES: tuple[tuple[re.Pattern[str], Callable[[PageRequest], Response]], ...] = (
    (re.compile(r"/pay/(?P<id>cs_test_\w+)(?:/(?P<act>cancel))?"), pay_page),
    (re.compile(r"/p/session/(?P<id>\w+)"), portal_page),
    (re.compile(r"/i/(?P<id>in_\w+)/(?P<told_at>[0-9a-f]+)"), invoice_page),
    (re.compile(r"/i/(?P<id>in_\w+)/(?P<told_at>[0-9a-f]+)/pdf"), invoice_pdf),
    (re.compile(r"/receipts/(?P<id>ch_\w+)"), receipt_page),
)


def show_page(machine: Machine, request: Request) -> Response:
    """Show the page of an address, or a message that there is none."""
    form = decode(request.body)
    language = request.header("Accept-Language")
    for pattern, show in PAGES:
        if match := pattern.fullmatch(request.path):
            asked = PageRequest(machine, request.method, request.path, form, language, match.groupdict())
            try:
                return show(asked)
            except ApiError as error:
                return message_page(asked, str(error), status=error.status)
    return message_page(PageRequest(machine, request.method, request.path, form, language, {}), "404", status=404)
