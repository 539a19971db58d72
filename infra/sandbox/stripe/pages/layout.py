"""Frame, languages, amounts and dates of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from sandbox.core.web import Response
from sandbox.stripe.forms import Form
from sandbox.stripe.machine import Machine

STYLE = """
:root { color-scheme: light; --ink: #1a1f36; --soft: #697386; --line: #e3e8ee; --strong: #0b5f4b; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color: var(--ink);
  background: #f6f8fa; }
main { max-width: 30rem; margin: 2.5rem auto; padding: 2rem; background: #fff; border: 1px solid var(--line);
  border-radius: 12px; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
.amount { font-size: 2rem; font-weight: 600; margin: 0 0 1rem; }
.test { display: inline-block; padding: .1rem .5rem; border-radius: 4px; background: #ffde92; font-size: .8rem; }
table { width: 100%; border-collapse: collapse; margin: .5rem 0 1rem; } td, th { text-align: left; padding: .4rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; } td:last-child, th:last-child { text-align: right; }
label { display: block; margin: .75rem 0 .25rem; } input[type=text], input[type=email] { width: 100%;
  padding: .6rem .75rem; border: 1px solid #c4ccd6; border-radius: 6px; font: inherit; }
.choice { display: flex; gap: .5rem; align-items: center; margin: .4rem 0; } .row { display: flex; gap: .75rem; }
.row > div { flex: 1; } button { width: 100%; margin-top: 1rem; padding: .75rem; border: 0; border-radius: 6px;
  background: var(--strong); color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
button.second { background: #fff; color: var(--ink); border: 1px solid #c4ccd6; } a { color: var(--strong); }
.problem { padding: .6rem .75rem; border-radius: 6px; background: #fde8e8; color: #9b1c1c; } .soft { color: var(--soft);
  font-size: .875rem; } code { font-size: .85rem; }
"""


@dataclass(frozen=True)
class PageRequest:
    """One request for a page."""

    machine: Machine
    method: str
    path: str
    form: Form
    accepts: str
    parts: Mapping[str, str | None]

    @property
    def id(self) -> str:
        """The object that the address names."""
        return self.parts.get("id") or ""

    def field(self, name: str) -> str:
        """A field of the posted form."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def language(self, locale: str | None) -> str:
        """`zh` or `en`: by the session's locale, else by the browser."""
        wanted = locale if locale and locale != "auto" else self.accepts
        return "zh" if wanted.lower().startswith("zh") else "en"


def frame(title: str, content: str, *, language: str, status: int = 200) -> Response:
    """A whole page around the content, which is HTML already."""
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{content}</main></body></html>"
    )
    return Response(status, text.encode())


def message_page(request: PageRequest, text: str, *, status: int) -> Response:
    """Nothing but a message."""
    return frame("Stripe (fake)", f"<h1>{escape(text)}</h1>", language=request.language(None), status=status)


def money(amount: int, currency: str | None) -> str:
    """Minor units as people write them: `¥3,600.00`."""
    sign = "-" if amount < 0 else ""
    symbol = "¥" if currency == "cny" else f"{(currency or '').upper()} "
    return f"{sign}{symbol}{abs(amount) / 100:,.2f}"


def day(moment: int) -> str:
    """A date: `2026-11-21`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
