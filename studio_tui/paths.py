"""Paths of style sheets, configuration, state, cache, logs and the local Studio's data."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studio_tui.errors import ConfigError

if TYPE_CHECKING:
    from platformdirs.api import PlatformDirsABC


def state_dir() -> Path:
    """Return the folder of persistent state, such as drafts, the journal and the recorder."""
    return _path_in_variable("STUDIO_TUI_STATE_DIR") or _platform().user_state_path


def cache_dir() -> Path:
    """Return the folder of data that can be fetched again."""
    return _path_in_variable("STUDIO_TUI_CACHE_DIR") or _platform().user_cache_path


def log_dir() -> Path:
    """Return the folder of the program's own log files."""
    return _path_in_variable("STUDIO_TUI_LOG_DIR") or _platform().user_log_path


def local_data_dir() -> Path:
    """Return the local Studio's data folder: `STUDIO_TUI_DATA_DIR`, else the platform's."""
    return _path_in_variable("STUDIO_TUI_DATA_DIR") or _platform().user_data_path / "local"


def datachain_config_files(environ: Mapping[str, str], cwd: Path) -> list[Path]:
    """Return the configuration files of the DataChain CLI in its order: project, user, system."""
    from platformdirs import PlatformDirs  # noqa: PLC0415 (slow)

    dirs = PlatformDirs("datachain", "iterative")
    root = cwd / environ.get("DATACHAIN_ROOT_DIR", "")
    project = environ.get("DATACHAIN_DIR") or root / ".datachain"
    user = environ.get("DATACHAIN_GLOBAL_CONFIG_DIR") or dirs.user_config_dir
    system = environ.get("DATACHAIN_SYSTEM_CONFIG_DIR") or dirs.site_config_dir
    return [Path(folder) / "config" for folder in (project, user, system)]


def styles_dir() -> Path:
    """Return the folder of style sheets, in the installed package or the checkout."""
    package = Path(__file__).parent
    inside = package / "styles"
    return inside if inside.is_dir() else package.parent / "styles"


def expand_home(path: Path, what: str) -> Path:
    """Return a path with `~` expanded; raise a `ConfigError` about `what` for an unknown user."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(f"{what} {path} is in the home folder of an unknown user.") from None


def profile_name(profile: str) -> str:
    """Return the name of a profile's files and folders: a digest that reveals no team or URL."""
    try:  # `hashlib` loads OpenSSL, which would delay the first paint
        from _sha256 import sha256  # type: ignore[import-not-found] # noqa: PLC0415
    except ImportError:
        from hashlib import sha256  # noqa: PLC0415

    return str(sha256(profile.encode("utf-8", "replace")).hexdigest()[:32])


def create_private_dir(path: Path) -> Path:
    """Return the folder `path`; create it and its missing parents, accessible only by their owner.

    A folder that exists keeps its permissions, as a user who has made it may share it. Files in it
    are private by themselves.
    """
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def _platform() -> "PlatformDirsABC":
    from platformdirs import PlatformDirs  # noqa: PLC0415 (not before the first paint)

    return PlatformDirs("studio-tui", appauthor=False)


def _path_in_variable(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return expand_home(Path(value), variable) if value else None
