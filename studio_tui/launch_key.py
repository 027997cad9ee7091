"""A key for the connection settings: command line, environment and the CLI's files.

Two launches with the same key connect to the same team of the same Studio, so data saved by one
may be shown by the next before the settings are validated. It imports nothing that is slow.
"""

from collections.abc import Mapping
from pathlib import Path

from studio_tui.paths import datachain_config_files

try:  # without OpenSSL, which takes 2 ms more
    from _sha256 import sha256  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha256

VARIABLES = ("DATACHAIN_STUDIO_URL", "DATACHAIN_STUDIO_TEAM")
"""Variables from which the address and the team are read."""


def launch_key(
    url: str | None,
    team: str | None,
    environ: Mapping[str, str],
    cwd: Path,
    *,
    local_data_dir: Path | None,
) -> str:
    """Return a key that reveals nothing about its origin.

    `url` and `team` are the command line's; `local_data_dir` is the local Studio's data folder,
    `None` for another Studio. Contents of the CLI's files are part of the key, so that a login
    changes it.
    """
    if local_data_dir is not None:
        inputs: object = str(local_data_dir)
    else:
        files = [(str(path), _digest(path)) for path in datachain_config_files(environ, cwd)]
        inputs = [url, team, [environ.get(name) for name in VARIABLES], files]
    return _hashed(repr(inputs).encode())


def _digest(path: Path) -> str:
    try:
        return _hashed(path.read_bytes())
    except OSError as error:
        return type(error).__name__


def _hashed(data: bytes) -> str:
    return str(sha256(data).hexdigest()[:32])
