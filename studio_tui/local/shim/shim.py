"""The process that watches one job from its first step to its last process.

It is started as `python -I -S shim.py JOBDIR`, and outlives the server. It reads its instructions
from `spec.json` in JOBDIR, and holds the lock that it inherits for as long as it runs. In JOBDIR it
writes `started.json` before it executes anything, a line of `steps.jsonl` when a step begins or
ends, the job's output in `output/`, and at the end `exit.json`. To cancel the job, the server
creates the file `cancel` in JOBDIR and sends TERM. Slow imports are inside functions, as they would
delay every job.
"""

import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

if __name__ == "__main__":  # -I hides the package; it is last in the path, so it shadows nothing
    sys.path.append(str(Path(__file__).parents[3]))

from studio_tui import clock
from studio_tui.local.shim import lineage_file, process_tree
from studio_tui.local.shim.commands import CannotExecute, CommandRunner, Stopped
from studio_tui.local.shim.durable import (
    copy_file,
    remove,
    write_durably,
    write_into_reserve,
    write_new,
)
from studio_tui.local.shim.message_limit import cut_message
from studio_tui.local.shim.output import OutputReader, OutputWriter

LOCK_DESCRIPTOR = 3
"""The inherited descriptor that holds the lock."""

_EXIT_BYTES = 16 * 1024

_TAIL_BYTES = 64 * 1024
"""Maximum bytes at the end of the output that are searched for a reason."""

T = TypeVar("T")


class StepFailed(Exception):  # noqa: N818 (the name says what happened)
    """A step failed; the message is the job's error message."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        """Never 0."""


class StepNotes:
    """Writes the start and end of each step to `steps.jsonl`."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        self._unwritten = b""

    def add(self, event: dict[str, str]) -> None:
        """Add a line; what cannot be written now is written with the next line."""
        self._unwritten += json.dumps(event).encode() + b"\n"
        try:
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._file, self._unwritten) :]
        except OSError:
            return  # a full disk loses a time, not the job


class Shim:
    """Executes the steps of one job; `spec` has the `ShimInstructions` and the `RunLimits`."""

    def __init__(self, folder: Path, spec: dict[str, Any]) -> None:
        self._folder = folder
        self._spec = spec
        self._environment: dict[str, str] = spec["environment"]
        self._output = OutputWriter(
            folder / "output", segment_bytes=spec["segment_bytes"], cap_bytes=spec["cap_bytes"]
        )
        self._steps = StepNotes(folder / "steps.jsonl")
        self._commands = CommandRunner(folder, self._output, grace_seconds=spec["grace_seconds"])

    def run(self) -> tuple[int, str | None]:
        """Execute the steps; return the exit code and the job's error message, `None` for 0."""
        if (self._folder / "cancel").exists():
            self._commands.must_stop = True
        work = self._folder / "work"
        work.mkdir(mode=0o700)
        os.chdir(work)
        try:
            if self._spec["clone"] or self._spec["files"]:
                self._step("downloading_files", self._download)
            if build := self._spec["build"]:
                self._step("virtualenv", lambda: self._make_environment(**build))
            if self._spec["registration"]:
                self._register_begin()
            script = self._write_script()
            command = [*self._spec["command"], script]
            code = self._step("running_query", lambda: self._run(command, self._environment))
        except StepFailed as failure:
            return failure.exit_code, str(failure)
        except Stopped:
            return 128 + signal.SIGTERM, "The job was stopped before its query began."
        error = None
        if code:
            from studio_tui.local.shim import explanations  # noqa: PLC0415 (slow)

            error = explanations.explain_exit(code, self._tail(_TAIL_BYTES))
        self._check_lineage()
        if self._spec["registration"]:
            self._register_end(code)
        return code, error

    def close(self) -> None:
        """Sync the output to the disk."""
        self._output.close()

    def _step(self, name: str, work: Callable[[], T]) -> T:
        self._check_stop()
        self._steps.add({"step": name, "started_at": clock.now().isoformat()})
        try:
            return work()
        finally:
            self._steps.add({"step": name, "finished_at": clock.now().isoformat()})

    def _download(self) -> None:
        for command in self._spec["clone"]:
            code = self._run(command, self._spec["setup_environment"])
            self._check_stop()
            if code:
                from studio_tui.local.shim import explanations  # noqa: PLC0415 (slow)

                reason = explanations.explain_setup_exit("git", code, self._tail(_TAIL_BYTES))
                raise StepFailed(code, f"The repository could not be cloned: {reason}")
        for name, source in self._spec["files"]:
            try:
                copy_file(Path(source), Path(name))
            except OSError as error:
                sentence = f"The file {name!r} could not be put in place: {error.strerror}."
                raise StepFailed(1, sentence) from error

    def _register_begin(self) -> None:
        """Register the job with DataChain, so that datasets refer to it."""
        registration = self._spec["registration"]
        if self._register(registration["begin"]):
            self._environment |= registration["environment"]
        else:
            self._commands.report(
                "the job could not be registered with DataChain: its datasets will not refer to it"
            )

    def _register_end(self, code: int) -> None:
        outcome = "CANCELED" if self._commands.must_stop else "FAILED" if code else "COMPLETE"
        self._commands.must_stop = False  # or the command would be stopped at once
        if not self._register([*self._spec["registration"]["end"], outcome]):
            self._commands.report("the end of the job could not be recorded in DataChain")

    def _check_lineage(self) -> None:
        try:
            complaints = lineage_file.read_lineage_file(self._folder).complaints
        except OSError as error:
            complaints = (f"STUDIO_LINEAGE cannot be read: {error.strerror}",)
        for complaint in complaints:
            self._commands.report(complaint)

    def _register(self, command: list[str]) -> bool:
        """Run a command of `Registration` with a time limit; return whether it succeeded."""
        limit = self._spec["registration_seconds"]
        try:
            return self._commands.run(command, self._environment, limit_seconds=limit) == 0
        except CannotExecute as error:
            self._commands.report(str(error))
            return False

    def _make_environment(
        self, environments_folder: str, key: str, requirements: str, commands: list[list[str]]
    ) -> None:
        """Link `JOBDIR/env` to the environment `key`; build it first unless it exists.

        The parameters are the fields of `Build`. Each attempt to build has a folder of its own, and
        `KEY.made` names the folder of the attempt that succeeded, so that the processes of an
        attempt whose shim was killed do no harm.
        """
        from studio_tui.local.shim import explanations  # noqa: PLC0415 (slow)

        environments = Path(environments_folder)
        environments.mkdir(mode=0o700, parents=True, exist_ok=True)
        pointer = environments / f"{key}.made"
        link = self._folder / "env"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(environments / f"{key}.lock", flags, 0o600)) as lock:
            self._wait_for(lock.fileno())
            if pointer.exists() and (built := environments / pointer.read_text()).is_dir():
                link.symlink_to(built)
                return
            for abandoned in environments.glob(f"{key}-*"):
                remove(abandoned)
            building = environments / f"{key}-{os.urandom(8).hex()}"
            link.symlink_to(building)
            write_new(self._folder / "requirements.txt", requirements.encode())
            for command in commands:
                parts = [part.replace("{environment}", str(building)) for part in command]
                code, output = self._set_up(parts)
                is_offline = code and explanations.is_connection_failure(output)
                if is_offline and not self._commands.must_stop:
                    self._commands.report(
                        "uv could not connect to a server: only cached packages can be used"
                    )
                    code, output = self._set_up([*parts, "--offline"])
                if code or self._commands.must_stop:
                    remove(building)
                    self._check_stop()
                    reason = explanations.explain_setup_exit("uv", code, output)
                    if is_offline:
                        reason = f"{reason} (uv could not connect to a server)"
                    raise StepFailed(code, reason)
            write_durably(pointer, building.name.encode())

    def _set_up(self, command: list[str]) -> tuple[int, str]:
        start = self._output.size
        code = self._run(command, self._spec["setup_environment"])
        return code, self._tail(self._output.size - start)

    def _wait_for(self, lock: int) -> None:
        """Lock the descriptor `lock`; if another job holds the lock, wait and say so in the log."""
        is_reported = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not is_reported:
                    self._commands.report(
                        "waiting for another job that creates the same environment"
                    )
                    is_reported = True
                self._commands.process_events(0.05)
                self._check_stop()
            else:
                return

    def _write_script(self) -> str:
        """Write the query to a new file in the working directory; return its name."""
        stem, suffix = self._spec["script"]
        number = 0
        while True:
            name = f"{stem}_{number}{suffix}" if number else f"{stem}{suffix}"
            try:
                write_new(Path(name), self._spec["query"].encode("utf-8", "surrogatepass"))
            except FileExistsError:
                number += 1
            except OSError as error:
                raise StepFailed(1, f"The query could not be written: {error.strerror}.") from error
            else:
                return name

    def _run(self, command: list[str], environment: dict[str, str]) -> int:
        try:
            return self._commands.run(command, environment)
        except CannotExecute as error:
            raise StepFailed(126, str(error)) from error

    def _check_stop(self) -> None:
        if self._commands.must_stop:
            raise Stopped

    def _tail(self, limit: int) -> str:
        """Return the end of the output, if it can be read."""
        reader = OutputReader(self._folder / "output")
        try:
            return reader.tail(min(limit, _TAIL_BYTES)).decode("utf-8", "replace")
        except OSError:
            return ""


def main() -> NoReturn:
    """Run the job in the directory named by the only argument."""
    folder = Path(sys.argv[1])
    os.umask(0o077)
    os.set_inheritable(LOCK_DESCRIPTOR, False)
    os.closerange(LOCK_DESCRIPTOR + 1, min(os.sysconf("SC_OPEN_MAX"), 65536))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Blocked until a handler is installed: once started.json has this pid, a TERM can come.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    process_tree.adopt_orphans()
    spec = json.loads((folder / "spec.json").read_bytes())
    reserve = folder / "exit.tmp"
    reserve.unlink(missing_ok=True)
    write_new(reserve, b" " * _EXIT_BYTES)  # so that the end can be written to a full disk
    started = {"pid": os.getpid(), "started_at": clock.now().isoformat()}
    write_durably(folder / "started.json", json.dumps(started).encode())
    (folder / "spec.json").unlink()  # it holds the job's secrets
    temporary = Path(spec["temporary"])
    try:
        temporary = _make_temporary_folder(folder, temporary)
        marks = {"TMPDIR": str(temporary), process_tree.MARKER: str(folder)}
        spec["environment"] |= marks
        spec["setup_environment"] |= marks
        shim = Shim(folder, spec)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        code, message = shim.run()
        shim.close()
    except Exception as error:  # noqa: BLE001 (whatever fails, the job must get an end)
        sys.excepthook(*sys.exc_info())
        code, message = 1, f"The local Studio failed while it ran this job: {error!r}"
        process_tree.stop_job(str(folder), grace_seconds=spec["grace_seconds"])
    end = {
        "finished_at": clock.now().isoformat(),
        "exit_code": code,
        "error_message": message and cut_message(message),
        "canceled": (folder / "cancel").exists(),
    }
    # "replace", as a lone surrogate, from a name that is not UTF-8, cannot be encoded.
    content = json.dumps(end, ensure_ascii=False).encode("utf-8", "replace")
    write_into_reserve(reserve, folder / "exit.json", content)
    remove(temporary)
    sys.stderr.flush()
    os._exit(0)


def _make_temporary_folder(folder: Path, path: Path) -> Path:
    """Create the job's TMPDIR at `path`, or in the job's folder if that fails; return its path."""
    try:
        path.mkdir(mode=0o700)
    except OSError:
        path = folder / "tmp"
        path.mkdir(mode=0o700)
    return path


if __name__ == "__main__":
    main()
