"""The local Studio's data directory: the paths of everything in it."""

from pathlib import Path

from studio_tui.paths import create_private_dir, expand_home


class DataDir:
    """One local Studio's directory; only its owner can enter it (0700, files 0600)."""

    def __init__(self, root: Path) -> None:
        self.root = expand_home(root, "The data directory").absolute()

    @property
    def lock(self) -> Path:
        """The file that a running server has locked (`flock`)."""
        return self.root / "server.lock"

    @property
    def state(self) -> Path:
        """The URL and process of the running server, as JSON; deleted when the server stops."""
        return self.root / "server.json"

    @property
    def port(self) -> Path:
        """The port that was used last, reused so that addresses survive a restart."""
        return self.root / "port"

    @property
    def token(self) -> Path:
        """The token of the API; created once."""
        return self.root / "token"

    @property
    def log(self) -> Path:
        """The log of a server that runs in the background."""
        return self.root / "server.log"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "studio.db"

    @property
    def clusters(self) -> Path:
        """The user's configuration of clusters, TOML."""
        return self.root / "clusters.toml"

    @property
    def disk_limits(self) -> Path:
        """The user's limits on disk space, TOML."""
        return self.root / "room.toml"

    @property
    def uploads(self) -> Path:
        """Uploaded files, under generated names."""
        return self.root / "uploads"

    @property
    def jobs(self) -> Path:
        """The runner's directories, one per job."""
        return self.root / "jobs"

    @property
    def cache(self) -> Path:
        """Python environments, which can be recreated."""
        return self.root / "cache"

    @property
    def cli_config(self) -> Path:
        """The directory that configures the `datachain` CLI for this local Studio."""
        return self.root / "cli-config"

    def prepare(self) -> None:
        """Create the directories, accessible only to their owner; raise `OSError` if that fails."""
        for directory in (self.root, self.uploads, self.jobs, self.cache, self.cli_config):
            create_private_dir(directory).chmod(0o700)
