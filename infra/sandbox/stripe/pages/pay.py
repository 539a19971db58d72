"""The pay page of a Checkout Session."""

from __future__ import annotations

from html import escape

from sandbox.core.errors import Json
from sandbox.core.web import Response, redirect
from sandbox.stripe.errors import ApiError
from sandbox.stripe.pages.layout import PageRequest, frame, message_page, money
from sandbox.stripe.resources.checkout import needs_method
from sandbox.stripe.resources.paying import ActionNeededError, pay
from sandbox.stripe.resources.payment_methods import new_card, new_wallet
from sandbox.stripe.work import Work

WALLETS = ("alipay", "wechat_pay")
CARDS = (
    ("4242 4242 4242 4242", "succeeds", "成功"),
    ("4000 0000 0000 0002", "is declined", "被拒绝"),
    ("4000 0000 0000 9995", "is declined: insufficient funds", "余额不足"),
    ("4000 0025 0000 3155", "asks for authentication", "需要验证"),
    ("4000 0000 0000 0341", "can be saved, then fails", "可保存，之后扣款失败"),
)
TEXTS = {
    "en": {
        "title": "Subscribe",
        "test": "TEST MODE · no real money",
        "card": "Card",
        "alipay": "Alipay",
        "wechat_pay": "WeChat Pay",
        "number": "Card number",
        "expiry": "Expiry",
        "cvc": "CVC",
        "name": "Name on card",
        "email": "E-mail",
        "pay": "Pay",
        "start": "Start trial",
        "cancel": "Back without paying",
        "numbers": "Test numbers",
        "due": "due today",
        "done": "This page was already used, or has expired.",
        "bank": "Your bank asks you to confirm this payment.",
        "wallet": "Confirm the payment in the app.",
        "confirm": "Confirm",
        "refuse": "Refuse",
        "save": "Save",
        "empty": "Enter a card number.",
        "refused": "The payment was not confirmed.",
    },
    "zh": {
        "title": "订阅",
        "test": "测试模式 · 不会真实扣款",
        "card": "银行卡",
        "alipay": "支付宝",
        "wechat_pay": "微信支付",
        "number": "卡号",
        "expiry": "有效期",
        "cvc": "安全码",
        "name": "持卡人姓名",
        "email": "电子邮箱",
        "pay": "支付",
        "start": "开始试用",
        "cancel": "返回，不支付",
        "numbers": "测试卡号",
        "due": "今日应付",
        "done": "此页面已使用过或已过期。",
        "bank": "您的银行要求您确认此笔支付。",
        "wallet": "请在应用中确认支付。",
        "confirm": "确认",
        "refuse": "拒绝",
        "save": "保存",
        "empty": "请输入卡号。",
        "refused": "支付未被确认。",
    },
}


def pay_page(request: PageRequest) -> Response:
    """Show the form, or take what it sent."""
    with request.machine.work() as work:
        session = dict(work.get("checkout.session", request.id))
    language = request.language(session["locale"])
    texts = TEXTS[language]
    if request.parts.get("act") == "cancel":
        return redirect(session["cancel_url"] or session["success_url"])
    if session["status"] != "open":
        return message_page(request, texts["done"], status=410)
    if request.method != "POST":
        return _form(session, language)
    return _take(request, session, language)


def _take(request: PageRequest, session: Json, language: str) -> Response:
    texts = TEXTS[language]
    kind = request.field("method") or session["payment_method_types"][0]
    number = "".join(request.field("number").split())
    answer = request.field("answer")
    if needs_method(session) and kind == "card" and not number.isdigit():
        return _form(session, language, texts["empty"])
    if answer == "refuse":
        return _form(session, language, texts["refused"])
    if needs_method(session) and kind in WALLETS and not answer:
        return _confirmation(request, language, kind)
    try:
        with request.machine.work() as work:
            found = work.get("checkout.session", request.id)
            method = _method(work, found, kind, number)
            pay(work, found, method, email=request.field("email"), confirmed=answer == "confirm")
    except ActionNeededError:
        return _confirmation(request, language, kind)
    except ApiError as error:
        return _form(session, language, str(error))
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))


def _method(work: Work, session: Json, kind: str, number: str) -> Json | None:
    if not needs_method(session) and not number:
        return None
    clock = session["_clock"]
    return new_wallet(work, kind, clock=clock) if kind in WALLETS else new_card(work, number, clock=clock)


def _form(session: Json, language: str, problem: str = "") -> Response:
    texts = TEXTS[language]
    lines = "".join(
        f"<tr><td>{escape(line['description'])} × {line['quantity']}</td>"
        f"<td>{money(line['amount_total'], line['currency'])}</td></tr>"
        for line in session["_line_items"]
    )
    warning = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    button = (
        texts["pay"] if session["amount_total"] else texts["start" if session["mode"] == "subscription" else "save"]
    )
    content = (
        f'<p class="test">{texts["test"]}</p><h1>{texts["title"]}</h1>'
        f'<p class="amount">{money(session["amount_total"] or 0, session["currency"])} '
        f'<span class="soft">{texts["due"]}</span></p><table>{lines}</table>{warning}'
        f'<form method="post" action="/pay/{session["id"]}">{_email(session, texts)}{_methods(session, texts)}'
        f'<button type="submit">{button}</button></form>'
        f'<p><a href="/pay/{session["id"]}/cancel">{texts["cancel"]}</a></p>'
    )
    return frame(texts["title"], content, language=language, status=402 if problem else 200)


def _email(session: Json, texts: dict[str, str]) -> str:
    if session["customer"] or session["customer_email"]:
        return ""
    return f'<label for="email">{texts["email"]}</label><input id="email" type="email" name="email" required>'


def _methods(session: Json, texts: dict[str, str]) -> str:
    if not needs_method(session):
        return ""
    choices = "".join(
        f'<div class="choice"><input type="radio" name="method" id="{kind}" value="{kind}"'
        f'{" checked" if number == 0 else ""}><label for="{kind}">{texts[kind]}</label></div>'
        for number, kind in enumerate(session["payment_method_types"])
    )
    return choices + (card_fields(texts) if "card" in session["payment_method_types"] else "")


def card_fields(texts: dict[str, str]) -> str:
    """The fields of a card, and which numbers do what."""
    chinese = texts is TEXTS["zh"]
    numbers = "".join(
        f"<tr><td><code>{number}</code></td><td>{zh if chinese else en}</td></tr>" for number, en, zh in CARDS
    )
    return (
        f'<label for="number">{texts["number"]}</label>'
        '<input id="number" type="text" name="number" inputmode="numeric" autocomplete="cc-number" '
        'placeholder="4242 4242 4242 4242">'
        f'<div class="row"><div><label for="expiry">{texts["expiry"]}</label>'
        '<input id="expiry" type="text" name="expiry" value="08 / 34"></div>'
        f'<div><label for="cvc">{texts["cvc"]}</label><input id="cvc" type="text" name="cvc" value="123"></div></div>'
        f'<details><summary class="soft">{texts["numbers"]}</summary><table>{numbers}</table></details>'
    )


def _confirmation(request: PageRequest, language: str, kind: str) -> Response:
    """The bank's, Alipay's or WeChat's own step."""
    texts = TEXTS[language]
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(request.field(name))}">'
        for name in ("method", "number", "email")
    )
    content = (
        f'<p class="test">{texts["test"]}</p><h1>{texts["wallet" if kind in WALLETS else "bank"]}</h1>'
        f'<p>{texts[kind]}</p><form method="post" action="{escape(request.path)}">{hidden}'
        f'<button name="answer" value="confirm">{texts["confirm"]}</button>'
        f'<button class="second" name="answer" value="refuse">{texts["refuse"]}</button></form>'
    )
    return frame(texts["confirm"], content, language=language)
