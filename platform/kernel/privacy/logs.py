"""JSON log lines with brand, request id and user, without personal data."""

import logging
from time import gmtime, struct_time
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter

from kernel.privacy.redaction import is_secret_name, redact, redact_text
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import current_schema
from kernel.tenancy.origin import current_origin

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}
_OURS = frozenset({"brand", "request_id", "user"})


class ContextFilter(logging.Filter):
    """Add brand, request and user to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        actor = current_actor()
        record.brand = getattr(record, "brand", None) or current_schema()
        record.request_id = getattr(record, "request_id", None) or current_origin().request_id
        record.user = f"{actor.kind}:{actor.id}" if actor.id is not None else actor.label
        return True


class RedactingFilter(logging.Filter):
    """Mask phone numbers, ID numbers, bank cards, tokens and e-mail addresses in the message and its extras."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact_text(_message(record))
        record.args = None
        for name, value in list(record.__dict__.items()):
            if name not in _STANDARD and name not in _OURS:
                setattr(record, name, "[hidden]" if is_secret_name(name) and value else redact(value))
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact_text(record.exc_text)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # wrong arguments to a log call must not lose the line
        return f"{record.msg} {record.args!r}"


class JsonFormatter(OrjsonFormatter):
    """One JSON object per line: time (UTC), level, logger, message, brand, request_id, user, then the extras."""

    def converter(self, seconds: float | None) -> struct_time:
        return gmtime(seconds)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "exception"},
            datefmt="%Y-%m-%dT%H:%M:%SZ",
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the base class' name)
        return redact_text(str(super().formatException(ei)))
