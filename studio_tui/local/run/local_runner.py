"""Runs jobs on this machine: one shim per job, which outlives the server.

The state of a job is in its folder, where a lock shows whether its shim is alive.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio_tui import clock
from studio_tui.job_rules import is_job_id
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.locks import hold, is_held
from studio_tui.local.run import environment, metastore, notes
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.run.runner import JobPhase, RunLineage, RunReport, StartFailed
from studio_tui.local.shim import lineage_file, process_tree, shim
from studio_tui.local.shim.durable import remove, write_durably, write_new
from studio_tui.local.shim.output import CAP_BYTES, SEGMENT_BYTES, OutputReader
from studio_tui.paths import create_private_dir

logger = logging.getLogger(__name__)

_DATACHAIN_JOB_FILE = "datachain.json"
_UNUSED_MARK = "cancel.unused"
"""Canceling renames this file to `cancel`: unlike creating a file, that needs no disk space."""
_LOCK_SECONDS = 0.1
_LOST = "lost: the process that watched this job was killed, so it is unknown how it ended"
_NOT_BEGUN = "lost: the process that was to run this job ended before the job began"
_REMOVED = "lost: the records of this job were removed from its folder, so its end is unknown"
_UNREADABLE = "lost: the record of this job's end cannot be read"


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Limits on a job's output and on times; the shim reads them by these names."""

    segment_bytes: int = SEGMENT_BYTES
    cap_bytes: int = CAP_BYTES
    """About how many bytes of output are kept; at least two segments."""
    grace_seconds: float = 10.0
    """Time between TERM and KILL."""
    registration_seconds: float = 60.0
    """Limit for registering a job with DataChain, before and again after its query."""


class LocalRunner:
    """Starts, watches and stops jobs."""

    def __init__(self, data: DataDir, *, limits: RunLimits | None = None) -> None:
        # Resolved: the folder's path marks the job's processes, and must be equal after a restart.
        self._data = DataDir(data.root.resolve())
        self._limits = limits or RunLimits()
        self._children: dict[str, int] = {}
        """Pids of the shims that this server started and has not reaped, by job id."""
        self._children_lock = threading.Lock()
        self._cleanups: dict[str, asyncio.Task[None]] = {}
        self._closing = threading.Event()

    async def start(self, job: environment.Job, files: Sequence[tuple[str, Path]] = ()) -> None:
        """Start a job; return when its shim is running, or raise `StartFailed`.

        `files` are those of `environment.plan`.
        """
        try:
            await asyncio.to_thread(self._start, job, files)
        except OSError as error:
            raise StartFailed(f"The job could not be started: {error.strerror}.") from error

    async def report(self, job_id: str, *, was_started: bool = False) -> RunReport:
        """Return the state of a job; an unknown job is NOT_STARTED, or LOST if it `was_started`.

        If the shim has died without a record of the end, a task stops the job's remaining processes
        and records the loss. Until then the job's last state, INIT or RUNNING, is returned.
        """
        report = await asyncio.to_thread(
            self._report, self._folder(job_id), was_started=was_started
        )
        if report.phase is JobPhase.LOST and report.finished_at is None:
            if job_id not in self._cleanups:
                name = f"clean up {job_id}"
                self._cleanups[job_id] = asyncio.create_task(self._clean_up(job_id), name=name)
            phase = JobPhase.RUNNING if report.started_at else JobPhase.INIT
            return RunReport(phase, report.steps, report.started_at, canceled=report.canceled)
        return report

    async def cancel(self, job_id: str) -> None:
        """Ask a job to stop and return at once; idempotent. `report` shows the end."""
        await asyncio.to_thread(self._cancel, self._folder(job_id))

    async def lineage(self, job_id: str) -> RunLineage:
        """Return the lineage of an ended job; parts that cannot be read are left out."""
        return await asyncio.to_thread(self._lineage, self._folder(job_id))

    async def read_metastore(self) -> Metastore:
        """Return the content of DataChain's database; empty if it cannot be read."""
        return await asyncio.to_thread(metastore.read_metastore, self._data.metastore)

    def output(self, job_id: str) -> OutputReader:
        """Return a reader of a job's output, which is empty for an unknown job."""
        return OutputReader(self._folder(job_id) / "output")

    async def aclose(self) -> None:
        """Leave all jobs running; the next server cleans up after dead shims."""
        self._closing.set()
        cleanups = tuple(self._cleanups.values())
        for task in cleanups:
            task.cancel()
        await asyncio.gather(*cleanups, return_exceptions=True)

    def _folder(self, job_id: str) -> Path:
        if not is_job_id(job_id):
            raise ValueError(f"{job_id!r} is not the id of a job")
        return self._data.jobs / job_id

    def _start(self, job: environment.Job, files: Sequence[tuple[str, Path]]) -> None:
        for name, _source in files:
            if name in {"", ".", ".."} or "/" in name or "\0" in name:
                raise StartFailed(f"{name!r} is not a file name in the working directory.")
        folder = create_private_dir(self._folder(job["id"]))
        with hold(folder / "lock", _LOCK_SECONDS) as lock:
            if lock is None or (folder / "started.json").exists():
                raise StartFailed("The job has already been started.")
            for shared in (self._data.datachain, self._data.datasets):
                create_private_dir(shared)
            plan = environment.plan(job, files, folder, self._data)
            if plan["registration"]:
                _write_json(folder / _DATACHAIN_JOB_FILE, _datachain_job(job))
            _write_json(folder / "spec.json", {**plan, **asdict(self._limits)})
            try:
                (folder / _UNUSED_MARK).touch(mode=0o600)
                pid = _spawn_shim(folder, lock)
            except OSError:
                (folder / "spec.json").unlink()  # it holds the job's secrets
                raise
            with self._children_lock:
                self._children[job["id"]] = pid

    def _report(self, folder: Path, *, was_started: bool) -> RunReport:
        """Return the state of a job; LOST without `finished_at` if the loss is not recorded yet."""
        self._reap()
        is_alive = is_held(folder / "lock")
        canceled = (folder / "cancel").exists()
        steps = notes.read_steps(folder)
        began = next((step.started_at for step in steps if step.name == "running_query"), None)
        if is_alive:
            phase = JobPhase.RUNNING if began else JobPhase.INIT
            return RunReport(phase, steps, began, canceled=canceled)
        # Read after the lock was checked, as a shim writes it just before it releases the lock.
        ending = notes.read(folder / "exit.json")
        if ending is not None:
            return RunReport(JobPhase.FINISHED, steps, began, **ending)
        lost = notes.read(folder / "lost.json")
        has_record = (folder / "started.json").exists()
        if lost is None and not has_record and not was_started:
            return RunReport(JobPhase.NOT_STARTED, canceled=canceled)
        if (folder / "exit.json").exists():
            why = _UNREADABLE
        elif (folder / "spec.json").exists():
            why = _NOT_BEGUN
        else:
            why = _LOST if has_record else _REMOVED
        return RunReport(
            JobPhase.LOST,
            steps,
            began,
            finished_at=lost["finished_at"] if lost else None,
            error_message=why,
            canceled=lost["canceled"] if lost else canceled,
        )

    async def _clean_up(self, job_id: str) -> None:
        try:
            await asyncio.to_thread(self._clean_up_in_thread, self._folder(job_id))
        except OSError as error:
            logger.warning("The end of the lost job %s could not be recorded: %s", job_id, error)
        finally:
            # If the loss could not be recorded, the next report starts another task.
            del self._cleanups[job_id]

    def _clean_up_in_thread(self, folder: Path) -> None:
        remaining = process_tree.stop(
            lambda: () if self._closing.is_set() else process_tree.job_processes(str(folder)),
            grace_seconds=self._limits.grace_seconds,
            sleep=self._closing.wait,
        )
        if self._closing.is_set():
            return  # the next server cleans up
        if remaining:
            logger.warning(
                "%d processes of the lost job %s are still running", len(remaining), folder.name
            )
        remove(environment.temporary_folder(folder))
        note = {
            "finished_at": clock.now().isoformat(),
            "canceled": (folder / "cancel").exists(),
        }
        create_private_dir(folder)
        write_durably(folder / "lost.json", json.dumps(note).encode())

    def _lineage(self, folder: Path) -> RunLineage:
        try:
            datasets = lineage_file.read_lineage_file(folder).datasets
        except OSError as error:
            logger.warning("The lineage of job %s cannot be read: %s", folder.name, error)
            datasets = ()
        uses_datachain = (folder / _DATACHAIN_JOB_FILE).exists()
        if not uses_datachain:
            return RunLineage(datasets)
        return RunLineage(
            datasets,
            metastore.read_metastore(self._data.metastore),
            metastore.read_metrics(self._data.metastore, folder.name),
        )

    def _cancel(self, folder: Path) -> None:
        try:
            _mark_canceled(folder)
        finally:
            # Signaled even if the mark fails: a job that fills the disk must end.
            with self._children_lock:
                child = self._children.get(folder.name)
            _send_term(folder, child)

    def _reap(self) -> None:
        with self._children_lock:
            for job_id, pid in tuple(self._children.items()):
                try:
                    has_ended = os.waitpid(pid, os.WNOHANG)[0] != 0
                except ChildProcessError:
                    has_ended = True
                if has_ended:
                    del self._children[job_id]


def _datachain_job(job: environment.Job) -> dict[str, Any]:
    """Return a job as DataChain's database describes it."""
    return {
        **{name: job[name] for name in ("name", "query", "workers", "python_version")},
        "job_id": job["id"],
        "rerun_from_job_id": job["rerun_from"],
        "run_group_id": job["run_group"],
    }


def _mark_canceled(folder: Path) -> None:
    """Create the file `cancel`; a job that was not started has no `_UNUSED_MARK` to rename."""
    mark = folder / "cancel"
    try:
        (folder / _UNUSED_MARK).rename(mark)
    except FileNotFoundError:
        create_private_dir(folder)
        if not mark.exists():
            write_new(mark, b"")


def _send_term(folder: Path, child: int | None) -> None:
    """Send TERM to a job's shim; one that is still starting finds the mark later.

    `child` is the shim's pid if this server started the shim. The pid in `started.json` is not
    used: another process may have it by now.
    """
    # A shim removes its specification once it has written `started.json`.
    if (folder / "spec.json").exists() and not (folder / "started.json").exists():
        return
    processes = process_tree.processes()
    if child is None:
        shims = process_tree.marked(process_tree.SHIM_MARKER, str(folder), processes)
    else:
        shims = [process for process in processes if process.pid == child]
    for process in shims:
        process_tree.send(process, signal.SIGTERM)
        process_tree.send(process, signal.SIGCONT)  # the job may have suspended it


def _spawn_shim(folder: Path, lock: int) -> int:
    log = str(folder / "shim.log")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", shim.__file__, str(folder)],
        {**environment.base_environment(), process_tree.SHIM_MARKER: str(folder)},
        file_actions=[
            # In two steps, as `dup2` of a descriptor to itself leaves it close-on-exec.
            (os.POSIX_SPAWN_DUP2, lock, 1),
            (os.POSIX_SPAWN_DUP2, 1, shim.LOCK_DESCRIPTOR),
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, flags, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, log, flags, 0o600),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE),
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.unlink(missing_ok=True)
    write_new(path, json.dumps(content).encode())
