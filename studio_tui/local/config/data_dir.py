"""The local Studio's data directory: the paths of everything in it."""

from pathlib import Path

from studio_tui.errors import ConfigError
from studio_tui.paths import create_private_dir, expand_home


class DataDir:
    """One local Studio's directory; only the user can read what the local Studio creates there."""

    def __init__(self, root: Path) -> None:
        self.root = expand_home(root, "The data directory").absolute()
        self.lock = self.root / "server.lock"
        """The file that a running server has locked (`flock`)."""
        self.state = self.root / "server.json"
        """The URL and process of the running server, as JSON; deleted when the server stops."""
        self.port = self.root / "port"
        """The port that was used last, reused so that addresses survive a restart."""
        self.token = self.root / "token"
        """The token of the API; created once."""
        self.log = self.root / "server.log"
        """The log of a server that runs in the background."""
        self.database = self.root / "studio.db"
        self.clusters = self.root / "clusters.toml"
        self.disk_limits = self.root / "room.toml"
        self.uploads = self.root / "uploads"
        """Uploaded files, under generated names."""
        self.jobs = self.root / "jobs"
        """The runner's directories, one per job."""
        self.cache = self.root / "cache"
        """Python environments, which can be recreated."""
        self.datachain = self.root / "datachain"
        """DataChain's data, separate from the user's own."""
        self.metastore = self.datachain / "root" / ".datachain" / "db"
        """DataChain's own database; it exists once a job has used DataChain."""
        self.datasets = self.root / "datasets"
        """A folder that all jobs share, for the files of datasets (`STUDIO_DATASETS`)."""
        self.cli_config = self.root / "cli-config"
        """The directory that configures the `datachain` CLI for this local Studio."""

    def prepare(self) -> None:
        """Create the directories that the server needs; raise `ConfigError` if that fails."""
        for directory in (self.root, self.uploads, self.jobs, self.cache, self.cli_config):
            try:
                create_private_dir(directory)
            except OSError as error:
                raise self.unusable(error) from error

    def unusable(self, error: OSError) -> ConfigError:
        """Return the error to raise if something in the directory cannot be used."""
        path = error.filename2 or error.filename or self.root
        is_root = str(path) == str(self.root)
        if isinstance(error, FileExistsError):
            why = f"{'it' if is_root else path} is not a folder"
        else:
            why = f"{error.strerror}{'' if is_root else f' ({path})'}"
        return ConfigError(f"The data directory {self.root} cannot be used: {why}.")
