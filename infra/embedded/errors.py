"""What can go wrong with an embedded server."""


class ServerError(RuntimeError):
    """An embedded server cannot be prepared, started or stopped; the message says what to do about it."""
