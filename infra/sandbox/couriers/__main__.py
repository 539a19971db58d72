"""The command line: `python -m sandbox.couriers --port 0 --state FILE --webhook-url URL`."""

from __future__ import annotations

import sys

from sandbox.core import command
from sandbox.couriers.fake import FakeKdniao


def main() -> int:
    """Run until a signal; the first line of the output ends with the address."""
    parser = command.parser_of("sandbox.couriers", "A stand-in for 快递鸟.")
    options = parser.parse_args()
    fake = FakeKdniao(ticking=True, path=options.state, port=options.port, webhook_url=options.webhook_url)
    return command.run(fake, f"business id {fake.business_id}, key {fake.app_key}")


if __name__ == "__main__":
    sys.exit(main())
