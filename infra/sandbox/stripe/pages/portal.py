"""The customer portal's page: the card, the invoices, ending and keeping the subscription."""

from __future__ import annotations

from html import escape

from sandbox.core.errors import Json
from sandbox.core.web import Response, redirect
from sandbox.stripe.errors import ApiError, missing
from sandbox.stripe.pages.layout import PageRequest, day, frame, money
from sandbox.stripe.pages.pay import TEXTS, card_fields
from sandbox.stripe.resources.cancelling import set_cancellation
from sandbox.stripe.resources.changing import period_of
from sandbox.stripe.resources.charging import default_method
from sandbox.stripe.resources.ending import ENDED, end_subscription
from sandbox.stripe.resources.invoicing import renew_addresses
from sandbox.stripe.resources.payment_methods import attach, new_card
from sandbox.stripe.work import Work

WORDS = {
    "en": {
        "title": "Billing",
        "method": "Payment method",
        "none": "None yet",
        "change": "Save card",
        "invoices": "Invoices",
        "cancel": "Cancel the subscription",
        "keep": "Keep the subscription",
        "renews": "Renews on",
        "ends": "Ends on",
        "back": "Back",
        "test": "TEST MODE · no real money",
    },
    "zh": {
        "title": "账单",
        "method": "支付方式",
        "none": "暂无",
        "change": "保存银行卡",
        "invoices": "账单记录",
        "cancel": "取消订阅",
        "keep": "继续订阅",
        "renews": "续订日期",
        "ends": "结束日期",
        "back": "返回",
        "test": "测试模式 · 不会真实扣款",
    },
}


def portal_page(request: PageRequest) -> Response:
    """Show it, or do what was clicked."""
    problem = ""
    try:
        if request.method == "POST":
            with request.machine.work() as work:
                _act(work, _session(work, request.id), request)
            return redirect(request.path)
    except ApiError as error:
        problem = str(error)
    with request.machine.work() as work:
        session = _session(work, request.id)
        return _show(work, session, request.language(session["locale"]), problem)


def _session(work: Work, secret: str) -> Json:
    for session in work.rows("billing_portal.session", _secret=secret):
        return session
    raise missing("billing_portal.session", secret, "id")


def _act(work: Work, session: Json, request: PageRequest) -> None:
    customer = work.get("customer", session["customer"])
    features = work.get("billing_portal.configuration", session["configuration"])["features"]
    act = request.field("act")
    if act == "card" and features["payment_method_update"]["enabled"]:
        _change_card(work, customer, "".join(request.field("number").split()))
    elif act in ("cancel", "keep") and features["subscription_cancel"]["enabled"]:
        subscription = work.get("subscription", request.field("subscription"))
        if subscription["customer"] == customer["id"] and subscription["status"] not in ENDED:
            _change_end(work, subscription, act, features["subscription_cancel"]["mode"])


def _change_card(work: Work, customer: Json, number: str) -> None:
    method = attach(work, new_card(work, number, clock=customer["test_clock"])["id"], customer)
    with work.changing(customer, "customer.updated"):
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": method["id"]}


def _may_change_end(work: Work, subscription: Json) -> bool:
    """Tell whether the portal lets it end: not one whose schedule has a phase to come."""
    schedule = work.find("subscription_schedule", subscription["schedule"])
    now = work.now_of(subscription)
    return schedule is None or not any(phase["start_date"] > now for phase in schedule["phases"])


def _change_end(work: Work, subscription: Json, act: str, mode: str) -> None:
    if not _may_change_end(work, subscription):
        raise ApiError(400, "This subscription has a scheduled update and can't be canceled here.")
    if act == "cancel" and mode == "immediately":
        end_subscription(work, subscription, reason="cancellation_requested")
        return
    with work.changing(subscription, "customer.subscription.updated"):
        end = period_of(subscription)[1] if act == "cancel" else None
        classic = subscription["billing_mode"]["type"] == "classic"
        set_cancellation(work, subscription, end, at_period_end=act == "cancel" and classic)


def _show(work: Work, session: Json, language: str, problem: str) -> Response:
    words = WORDS[language]
    customer = work.get("customer", session["customer"])
    features = work.get("billing_portal.configuration", session["configuration"])["features"]
    alive = [row for row in work.rows("subscription", customer=customer["id"]) if row["status"] not in ENDED]
    content = f'<p class="test">{words["test"]}</p><h1>{words["title"]}</h1>'
    content += f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    ending = features["subscription_cancel"]["enabled"]
    content += "".join(_subscription(work, row, words, ending=ending and _may_change_end(work, row)) for row in alive)
    method = default_method(work, customer, alive[-1] if alive else None)
    content += f"<h2>{words['method']}</h2><p>{escape(_name_of(method) or words['none'])}</p>"
    if features["payment_method_update"]["enabled"]:
        content += (
            f'<form method="post">{card_fields(TEXTS[language])}'
            f'<button name="act" value="card">{words["change"]}</button></form>'
        )
    if features["invoice_history"]["enabled"]:
        content += f"<h2>{words['invoices']}</h2><table>{_invoices(work, customer)}</table>"
    if session["return_url"]:
        content += f'<p><a href="{escape(session["return_url"])}">{words["back"]}</a></p>'
    return frame(words["title"], content, language=language, status=402 if problem else 200)


def _name_of(method: Json | None) -> str:
    if method is None:
        return ""
    card = method.get("card")
    return f"{card['brand']} •••• {card['last4']}" if card else str(method["type"])


def _subscription(work: Work, row: Json, words: dict[str, str], *, ending: bool) -> str:
    item = row["items"]["data"][0]
    name = work.get("product", item["price"]["product"])["name"]
    stays = row["cancel_at"] is None
    act, moment = ("cancel", period_of(row)[1]) if stays else ("keep", row["cancel_at"])
    button = (
        f'<form method="post"><input type="hidden" name="subscription" value="{row["id"]}">'
        f'<button class="second" name="act" value="{act}">{words[act]}</button></form>'
    )
    return (
        f"<h2>{escape(name)}</h2><p>{money(item['price']['unit_amount'] * item['quantity'], row['currency'])} / "
        f"{item['price']['recurring']['interval']} · {escape(row['status'])}<br>"
        f"{words['renews' if stays else 'ends']} {day(moment)}</p>{button if ending else ''}"
    )


def _invoices(work: Work, customer: Json) -> str:
    rows = [row for row in reversed(work.rows("invoice", customer=customer["id"])) if row["status"] != "draft"]
    rows = [renew_addresses(work, row) for row in rows]
    return "".join(
        f'<tr><td>{day(row["created"])}</td><td><a href="{row["hosted_invoice_url"]}">{escape(row["number"])}</a></td>'
        f"<td>{money(row['total'], row['currency'])} · {row['status']}</td></tr>"
        for row in rows
    )
