"""The command line: `python -m sandbox.stripe --port 0 --state FILE --key sk_test_… --webhook-url URL …`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.stripe.fake import FakeStripe


def main() -> int:
    """Run until a signal; the first line of the output is the address."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.stripe", description="A stand-in for Stripe's API.")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="keep everything in this file")
    parser.add_argument("--key", default="", help="the secret key that is accepted; one is made without it")
    parser.add_argument("--webhook-url", default="", help="where signed webhooks go")
    parser.add_argument("--webhook-secret", default="", help="what they are signed with")
    options = parser.parse_args()
    if options.key and not options.key.startswith("sk_test_"):
        parser.error("--key must begin with sk_test_: a fake never gets a real key")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    fake = FakeStripe(
        ticking=True,
        path=options.state,
        port=options.port,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
    )
    fake.api_key = options.key or fake.api_key
    with fake:
        print(f"Stripe (fake) at {fake.url}", flush=True)
        if not options.key:
            print(f"key {fake.api_key}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
