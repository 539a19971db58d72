"""Refusals, and the JSON that travels."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class RefusalError(Exception):
    """A request that cannot be done, as the HTTP answer that says so."""

    def __init__(self, status: int, message: str, body: Json | None = None) -> None:
        """`body` is the stand-in's own error envelope; without one it is `{"error": {"message": …}}`."""
        super().__init__(message)
        self.status = status
        self.body: Json = body if body is not None else {"error": {"message": message}}
