"""Errors of the embedded servers."""


class ServerError(RuntimeError):
    """An embedded server cannot be prepared, started or stopped; the message says what to do about it."""
