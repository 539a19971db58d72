"""The command line: `python -m sandbox.stripe --port 0 --state FILE --key sk_test_… --webhook-url URL …`."""

from __future__ import annotations

import sys

from sandbox.core import command
from sandbox.stripe.fake import FakeStripe


def main() -> int:
    """Run until a signal; the first line of the output ends with the address."""
    parser = command.parser_of("sandbox.stripe", "A stand-in for Stripe's API.")
    parser.add_argument("--key", default="", help="the secret key that is accepted; one is made without it")
    options = parser.parse_args()
    if options.key and not options.key.startswith("sk_test_"):
        parser.error("--key must begin with sk_test_: a fake never gets a real key")
    fake = FakeStripe(
        ticking=True,
        path=options.state,
        port=options.port,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
    )
    if options.key:
        fake.api_key = options.key
        return command.run(fake)
    return command.run(fake, f"key {fake.api_key}")


if __name__ == "__main__":
    sys.exit(main())
