"""Servers start once, keep what was committed, and stop with their last user."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from embedded.errors import ServerError
from embedded.probes import Health
from embedded.processes import await_end
from embedded.servers import Servers

if TYPE_CHECKING:
    from .conftest import Checkout

Query = Callable[..., list[tuple[Any, ...]]]

USE_SERVERS = (
    "import sys; from embedded import servers; servers.ensure(); print('ready', flush=True); sys.stdin.readline()"
)
FORK = """
import os
from embedded import servers
servers.ensure()
if os.fork() == 0:
    raise SystemExit(0)  # with its handlers of `atexit`, unlike multiprocessing's children
os.wait()
print(servers.of_this_checkout().postgres.probe().value)
"""


def postmaster(servers: Servers) -> int:
    return int((servers.postgres.data / "postmaster.pid").read_text().split()[0])


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    assert await_end(process, 5)


def test_rows_survive_stop_and_start(checkout: Checkout) -> None:
    checkout.sql("CREATE TABLE kept AS SELECT '榕易' AS name")
    assert Servers(checkout.locations).postgres.probe() is Health.DOWN
    assert checkout.sql("SELECT name FROM kept") == "榕易"


def test_settings_and_collation_are_those_the_project_counts_on(checkout: Checkout) -> None:
    shown = checkout.sql(
        "SELECT current_setting('max_locks_per_transaction'), current_setting('fsync'), "
        "current_setting('listen_addresses'), current_setting('server_encoding'), upper('é'), '中文' ~ '^\\w+$'"
    )
    assert shown == "1024|on||UTF8|É|t"


def test_committed_rows_survive_kill_9_of_both_servers(servers: Servers, query: Query) -> None:
    addresses = servers.ensure()
    query(addresses.database_url, "CREATE TABLE killed AS SELECT 7 AS number")
    with redis.Redis.from_url(addresses.redis_url) as client:
        client.set("kept", "7")
    kill(postmaster(servers))
    kill(int((servers.valkey.data / "valkey.pid").read_text()))

    assert servers.ensure() == addresses
    assert query(addresses.database_url, "SELECT number FROM killed") == [(7,)]
    with redis.Redis.from_url(addresses.redis_url) as client:
        assert client.get("kept") == b"7"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_starts_where_another_process_got_the_number_of_the_killed_postmaster(servers: Servers, query: Query) -> None:
    url = servers.ensure_postgres()
    kill(postmaster(servers))
    # As the same user, since Postgres takes another user's process for no postmaster anyway.
    with subprocess.Popen(
        ["/bin/sleep", "60"],
        user=servers.locations.user.uid if servers.locations.user else None,
    ) as unrelated:
        for path in (
            servers.postgres.data / "postmaster.pid",
            servers.locations.postgres_socket.with_name(".s.PGSQL.5432.lock"),
        ):
            lines = path.read_text().split("\n")
            path.write_text("\n".join([str(unrelated.pid), *lines[1:]]))
        assert servers.ensure_postgres() == url
        assert query(url, "SELECT 1") == [(1,)]
        assert unrelated.poll() is None
        unrelated.kill()


def test_recovers_from_removed_sockets(servers: Servers, query: Query) -> None:
    addresses = servers.ensure()
    for path in servers.locations.sockets.iterdir():
        path.unlink()
    servers.locations.sockets.rmdir()
    assert servers.postgres.probe() is Health.DOWN
    assert servers.ensure() == addresses
    assert query(addresses.database_url, "SELECT 1") == [(1,)]
    assert servers.valkey.probe() is Health.READY


def test_two_checkouts_do_not_meet(checkout: Checkout, new_checkout: Checkout, query: Query) -> None:
    both = [Servers(checkout.locations), Servers(new_checkout.locations)]
    try:
        addresses = [servers.ensure() for servers in both]
        for number, (database_url, _) in enumerate((one.database_url, one.redis_url) for one in addresses):
            query(database_url, f"CREATE TABLE mine AS SELECT {number} AS number")
        assert [query(one.database_url, "SELECT number FROM mine") for one in addresses] == [[(0,)], [(1,)]]
        assert len({one.redis_url for one in addresses}) == 2
    finally:
        stopped = [servers.release() for servers in both]
    assert stopped == [True, True]


def test_four_processes_at_once_start_one_server(new_checkout: Checkout) -> None:
    processes = [new_checkout.start("-c", USE_SERVERS) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        with process:
            process.communicate("\n", timeout=30)
        assert process.returncode == 0
    seen = Servers(new_checkout.locations)
    assert seen.postgres.log.read_text().count("starting PostgreSQL") == 1
    assert seen.valkey.log.read_text().count("Server initialized") == 1
    assert seen.postgres.probe() is Health.DOWN


def test_the_last_user_stops_them_even_if_another_was_killed(checkout: Checkout) -> None:
    seen = Servers(checkout.locations)
    first, second, killed = (checkout.start("-c", USE_SERVERS) for _ in range(3))
    for process in (first, second, killed):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    killed.kill()
    killed.communicate()
    first.communicate("\n", timeout=30)
    assert (seen.postgres.probe(), seen.valkey.probe()) == (Health.READY, Health.READY)
    second.communicate("\n", timeout=30)
    assert (seen.postgres.probe(), seen.valkey.probe()) == (Health.DOWN, Health.DOWN)


def test_a_fork_that_ends_leaves_them_running(checkout: Checkout) -> None:
    assert checkout.run("-c", FORK) == (0, "ready")


def test_a_stop_meets_a_start_without_harm(checkout: Checkout) -> None:
    """Users that come while the last one goes always find running servers."""
    for _round in range(4):
        processes = [checkout.start("-m", "embedded", "psql", "-qAtc", "SELECT 1") for _ in range(2)]
        for process in processes:
            with process:
                output, _ = process.communicate(timeout=30)
            assert (process.returncode, output) == (0, "1\n")


def test_a_wrong_folder_of_programs_is_named(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", "/nowhere")
    with pytest.raises(ServerError, match=r"/nowhere/\w+ does not exist. Is PG_BIN right\?"):
        servers.ensure_postgres()


def test_data_of_another_major_version_is_refused(servers: Servers) -> None:
    servers.ensure_postgres()
    servers.release()
    version = servers.postgres.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(ServerError, match="was written by Postgres 12"):
            servers.ensure_postgres()
    finally:
        version.write_text(right)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
class TestAsRoot:
    """Postgres refuses uid 0, so as root the servers run as `nobody`."""

    def test_a_squatted_folder_of_sockets_is_refused(self, servers: Servers) -> None:
        servers.locations.sockets.mkdir(exist_ok=True)
        os.chown(servers.locations.sockets, 12345, 12345)
        with pytest.raises(ServerError, match="belongs to another user"):
            servers.ensure_valkey()
        os.chown(servers.locations.sockets, os.geteuid(), os.getegid())

    def test_a_closed_folder_above_moves_data_and_programs_to_where_nobody_can_go(self, new_checkout: Checkout) -> None:
        above = new_checkout.folder.parent
        above.chmod(0o700)
        locations = new_checkout.locations
        assert locations.data.parent == Path("/var/lib")
        new_checkout.sql("CREATE TABLE kept AS SELECT 7 AS number")
        above.chmod(0o755)
        assert new_checkout.locations == locations, "data must not vanish when a mode changes"
        assert new_checkout.sql("SELECT number FROM kept") == "7"
        assert not (new_checkout.folder / ".local/postgres").exists()
