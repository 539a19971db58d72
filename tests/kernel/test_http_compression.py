"""Pages are compressed, and nothing else is."""

import gzip

import pytest
from django.test import Client

from shared_apps.tenants.models import Brand


@pytest.mark.django_db
def test_pages_are_compressed_and_differ_in_length(brand: Brand) -> None:
    browser = Client(headers={"host": f"{brand.slug}.localhost", "accept-encoding": "gzip"})
    answers = [browser.get("/console/login/") for _time in range(8)]
    assert {answer["Content-Encoding"] for answer in answers} == {"gzip"}
    assert b"<html" in gzip.decompress(answers[0].content)
    # Padded at random: the length of a page tells nothing of a secret in it.
    assert len({len(answer.content) for answer in answers}) > 1
    assert "Content-Encoding" not in browser.get("/api/v1/openapi.json")
