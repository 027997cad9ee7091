"""Measures the disk usage of a local Studio; deletes unused environments and old job folders."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from studio_tui import clock
from studio_tui.api.routes import REMOVED_LOG
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.locks import hold
from studio_tui.local.server.endpoint import is_locked
from studio_tui.local.shim.durable import remove, write_new
from studio_tui.local.shim.output import segment_name

logger = logging.getLogger(__name__)

CHECK_EVERY = 6 * 3600.0

_END_RECORDS = frozenset(
    {
        *("lock", "started.json", "exit.json", "lost.json", "steps.jsonl", "cancel"),
        *("lineage.jsonl", "datachain.json"),
    }
)
"""Files of a job's folder that are kept, as they record how the job ended and what it made."""

_WAIT_SECONDS = 5.0
_BLOCK = 512


@dataclass(frozen=True)
class Item:
    """A folder that can be deleted: of an ended job, or an environment that no job uses."""

    path: Path
    size: int
    """Bytes on disk."""
    last_used: datetime
    """When the job, or the last job that used the environment, ended.

    For an environment that no known job used, when it was last changed.
    """


@dataclass(frozen=True)
class DiskUsage:
    """Disk usage of a local Studio; all sizes are bytes on disk."""

    running_jobs: int
    ended_jobs: int
    logs: int
    folders: int
    environments: int
    uploads: int
    datasets: int
    """Files of datasets that jobs share, and all files of DataChain."""
    database: int
    removable: tuple[Item, ...]
    """Least recently used first."""

    @property
    def total(self) -> int:
        """Sum of all sizes."""
        parts = (self.logs, self.folders, self.environments, self.uploads, self.datasets)
        return sum(parts) + self.database

    def older_than(self, before: datetime) -> tuple[Item, ...]:
        """Return the items that were not used since `before`."""
        return tuple(item for item in self.removable if item.last_used < before)


def survey(data: DataDir) -> DiskUsage:
    """Measure a data directory; this may take seconds."""
    listed_folders = _folders_listed_by_datachain(data)
    running_jobs = ended_jobs = logs = folders = 0
    removable = []
    last_uses: dict[str, datetime] = {}
    in_use: set[str] = set()
    for folder in _entries(data.jobs):
        log_bytes, folder_bytes = _measure(folder / "output"), _measure(folder)
        logs += log_bytes
        folders += folder_bytes - log_bytes
        environment = _environment_of(folder)
        ended_at = _ended_at(folder)
        if ended_at is None:
            running_jobs += is_locked(folder / "lock")
            in_use.add(environment)
            continue
        ended_jobs += 1
        last_uses[environment] = max(ended_at, last_uses.get(environment, ended_at))
        is_listed = any(_overlaps(folder, listed) for listed in listed_folders)
        if _can_be_cleaned(folder) and not is_listed:
            removable.append(Item(folder, folder_bytes, ended_at))
    environments = data.cache / "environments"
    removable += [
        Item(path, _measure(path), last_uses.get(path.name) or _changed_at(path))
        for path in _entries(environments)
        if path.is_dir() and path.name not in in_use
    ]
    databases = data.root.glob(f"{data.database.name}*")
    return DiskUsage(
        running_jobs=running_jobs,
        ended_jobs=ended_jobs,
        logs=logs,
        folders=folders,
        environments=_measure(environments),
        uploads=_measure(data.uploads),
        datasets=_measure(data.datasets) + _measure(data.datachain),
        database=sum(map(_measure, databases)),
        removable=tuple(sorted(removable, key=lambda item: item.last_used)),
    )


def free(data: DataDir, items: Iterable[Item]) -> int:
    """Delete the items that are still unused; return the freed bytes."""
    environments = data.cache / "environments"
    return sum(
        _free_environment(data, item) if item.path.parent == environments else _free_folder(item)
        for item in items
    )


def _free_folder(item: Item) -> int:
    # What cannot be deleted must not keep others from being deleted.
    with suppress(OSError), hold(item.path / "lock") as lock:
        if lock is None:
            return 0
        for entry in _entries(item.path):
            if entry.name not in _END_RECORDS:
                remove(entry)
        output = item.path / "output"
        output.mkdir(mode=0o700)
        write_new(output / segment_name(0), REMOVED_LOG)
    return max(0, item.size - _measure(item.path))


def _free_environment(data: DataDir, item: Item) -> int:
    """Delete an environment unless a job uses it; a job that needs it meanwhile waits."""
    key = item.path.name.rpartition("-")[0]
    with suppress(OSError), hold(item.path.with_name(f"{key}.lock")) as lock:
        active = (folder for folder in _entries(data.jobs) if _ended_at(folder) is None)
        if lock is None or item.path.name in map(_environment_of, active):
            return 0
        pointer = item.path.with_name(f"{key}.made")
        with suppress(OSError):
            if pointer.read_text("utf-8") == item.path.name:
                pointer.unlink()
        remove(item.path)
        return item.size
    return 0


def _folders_listed_by_datachain(data: DataDir) -> tuple[Path, ...]:
    """Return the folders that DataChain has read as storage; datasets may refer to their files."""
    if not data.metastore.exists():
        return ()
    uri = f"{data.metastore.absolute().as_uri()}?mode=ro"
    names = "SELECT name FROM datasets WHERE substr(name, 1, 12) = 'lst__file://'"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            rows = connection.execute(names).fetchall()
    except sqlite3.Error:
        # If the listed folders are unknown, all folders of jobs are kept.
        return (data.jobs,)
    return tuple(Path(unquote(name.removeprefix("lst__file://"))) for (name,) in rows)


def _overlaps(folder: Path, other: Path) -> bool:
    folder, other = folder.resolve(), other.resolve()
    return other.is_relative_to(folder) or folder.is_relative_to(other)


def _environment_of(folder: Path) -> str:
    """Return the name of the environment that a job uses; empty for none."""
    try:
        return (folder / "env").readlink().name
    except OSError:
        return ""


def _ended_at(folder: Path) -> datetime | None:
    """Return when a job ended; `None` if it runs, or nothing records its end."""
    if is_locked(folder / "lock"):
        return None
    for name in ("exit.json", "lost.json"):
        with suppress(FileNotFoundError):
            return _changed_at(folder / name)
    return None


def _can_be_cleaned(folder: Path) -> bool:
    """Whether a job's folder has more than cleaning leaves: `_END_RECORDS` and a log."""
    return any(entry.name not in _END_RECORDS | {"output"} for entry in _entries(folder))


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir())
    except OSError:
        return


def _measure(path: Path) -> int:
    """Return the bytes on disk of a file or a whole folder; links are not followed."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    used = status.st_blocks * _BLOCK
    if path.is_symlink() or not path.is_dir():
        return used
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            with suppress(OSError):
                used += os.lstat(f"{folder}/{name}").st_blocks * _BLOCK
    return used


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime).astimezone()


async def prune(data: DataDir, max_age: timedelta | None) -> None:
    """Delete what was not used for `max_age`, if any, now and every `CHECK_EVERY` seconds."""
    if max_age is None:
        return

    def free_old() -> int:
        return free(data, survey(data).older_than(clock.now() - max_age))

    while True:
        try:
            freed = await asyncio.to_thread(free_old)
        except Exception:
            # A boundary: an unreadable data directory must not stop the server.
            logger.exception("No disk space could be freed")
        else:
            if freed:
                logger.warning("Made room: %d bytes of old logs and environments", freed)
        await asyncio.sleep(CHECK_EVERY)
