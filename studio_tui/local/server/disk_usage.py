"""Disk usage of a local Studio, what of it could be deleted, and deleting that.

Jobs that have not ended, datasets, and files that DataChain refers to are not touched. A job's data
and outcome stay in the database; its log says that it was removed.
"""

import asyncio
import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from studio_tui import clock
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.disk_limits import DiskLimits
from studio_tui.local.db.job_ends import JobEnds
from studio_tui.local.shim.output import segment_name

REMARK = "(This log and the job's folder were removed to make room on the disk.)\n"
"""The content of a deleted log."""

_KEPT = frozenset({"lock", "started.json", "exit.json", "lost.json", "steps.jsonl", "cancel"})
"""Files of a job's folder that record how it ended."""

_WAIT_SECONDS = 5.0
_BLOCK = 512


@dataclass(frozen=True)
class Item:
    """Something on disk that can be recreated or is no longer needed."""

    path: Path
    used: int
    """Bytes on the disk."""
    last_used: datetime
    """When the job ended, or the last job that used the environment."""


@dataclass(frozen=True)
class DiskUsage:
    """Disk usage of a local Studio; all sizes are bytes on disk."""

    active_jobs: int
    ended_jobs: int
    logs: int
    folders: int
    """Working directories of jobs, with everything but their logs."""
    environments: int
    uploads: int
    datasets: int
    """Files that jobs keep for each other, including DataChain's own."""
    database: int
    jobs_to_clean: tuple[Item, ...]
    """Folders of ended jobs, with their logs; oldest first."""
    environments_to_clean: tuple[Item, ...]
    """Environments that no job uses now; least recently used first."""

    @property
    def total(self) -> int:
        """Sum of all sizes."""
        parts = (self.logs, self.folders, self.environments, self.uploads, self.datasets)
        return sum(parts) + self.database

    def older_than(self, before: datetime) -> tuple[Item, ...]:
        """Return the items that were not used since `before`."""
        items = (*self.jobs_to_clean, *self.environments_to_clean)
        return tuple(item for item in items if item.last_used < before)

    def beyond(self, most: int) -> tuple[Item, ...]:
        """Return the oldest items, whose deletion brings the total down to at most `most` bytes."""
        over, going = self.total - most, []
        items = (*self.jobs_to_clean, *self.environments_to_clean)
        for item in sorted(items, key=lambda item: item.last_used):
            if over <= 0:
                break
            going.append(item)
            over -= item.used
        return tuple(going)


def survey(data: DataDir, jobs: JobEnds) -> DiskUsage:
    """Measure a data directory; this may take long."""
    ended = jobs.ended
    listed = _list_folders(data)
    logs = folders = 0
    to_clean = []
    last_uses: dict[str, datetime] = {}
    in_use: set[str] = set()
    for folder in _entries(data.jobs):
        log, whole = _measure(folder / "output"), _measure(folder)
        logs, folders = logs + log, folders + whole - log
        environment = _environment_of(folder)
        ended_at = ended.get(folder.name)
        if ended_at is None:
            in_use.update({environment} - {""})
            continue
        last_uses[environment] = max(ended_at, last_uses.get(environment, ended_at))
        if _has_something(folder) and not any(_is_in(path, folder) for path in listed):
            to_clean.append(Item(folder, whole, ended_at))
    environments = data.cache / "environments"
    made = {path.name: path for path in _entries(environments) if path.is_dir()}
    unused = [
        Item(path, _measure(path), last_uses.get(name) or _changed_at(path))
        for name, path in made.items()
        if name not in in_use
    ]
    databases = data.root.glob(f"{data.database.name}*")
    return DiskUsage(
        active_jobs=jobs.running + jobs.waiting,
        ended_jobs=len(ended),
        logs=logs,
        folders=folders,
        environments=_measure(environments),
        uploads=_measure(data.uploads),
        datasets=_measure(data.root / "datasets") + _measure(data.root / "datachain"),
        database=sum(map(_measure, databases)),
        jobs_to_clean=tuple(sorted(to_clean, key=lambda item: item.last_used)),
        environments_to_clean=tuple(sorted(unused, key=lambda item: item.last_used)),
    )


def free(data: DataDir, items: Iterable[Item], jobs: Callable[[], JobEnds]) -> int:
    """Delete items of a survey, unless they are now in use; return the freed bytes.

    `jobs` returns the current state of the jobs.
    """
    environments = data.cache / "environments"
    return sum(
        _free_environment(data, item, jobs)
        if item.path.parent == environments
        else _free_folder(item)
        for item in items
    )


def _free_folder(item: Item) -> int:
    """Delete a job's folder except for how it ended; its log then says so."""
    with _lock(item.path / "lock") as is_ours:
        if not is_ours:
            return 0
        for entry in _entries(item.path):
            if entry.name not in _KEPT:
                _remove(entry)
        output = item.path / "output"
        output.mkdir(mode=0o700)
        (output / segment_name(0)).write_text(REMARK, "utf-8")
    return max(0, item.used - _measure(item.path))


def _free_environment(data: DataDir, item: Item, jobs: Callable[[], JobEnds]) -> int:
    """Delete an environment unless a job uses it; others that build the same one wait for it."""
    key = item.path.name.rpartition("-")[0]
    with _lock(item.path.with_name(f"{key}.lock")) as is_ours:
        ended = jobs().ended
        in_use = (_environment_of(f) for f in _entries(data.jobs) if f.name not in ended)
        if not is_ours or item.path.name in in_use:
            return 0
        pointer = item.path.with_name(f"{key}.made")
        with suppress(OSError):
            if pointer.read_text("utf-8") == item.path.name:
                pointer.unlink()
        _remove(item.path)
    return item.used


def _list_folders(data: DataDir) -> tuple[Path, ...]:
    """Return the folders that DataChain has listed, from which datasets may have been made."""
    database = data.root / "datachain" / "root" / ".datachain" / "db"
    if not database.exists():
        return ()
    uri = f"{database.absolute().as_uri()}?mode=ro"
    names = "SELECT name FROM datasets WHERE substr(name, 1, 12) = 'lst__file://'"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as connection:
            rows = connection.execute(names).fetchall()
    except sqlite3.Error:
        # Unknown does not mean none: keep all folders of jobs.
        return (data.jobs,)
    return tuple(Path(unquote(name.removeprefix("lst__file://"))) for (name,) in rows)


def _is_in(path: Path, folder: Path) -> bool:
    """Whether a known path is inside a folder or contains it."""
    real, known = folder.resolve(), path.resolve()
    return known.is_relative_to(real) or real.is_relative_to(known)


def _environment_of(folder: Path) -> str:
    """Return the name of the environment that a job uses; empty for none."""
    try:
        return (folder / "env").readlink().name
    except OSError:
        return ""


def _has_something(folder: Path) -> bool:
    """Whether a job's folder contains more than how it ended."""
    return any(entry.name not in _KEPT | {"output"} for entry in _entries(folder))


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir())
    except OSError:
        return


def _measure(path: Path) -> int:
    """Return the bytes on disk of a file or a whole folder, without following links."""
    try:
        found = path.lstat()
    except OSError:
        return 0
    used = found.st_blocks * _BLOCK
    if path.is_symlink() or not path.is_dir():
        return used
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            with suppress(OSError):
                used += os.lstat(f"{folder}/{name}").st_blocks * _BLOCK
    return used


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime).astimezone()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


@contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """Hold a lock if nobody else does; yield whether it is held."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


logger = logging.getLogger(__name__)

EVERY = 6 * 3600.0
"""Seconds between checks."""


async def keep_within(
    data: DataDir, limits: DiskLimits, ends: Callable[[], Coroutine[Any, Any, JobEnds]]
) -> None:
    """Check now and then every few hours, until canceled; without limits do nothing.

    `ends` returns which jobs have ended.
    """
    loop = asyncio.get_running_loop()

    def jobs() -> JobEnds:
        return asyncio.run_coroutine_threadsafe(ends(), loop).result()

    while limits.is_set:
        try:
            freed = await asyncio.to_thread(prune, data, limits, jobs, clock.now())
        except Exception:
            # Jobs continue, whatever is in the data directory.
            logger.exception("No disk space could be freed")
        else:
            if freed:
                logger.warning("Made room: %d bytes of old logs and environments", freed)
        await asyncio.sleep(EVERY)


def prune(data: DataDir, limits: DiskLimits, jobs: Callable[[], JobEnds], now: datetime) -> int:
    """Delete what is too old, then the oldest while there is too much; return freed bytes."""
    freed = 0
    if limits.max_age is not None:
        freed += free(data, survey(data, jobs()).older_than(now - limits.max_age), jobs)
    if limits.max_size is not None:
        freed += free(data, survey(data, jobs()).beyond(limits.max_size), jobs)
    return freed
