"""Log lines and error reports say whose they are, and hold no personal data."""

import io
import logging
from typing import Any

import orjson
import pytest

from kernel.privacy import sentry
from kernel.privacy.logs import ContextFilter, JsonFormatter, RedactingFilter
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.origin import Origin, coming_from
from shared_apps.tenants.models import Brand

PLANTED = ("13812345678", "11010519491231002X", "6222021234567890123", "bny_abcdefgh12345", "wang.li@example.com")


@pytest.fixture
def log() -> Any:
    """A logger as the settings make them, and the stream it writes to."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(ContextFilter())
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("kernel-test-log")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger, stream
    logger.handlers = []


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.django_db
def test_a_line_says_when_where_and_who(log: Any, brand: Brand) -> None:
    logger, stream = log
    with acting_as(Actor(kind="user", id=7, label="Wang")), coming_from(Origin("req-1")):
        logger.warning("shipped %s", "SO20261121-000001", extra={"parcels": 2})
    line = _lines(stream)[0]
    assert line["time"].endswith("Z")
    assert {key: line[key] for key in ("level", "logger", "message", "brand", "request_id", "user", "parcels")} == {
        "level": "WARNING",
        "logger": "kernel-test-log",
        "message": "shipped SO20261121-000001",
        "brand": brand.schema_name,
        "request_id": "req-1",
        "user": "user:7",
        "parcels": 2,
    }


@pytest.mark.django_db
def test_nothing_planted_reaches_the_log(log: Any) -> None:
    logger, stream = log
    for secret in PLANTED:
        logger.info("message %s", secret)
        logger.info(f"formatted {secret}")
        logger.info("extra", extra={"note": secret, "rows": [{"value": secret}], "password": "hunter2"})
        logger.info("broken %d", secret)
        try:
            raise ValueError(f"about {secret}")
        except ValueError:
            logger.exception("failed for %s", secret)
    written = stream.getvalue()
    assert len(_lines(stream)) == 5 * len(PLANTED)
    assert "ValueError" in written
    for secret in (*PLANTED, "hunter2"):
        assert secret not in written


@pytest.mark.django_db
def test_an_error_report_names_the_brand_and_nothing_private(brand: Brand) -> None:
    secret = " ".join(PLANTED)
    event = {
        "message": secret,
        "logentry": {"message": secret, "params": [secret]},
        "extra": {"args": [secret], "authorization": "x-planted"},
        "breadcrumbs": {"values": [{"message": secret, "data": {"query": secret}}]},
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": secret,
                    "stacktrace": {
                        "frames": [{"function": "f", "lineno": 3, "vars": {"phone": "x-planted", "n": "1"}}]
                    },
                }
            ]
        },
        "request": {
            "method": "POST",
            "url": f"https://acme.localhost/api/v1/customers?phone={PLANTED[0]}",
            "data": {"phone": "x-planted"},
            "cookies": {"sessionid": "x-planted"},
            "query_string": f"phone={PLANTED[0]}",
            "env": {"REMOTE_ADDR": "192.0.2.1"},
            "headers": {"Authorization": "Bearer x-planted", "Cookie": "x-planted", "Accept": "text/html"},
        },
        "user": {"email": PLANTED[4], "ip_address": "192.0.2.1"},
        "server_name": "x-planted",
    }
    with acting_as(Actor(kind="user", id=7, label="Wang")), coming_from(Origin("req-1")):
        sent = sentry.before_send(event, {})
    text = orjson.dumps(sent).decode()
    for planted in (*PLANTED, "x-planted", "192.0.2.1"):
        assert planted not in text
    assert sent["tags"] == {"brand": brand.schema_name, "request_id": "req-1"}
    assert sent["user"] == {"id": "user:7"}
    assert sent["request"] == {
        "method": "POST",
        "url": "https://acme.localhost/api/v1/customers",
        "headers": {"Accept": "text/html"},
    }
    frame = sent["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert (frame["function"], frame["lineno"]) == ("f", 3)


@pytest.mark.django_db
def test_a_report_that_cannot_be_scrubbed_is_withheld() -> None:
    sent = sentry.before_send({"request": "13812345678", "message": "13812345678"})
    assert "13812345678" not in orjson.dumps(sent).decode()
    assert sent["level"] == "error"
