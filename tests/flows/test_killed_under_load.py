"""Postgres and the worker are killed while clerks work: what was acknowledged is there, and nothing is half done."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from embedded.locations import Locations
from embedded.processes import await_end
from embedded.servers import Servers
from tests.browser.house import House, wait_for

SCHEMA = "t_kill"
CLERKS = 3
ORDERS_EACH = 12
PATIENCE = 90.0
_OPEN = """
from kernel.tenancy.context import enter_brand
from shared_apps.accounts.services import api_keys
from shared_apps.tenants.services import provisioning
from tests.factories.trade import open_shop
enter_brand(provisioning.provision_brand(name="Kill", slug="kill", owner_name="O", owner_email="o@kill.example",
                                         owner_phone=None, password="a long pass phrase"))
open_shop()
print(api_keys.issue_api_key(name="kill", role="owner")[1])
"""
_RESUME = f"""
from kernel.core import clock
from kernel.tenancy.context import brand_schema
from tenant_apps.shipping.services import jobs
with brand_schema("{SCHEMA}"):
    jobs.resume_jobs(now=clock.now() + 2 * jobs.STALLED_AFTER)
"""
_CHECK = f"""
from kernel.tenancy.context import brand_schema
from tests.factories.sums import assert_everything_adds_up
with brand_schema("{SCHEMA}"):
    assert_everything_adds_up()
print("sound")
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A Postgres of the test's own: others work on that of the project."""
    folder = Path(tempfile.mkdtemp(prefix="banyan-kill-")).resolve()
    folder.chmod(0o755)  # as root the server runs as another user
    locations = Locations.of(folder)
    servers = Servers(locations)
    servers.ensure_postgres()
    yield servers
    servers.stop()
    shutil.rmtree(locations.sockets, ignore_errors=True)
    shutil.rmtree(locations.data, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Shop:
    """The house's brand as its clerks see it; `placed` and `paid` are the ids that were acknowledged."""

    house: House
    token: str
    placed: list[int] = field(default_factory=list)
    paid: list[int] = field(default_factory=list)

    def send(self, path: str, body: Mapping[str, object], key: str) -> dict[str, object]:
        """Ask until there is an answer, with the same key: a program does so when the line breaks."""
        answers: list[dict[str, object]] = []

        def ask() -> bool:
            connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=20)
            with contextlib.closing(connection):
                headers = {
                    "Host": f"kill.localhost:{self.house.port}",
                    "Authorization": f"Bearer {self.token}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": key,
                }
                connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
                answer = connection.getresponse()
                content = answer.read()
            if answer.status >= 500 or answer.status == 409:  # no database, or the first request is still at work
                return False
            assert answer.status < 300, content
            answers.append(json.loads(content))
            return True

        wait_for(ask, what=f"POST {path}", log=self.house.folder / "web.log", seconds=PATIENCE)
        return answers[0]

    def work(self, clerk: int) -> None:
        for number in range(ORDERS_EACH):
            key = f"{clerk}-{number}"
            lines = [{"sku": "G-01", "quantity": 1}, {"sku": "G-02", "quantity": 2}]
            order_id = int(str(self.send("/orders", {"lines": lines}, f"place-{key}")["id"]))
            self.placed.append(order_id)
            if number % 4:
                self.send(f"/orders/{order_id}/pay", {"method": "bank", "reference": key}, f"pay-{key}")
                self.paid.append(order_id)

    def ask_database(self, statement: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(dbname=self.house.database, **self.house.server)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {SCHEMA}; {statement}")
            return list(cursor.fetchall())

    def job(self, job_id: int) -> tuple[str, int]:
        ((state, done),) = self.ask_database(f"SELECT state, done FROM shipping_shippingjob WHERE id = {job_id}")
        return str(state), int(str(done))

    def wait_for_job(self, job_id: int, *, least: int = 0, state: str = "") -> None:
        def is_so() -> bool:
            now, done = self.job(job_id)
            return done >= least and state in {"", now}

        wait_for(is_so, what=f"job {job_id}", log=self.house.folder / "worker.log", seconds=PATIENCE)


def kill_postgres(servers: Servers) -> None:
    """Kill the server and start it anew."""
    process = int((servers.postgres.data / "postmaster.pid").read_text().split()[0])
    os.kill(process, signal.SIGKILL)
    assert await_end(process, 10)
    servers.ensure_postgres()


def test_nothing_acknowledged_is_lost(servers: Servers) -> None:
    dsn = parse_dsn(servers.postgres.url)
    with House(server=dsn, settings={"API_REQUESTS_PER_MINUTE": "1000000"}) as house:
        shop = Shop(house, house.shell(_OPEN).split()[-1])
        with ThreadPoolExecutor(CLERKS) as pool:
            working = [pool.submit(shop.work, clerk) for clerk in range(CLERKS)]
            for acknowledged in (6, 18):
                wait_for(
                    lambda least=acknowledged: len(shop.placed) >= least,
                    what="the load",
                    log=house.folder / "web.log",
                    seconds=PATIENCE,
                )
                kill_postgres(servers)
            for one in working:
                one.result()
        there = shop.ask_database("SELECT id, payment_state FROM orders_order ORDER BY id")
        assert [one for one, _state in there] == sorted(shop.placed)  # none is lost, and none was placed twice
        assert [one for one, state in there if state == "paid"] == sorted(shop.paid)
        assert house.shell(_CHECK).split()[-1] == "sound"
        _ship(shop, servers)
        _print(shop)
        assert house.shell(_CHECK).split()[-1] == "sound"


def _ship(shop: Shop, servers: Servers) -> None:
    """Ship all paid orders in a job whose worker is killed in the middle, and Postgres with it."""
    rows = [{"order_id": one, "carrier": "SF", "tracking_number": f"SF{one:06}"} for one in sorted(shop.paid)]
    job_id = int(str(shop.send("/orders/ship-batch", {"orders": rows}, "ship")["job_id"]))
    shop.wait_for_job(job_id, least=2)
    shop.house.kill_worker()
    kill_postgres(servers)
    state, done = shop.job(job_id)
    shipped = "SELECT count(*) FROM orders_order WHERE fulfilment_state = 'shipped'"
    assert shop.ask_database(shipped) == [(done,)]  # an item is counted and shipped, or neither
    assert (state, done < len(rows)) == ("running", True)
    shop.house.start_worker()
    shop.house.shell(_RESUME)
    shop.wait_for_job(job_id, state="done")
    assert shop.ask_database(shipped) == [(len(rows),)]
    assert shop.ask_database("SELECT count(*), count(DISTINCT tracking_number) FROM shipping_parcel") == [
        (len(rows), len(rows))
    ]
    assert shop.ask_database("SELECT refusals FROM shipping_shippingjob") == [([],)]


def _print(shop: Shop) -> None:
    """Print the labels in a job whose worker is killed before it is done."""
    ids = [int(str(row[0])) for row in shop.ask_database("SELECT id FROM shipping_parcel ORDER BY id")]
    shop.house.kill_worker()
    job_id = int(str(shop.send("/parcels/labels", {"parcel_ids": ids}, "labels")["id"]))
    shop.house.start_worker()
    shop.wait_for_job(job_id, least=1)
    shop.house.kill_worker()
    shop.house.start_worker()
    shop.house.shell(_RESUME)
    shop.wait_for_job(job_id, state="done")
    ((stored,),) = shop.ask_database(f"SELECT stored_as FROM shipping_shippingjob WHERE id = {job_id}")
    assert str(stored).endswith(".pdf")
