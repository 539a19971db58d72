"""Acts on several rows of a console's list."""

from collections.abc import Sequence

from django.http.response import HttpResponseBase
from django.test import Client


def act_on(browser: Client, path: str, action: str, ids: Sequence[int]) -> HttpResponseBase:
    """Tick the rows, choose the act and answer its question with yes."""
    body: dict[str, object] = {"action": action, "_selected_action": ids}
    question = browser.post(path, body)
    assert question.status_code == 200
    return browser.post(path, {**body, "agreed": question.context["agreed"]})
