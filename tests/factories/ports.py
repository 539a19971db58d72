"""Ports for servers that a test starts by number."""

import random
import socket
from contextlib import closing


def free_port() -> int:
    """Return a port nobody listens on, below those the system gives to outgoing connections."""
    chance = random.SystemRandom()
    for _attempt in range(100):
        port = chance.randrange(10_000, 32_000)
        with closing(socket.socket()) as finder:
            try:
                finder.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
