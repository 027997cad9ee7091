"""A key for the connection settings: command line, environment and the CLI's files.

A launch with the same key may show the data that an earlier one saved, before the settings are
validated. This module imports no slow module.
"""

from collections.abc import Mapping
from pathlib import Path

from studio_tui.paths import datachain_config_files

try:  # `hashlib` loads OpenSSL, which takes 2 ms
    from _sha256 import sha256  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha256

VARIABLES = ("DATACHAIN_STUDIO_URL", "DATACHAIN_STUDIO_TEAM")


def launch_key(
    url: str | None,
    team: str | None,
    environ: Mapping[str, str],
    cwd: Path,
    *,
    local_data_dir: Path | None,
) -> str:
    """Return the key, a digest; `local_data_dir` is `None` for a Studio that is not local."""
    if local_data_dir is not None:
        inputs: object = str(local_data_dir)
    else:
        files = [(str(path), _hash_file(path)) for path in datachain_config_files(environ, cwd)]
        inputs = [url, team, [environ.get(name) for name in VARIABLES], files]
    return _hash(repr(inputs).encode())


def _hash_file(path: Path) -> str:
    try:
        return _hash(path.read_bytes())
    except OSError as error:
        return type(error).__name__


def _hash(data: bytes) -> str:
    return str(sha256(data).hexdigest()[:32])
