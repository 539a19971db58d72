"""Which page answers which address."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.stripe.errors import ApiError
from sandbox.stripe.forms import Form, decode
from sandbox.stripe.machine import Machine
from sandbox.stripe.pages.layout import Page, Visit, message_page
from sandbox.stripe.pages.papers import invoice_page, invoice_pdf, receipt_page
from sandbox.stripe.pages.pay import pay_page
from sandbox.stripe.pages.portal import portal_page

PAGES: tuple[tuple[re.Pattern[str], Callable[[Visit], Page]], ...] = (
    (re.compile(r"/pay/(?P<id>cs_test_\w+)(?:/(?P<act>cancel))?"), pay_page),
    (re.compile(r"/p/session/(?P<id>\w+)"), portal_page),
    (re.compile(r"/i/(?P<id>in_\w+)"), invoice_page),
    (re.compile(r"/i/(?P<id>in_\w+)/pdf"), invoice_pdf),
    (re.compile(r"/receipts/(?P<id>ch_\w+)"), receipt_page),
)


def show_page(machine: Machine, method: str, path: str, body: str, language: str) -> Page:
    """The page, or a message that there is none."""
    form: Form = decode(body)
    for pattern, show in PAGES:
        if match := pattern.fullmatch(path):
            visit = Visit(machine, method, path, form, language, match.groupdict())
            try:
                return show(visit)
            except ApiError as error:
                return message_page(visit, str(error), status=error.status)
    return message_page(Visit(machine, method, path, form, language, {}), "404", status=404)


__all__ = ["Page", "show_page"]
