"""Error pages stand on their own: even without a request, without a database."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from tests.factories.html import squeeze


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_error_page_needs_nothing(code: str, language: str) -> None:
    with translation.override(language):
        page = squeeze(render_to_string(f"{code}.html"))
    assert f'lang="{language}"' in page
    assert f">{code[:3]}</p>" in page
    assert "<script" not in page
    assert "style=" not in page
    assert "set_language" not in page


def test_a_refusal_says_why() -> None:
    assert "orders.ship" in render_to_string("403.html", {"exception": "needs orders.ship"})
