"""Folders of a checkout: data, sockets, locks."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import ServerError
from embedded.processes import ServerUser, hand_over

DATABASE = "banyan"
POSTGRES_PORT = 5432  # names the socket file only: nothing listens on TCP
SYSTEM_FOLDER = Path("/var/lib")
SOCKET_FOLDER = Path("/tmp")  # noqa: S108 - a socket's path must stay below 104 bytes, which TMPDIR may not


def reachable(path: Path, user: ServerUser | None) -> bool:
    """Tell whether the servers' user may enter every folder above `path` and read (and enter) `path` itself."""
    if user is None:
        return True
    path = path.resolve()
    wanted = stat.S_IRWXO & (0o5 if path.is_dir() or os.access(path, os.X_OK) else 0o4)
    return _allows(path, user, wanted) and all(_allows(folder, user, 0o1) for folder in path.parents)


def _allows(path: Path, user: ServerUser, wanted: int) -> bool:
    facts = path.stat()
    shift = 6 if facts.st_uid == user.uid else 3 if facts.st_gid == user.gid else 0
    return (facts.st_mode >> shift) & wanted == wanted


@dataclass(frozen=True, slots=True)
class Locations:
    """One checkout's folders. `data` is `local`, or a folder of its own where `nobody` cannot reach the checkout."""

    repository: Path
    local: Path
    data: Path
    sockets: Path
    user: ServerUser | None

    @classmethod
    def of(cls, repository: Path | None = None) -> Locations:
        """Find the folders of a checkout (by default of the one this file stands in); creates nothing."""
        repository = (repository or Path(__file__).parents[2]).resolve()
        user = ServerUser.for_this_process()
        digest = hashlib.sha256(os.fsencode(repository)).hexdigest()[:8]
        local = repository / ".local"
        fallback = SYSTEM_FOLDER / f"banyan-{digest}"
        nearest = next(folder for folder in (local, *local.parents) if folder.exists())
        # The fallback stays where it was used once: data must not vanish because a folder's mode was changed.
        elsewhere = user is not None and (fallback.exists() or not reachable(nearest, user))
        return cls(repository, local, fallback if elsewhere else local, SOCKET_FOLDER / f"banyan-{digest}", user)

    @property
    def database_url(self) -> str:
        """Django's and psql's address of the database, over the socket."""
        return f"postgresql://postgres@/{DATABASE}?host={self.sockets}&port={POSTGRES_PORT}"

    @property
    def redis_url(self) -> str:
        """redis-py's address of Valkey, over the socket."""
        return f"unix://{self.valkey_socket}?db=0"

    @property
    def postgres_socket(self) -> Path:
        """The socket Postgres listens on."""
        return self.sockets / f".s.PGSQL.{POSTGRES_PORT}"

    @property
    def valkey_socket(self) -> Path:
        """The socket Valkey listens on."""
        return self.sockets / "redis.sock"

    @property
    def start_lock(self) -> Path:
        """Held while servers are started or stopped."""
        return self.data / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Held (shared) by each process that uses the servers, for its life."""
        return self.data / "users.lock"

    def create(self) -> None:
        """Make the folders. Raises ServerError where somebody else owns the sockets' folder."""
        for folder in {self.local, self.data}:
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)  # whatever the umask: the servers' user must pass
        self._create_sockets_folder()

    def _create_sockets_folder(self) -> None:
        try:
            self.sockets.mkdir(mode=0o700)
            hand_over(self.sockets, self.user)
        except FileExistsError:
            pass
        facts = self.sockets.lstat()
        # The name can be guessed and /tmp is everybody's: a folder laid there by another user would get our queries.
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in self._trusted_owners():
            raise ServerError(
                f"{self.sockets} belongs to another user (uid {facts.st_uid}), so the servers cannot put their sockets "
                "there. If you ran this checkout as another user before, run `make stop` as that user and remove it."
            )
        hand_over(self.sockets, self.user)
        self.sockets.chmod(0o700)

    def _trusted_owners(self) -> set[int]:
        return {os.geteuid(), self.user.uid if self.user else os.geteuid()}

    def create_data_folder(self, name: str) -> Path:
        """A folder below `data` that only the servers' user may enter."""
        folder = self.data / name
        folder.mkdir(mode=0o700, exist_ok=True)
        hand_over(folder, self.user)
        return folder
