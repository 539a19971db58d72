"""Sign-up to ready brand, against migrating a fresh schema; then twenty sign-ups at once through the web server."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.harness import House, Measurement, median_seconds

SMALLEST_RATIO = 8.0
SIGN_UPS = 10
MIGRATIONS = 3
AT_ONCE = 20


def measure(house: House) -> Measurement:
    """The median of ten sign-ups and of three migrated schemas, interleaved."""
    from kernel.tenancy.context import leave_brand
    from shared_apps.tenants.services import provisioning
    from shared_apps.tenants.services.sign_up import sign_up

    leave_brand()
    numbers = iter(range(1_000))

    def sign_one_up() -> None:
        number = next(numbers)
        new = provisioning.NewBrand(
            name=f"Brand {number}",
            slug=f"brandnumber{number:03d}",
            owner_name="Owner",
            owner_email=f"owner{number}@bench.example",
            owner_phone=None,
            password="a long pass phrase",
            accepts_terms=True,
        )
        sign_up(new=new, public_url="http://localhost:8000")

    def migrate_one() -> None:
        schema = f"migrated{next(numbers)}"
        provisioning.create_schema_by_migrations(schema_name=schema)

    migrated = []
    signed_up = []
    for _ in range(MIGRATIONS):
        migrated.append(median_seconds(migrate_one, 1))
        signed_up += [median_seconds(sign_one_up, 1) for _ in range(SIGN_UPS // MIGRATIONS + 1)]
    floor = sorted(migrated)[len(migrated) // 2]
    ours = sorted(signed_up)[len(signed_up) // 2]
    statuses, took = twenty_at_once(house)
    ratio = round(floor / ours, 2)
    return Measurement(
        value=ratio,
        unit="× faster",
        bound=f"≥ {SMALLEST_RATIO:g} × faster, {AT_ONCE} at once",
        ok=ratio >= SMALLEST_RATIO and statuses == [201] * AT_ONCE,
        details={
            "migrate_seconds": [round(seconds, 3) for seconds in migrated],
            "sign_up_seconds": [round(seconds, 3) for seconds in signed_up],
            "at_once": f"{statuses.count(201)} of {AT_ONCE} succeeded in {took:.1f} s",
        },
    )


def twenty_at_once(house: House) -> tuple[list[int], float]:
    """Twenty people press the button together."""
    with house.web_server() as port:

        def post(number: int) -> int:
            body = {
                "name": f"Together {number}",
                "slug": f"together{number:02d}x",
                "owner_name": "Owner",
                "email": f"together{number}@bench.example",
                "password": "a long pass phrase",
                "accepts_terms": True,
            }
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            headers = {"Host": f"localhost:{port}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/signups", json.dumps(body), headers)
            return connection.getresponse().status

        started = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = list(pool.map(post, range(AT_ONCE)))
        return statuses, time.perf_counter() - started
