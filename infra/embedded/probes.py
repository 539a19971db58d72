"""Ask a server over its socket how it is, without a driver."""

from __future__ import annotations

import enum
import socket
import struct
from pathlib import Path
from typing import BinaryIO

PROTOCOL = 196608  # Postgres' protocol 3.0
GONE = (FileNotFoundError, ConnectionRefusedError, NotADirectoryError)


class Health(enum.Enum):
    """Answer of a server that was asked how it is."""

    READY = "ready"
    BUSY = "busy"  # starting, recovering or shutting down: it will change by itself
    NO_DATABASE = "without its database"
    DOWN = "down"


def ask_postgres(path: Path, database: str, *, timeout: float = 5) -> Health:
    """Log in as a driver does, since Postgres accepts connections long before its recovery is over."""
    user = f"user\0postgres\0database\0{database}\0\0".encode()
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(struct.pack("!II", len(user) + 8, PROTOCOL) + user)
            with connection.makefile("rb") as answers:
                health = _read_answers(answers)
            if health is Health.READY:
                connection.sendall(b"X\0\0\0\x04")  # else the log complains of a lost client
            return health
    except GONE:
        return Health.DOWN
    except OSError:  # a time-out, or the server went away while it answered
        return Health.BUSY


def _read_answers(answers: BinaryIO) -> Health:
    while len(head := answers.read(5)) == 5:
        kind, length = struct.unpack("!cI", head)
        body = answers.read(length - 4)
        if kind == b"Z":  # ReadyForQuery
            return Health.READY
        if kind == b"E":  # the field `C` is the SQLSTATE
            known = {b"C57P03": Health.BUSY, b"C57P01": Health.BUSY, b"C3D000": Health.NO_DATABASE}
            # Any other refusal, such as too many connections, comes from a server that lives.
            return next((known[field] for field in body.split(b"\0") if field in known), Health.READY)
    return Health.BUSY


def ask_valkey(path: Path, *, timeout: float = 5) -> Health:
    """Send PING; a server that still loads its data answers `-LOADING`."""
    answer = command_valkey(path, "PING", timeout=timeout)
    if answer is None:
        return Health.DOWN
    return Health.READY if answer.startswith("+PONG") else Health.BUSY


def command_valkey(path: Path, command: str, *, timeout: float = 5) -> str | None:
    """Send one command without data and return the first line of the answer, `""` for none, None without a server."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(f"{command}\r\n".encode())
            with connection.makefile("rb") as answers:
                return answers.readline().decode(errors="replace").strip()
    except GONE:
        return None
    except OSError:
        return ""
