"""Where the local Studio keeps what it knows: the names of everything in its data directory."""

import os
import secrets
from pathlib import Path

from studio_tui.paths import at_home, private_dir


class DataDir:
    """One local Studio's directory; only its owner can enter it (0700, files 0600)."""

    def __init__(self, root: Path) -> None:
        self.root = at_home(root, "The data directory").absolute()

    @property
    def lock(self) -> Path:
        """Held (`flock`) by the server for as long as it lives."""
        return self.root / "server.lock"

    @property
    def state(self) -> Path:
        """How to find the server; exists while one serves."""
        return self.root / "server.json"

    @property
    def port(self) -> Path:
        """The port served last, taken again so that addresses survive a restart."""
        return self.root / "port"

    @property
    def token(self) -> Path:
        """The token that every request must carry; made once."""
        return self.root / "token"

    @property
    def log(self) -> Path:
        """What a server in the background has to say."""
        return self.root / "server.log"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "studio.db"

    @property
    def clusters(self) -> Path:
        """The user's own configuration of clusters, TOML."""
        return self.root / "clusters.toml"

    @property
    def room_limits(self) -> Path:
        """The user's own limits of the room on the disk, TOML."""
        return self.root / "room.toml"

    @property
    def uploads(self) -> Path:
        """Uploaded files, under names of ours."""
        return self.root / "uploads"

    @property
    def jobs(self) -> Path:
        """One directory a job, the runner's."""
        return self.root / "jobs"

    @property
    def cache(self) -> Path:
        """What can be made again: Python environments."""
        return self.root / "cache"

    @property
    def cli_config(self) -> Path:
        """A configuration of the `datachain` CLI that points at this local Studio."""
        return self.root / "cli-config"

    def prepare(self) -> None:
        """Make the directories, and close them to others.

        Raises:
            OSError: The directory cannot be made or is not ours.
        """
        for directory in (self.root, self.uploads, self.jobs, self.cache, self.cli_config):
            private_dir(directory).chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file so that a reader sees the old text or the new, never a part."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
