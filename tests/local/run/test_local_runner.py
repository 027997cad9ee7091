import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import QueryType
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.http.pieces import PieceReader
from studio_tui.local.run import local_runner
from studio_tui.local.run.local_runner import LocalRunner, RunLimits
from studio_tui.local.run.runner import JobPhase, RunReport, StartFailed
from studio_tui.local.shim import process_tree, shim
from studio_tui.local.shim.message_limit import MESSAGE_LIMIT
from tests import needs
from tests.local.job_rows import job_row
from tests.local.outputs import texts
from tests.soak import SOAK
from tests.waiting import HANG, await_with_limit, eventually, until

pytestmark = pytest.mark.starts_processes

ENDED = {JobPhase.FINISHED, JobPhase.LOST}


class Bench:
    """A runner in a folder, with helpers to start jobs and to wait for them."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        self.folder = folder
        self.runner = LocalRunner(
            DataDir(folder), limits=RunLimits(**({"grace_seconds": 1.0} | limits))
        )

    async def start(self, query: str, job_id: str = "job", **fields: Any) -> None:
        files = fields.pop("files", ())
        await self.runner.start(job_row(query, job_id, **fields), files)

    async def run(self, query: str, job_id: str = "job", **fields: Any) -> RunReport:
        await self.start(query, job_id, **fields)
        return await self.until_ended(job_id)

    async def shell(self, query: str, job_id: str = "job", **fields: Any) -> RunReport:
        return await self.run(query, job_id, query_type=QueryType.SHELL, **fields)

    async def until_ended(self, job_id: str = "job", *, was_started: bool = False) -> RunReport:
        return await self.until(
            lambda report: report.phase in ENDED, job_id, was_started=was_started
        )

    async def until(
        self,
        condition: Callable[[RunReport], bool],
        job_id: str = "job",
        *,
        was_started: bool = False,
    ) -> RunReport:
        reports: list[RunReport] = []

        async def poll(seconds: float) -> None:
            await asyncio.sleep(seconds)
            reports.append(await self.runner.report(job_id, was_started=was_started))

        await poll(0)
        await until(
            lambda: condition(reports[-1]), lambda: (reports[-1], self.log(job_id)), rest=poll
        )
        return reports[-1]

    async def until_printed(self, text: str, job_id: str = "job") -> None:
        await until(lambda: text in self.log(job_id))

    def log(self, job_id: str = "job") -> str:
        return self.runner.output(job_id).tail(10**7).decode(errors="replace")

    def shim_pid(self, job_id: str = "job") -> int:
        text = (self.folder / "jobs" / job_id / "started.json").read_text()
        return int(text.split('"pid": ')[1].split(",")[0])

    def processes(self, job_id: str = "job") -> tuple[process_tree.Process, ...]:
        return process_tree.job_processes(str(self.folder / "jobs" / job_id))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await clean_up(bench)


async def clean_up(bench: Bench) -> None:
    """Cancel all jobs, check that they have ended with their processes, and close the runner."""
    for folder in (bench.folder / "jobs").glob("*"):
        await bench.runner.cancel(folder.name)
        report = await bench.until(
            lambda report: report.phase in ENDED | {JobPhase.NOT_STARTED}, folder.name
        )
        assert report.phase is JobPhase.NOT_STARTED or not bench.processes(folder.name)
    await bench.runner.aclose()


async def test_an_unknown_job_is_reported_as_not_started_without_output(bench: Bench) -> None:
    assert await bench.runner.report("nobody") == RunReport(JobPhase.NOT_STARTED)
    assert bench.log("nobody") == ""


async def test_a_plain_python_job_prints_and_finishes(bench: Bench) -> None:
    report = await bench.run("print('hello')")
    assert report.phase is JobPhase.FINISHED
    assert report.exit_code == 0
    assert report.error_message is None
    assert not report.canceled
    assert [step.name for step in report.steps] == ["running_query"]
    assert report.started_at
    assert report.finished_at
    assert report.started_at <= report.finished_at
    assert bench.log() == "hello\n"


async def test_a_shell_job_runs_under_bash(bench: Bench) -> None:
    report = await bench.shell('echo "$BASH_VERSION" | grep -c . ; [[ a == a ]] && echo same')
    assert report.exit_code == 0
    assert bench.log() == "1\nsame\n"


async def test_stdout_and_stderr_are_in_the_log_in_the_order_of_printing(bench: Bench) -> None:
    await bench.shell("echo one; echo two >&2; echo three")
    assert bench.log() == "one\ntwo\nthree\n"


async def test_the_query_is_not_in_the_arguments_of_any_process(bench: Bench) -> None:
    await bench.start(
        "import sys\n# canary-4711\nprint(sys.argv, flush=True)\nimport time; time.sleep(60)"
    )
    await bench.until_printed("query.py")
    arguments = [
        (Path("/proc") / str(process.pid) / "cmdline").read_bytes() for process in bench.processes()
    ]
    assert arguments
    assert not any(b"canary" in argument for argument in arguments)


async def test_a_job_cannot_be_started_twice(bench: Bench) -> None:
    await bench.run("print(1)")
    await bench.start("import time; print('up', flush=True); time.sleep(60)", "running")
    for job_id in ("job", "running"):
        with pytest.raises(StartFailed, match="already been started"):
            await bench.start("print(2)", job_id)
    assert bench.log() == "1\n"


@pytest.mark.parametrize("name", ["..", "", "a/b", "/etc/passwd"])
async def test_a_file_cannot_be_placed_outside_the_working_directory(
    bench: Bench, name: str
) -> None:
    with pytest.raises(StartFailed, match="not a file name"):
        await bench.start("print(1)", files=((name, Path(__file__)),))


async def test_an_id_that_is_no_path_segment_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="not the id"):
        await bench.runner.report("../etc")


async def test_the_error_of_a_failed_job_is_the_exception_of_its_traceback(bench: Bench) -> None:
    report = await bench.run("print('working')\nraise ValueError('bad shard')")
    assert report.exit_code == 1
    assert report.error_message == "ValueError: bad shard"
    assert "Traceback" in bench.log()


async def test_a_job_with_exit_code_0_has_no_error_even_if_it_printed_a_traceback(
    bench: Bench,
) -> None:
    report = await bench.run("import sys\nprint('Traceback', file=sys.stderr)")
    assert report.exit_code == 0
    assert report.error_message is None


async def test_a_job_killed_by_a_signal_has_exit_code_128_plus_the_signal(bench: Bench) -> None:
    report = await bench.run("import os; os.kill(os.getpid(), 9)")
    assert report.exit_code == 137
    assert report.error_message == (
        "The query ended with exit code 137 (SIGKILL, often out of memory)."
    )


async def test_a_job_has_its_own_environment_variables_and_not_those_of_the_server(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATACHAIN_STUDIO_TOKEN", "canary-token")
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "canary-secret")
    await bench.shell("env; echo $$; cat /proc/$PPID/environ", environment={"SHARD": "7 of 9"})
    log = bench.log()
    assert "SHARD=7 of 9\n" in log
    assert "canary" not in log
    assert "PYTHONUNBUFFERED=1\n" in log
    assert "HOME=" in log


async def test_a_job_can_replace_path_but_not_the_variables_of_the_runner(bench: Bench) -> None:
    replacements = {
        process_tree.MARKER: "x",
        "DATACHAIN_ROOT_DIR": "/root/own",
        "PATH": "/opt:/usr/bin:/bin",
    }
    await bench.shell("env", environment=replacements)
    assert f"{process_tree.MARKER}={bench.folder / 'jobs' / 'job'}\n" in bench.log()
    assert "/root/own" not in bench.log()
    assert "PATH=/opt:/usr/bin:/bin\n" in bench.log()


async def test_a_job_has_no_input_no_open_file_of_the_server_and_its_own_session(
    bench: Bench,
) -> None:
    with (bench.folder / "servers.db").open("w"):
        report = await bench.shell(
            "cat; ls -l /proc/$$/fd | grep -c servers.db; umask; cut -d ' ' -f 6 /proc/$$/stat"
        )
    assert report.exit_code == 0
    open_files, umask, session = bench.log().splitlines()
    assert (open_files, umask) == ("0", "0077")
    assert int(session) != os.getsid(0)


async def test_the_folder_of_a_job_is_private_and_contains_no_secrets(bench: Bench) -> None:
    await bench.run("print(1)", environment={"PASSWORD": "canary-password"})
    folder = bench.folder / "jobs" / "job"
    assert folder.stat().st_mode & 0o077 == 0
    for path in folder.rglob("*"):
        assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path
        assert not path.is_file() or b"canary" not in path.read_bytes(), path


async def test_the_temporary_folder_of_a_job_is_deleted_after_the_job(bench: Bench) -> None:
    report = await bench.shell('touch "$TMPDIR/x"; mkdir "$TMPDIR/y"; echo "$TMPDIR"')
    assert report.exit_code == 0
    folder = Path(bench.log().strip())
    assert folder.name.startswith("studio-")
    await until(lambda: not folder.exists())


async def test_uploaded_files_are_in_the_working_directory_under_their_names(
    bench: Bench, tmp_path: Path
) -> None:
    stored = tmp_path / "17"
    stored.write_bytes(b"x" * 700_000)
    newer = tmp_path / "18"
    newer.write_text("newer")
    files = (("data set.csv", stored), ("twice.txt", stored), ("twice.txt", newer))
    report = await bench.shell("wc -c < 'data set.csv'; cat twice.txt", files=files)
    assert [step.name for step in report.steps] == ["downloading_files", "running_query"]
    assert bench.log().split() == ["700000", "newer"]


async def test_an_uploaded_query_py_is_not_overwritten(bench: Bench, tmp_path: Path) -> None:
    stored = tmp_path / "1"
    stored.write_text("WHO = 'uploaded'\n")
    await bench.run("import query; print(query.WHO)", files=(("query.py", stored),))
    assert bench.log() == "uploaded\n"


async def test_job_files_replace_links_of_the_repository_and_do_not_follow_them(
    bench: Bench, tmp_path: Path
) -> None:
    link_target = tmp_path / "link_target"
    link_target.write_text("untouched")
    stored = tmp_path / "1"
    stored.write_text("uploaded")
    links = {"data.csv": link_target, "query.sh": link_target}
    url = make_repository(tmp_path / "repository", links)
    report = await bench.shell("cat data.csv", repository=url, files=(("data.csv", stored),))
    assert report.exit_code == 0
    assert bench.log().endswith("uploaded")
    assert link_target.read_text() == "untouched"


async def test_the_error_of_a_job_names_an_uploaded_file_that_is_missing(
    bench: Bench, tmp_path: Path
) -> None:
    report = await bench.run("print(1)", files=(("a.csv", tmp_path / "gone"),))
    assert report.exit_code == 1
    assert report.error_message
    assert "'a.csv'" in report.error_message
    assert bench.log() == ""


def make_repository(folder: Path, links: dict[str, Path] | None = None) -> str:
    folder.mkdir()
    for name, target in (links or {}).items():
        (folder / name).symlink_to(target)

    def git(*words: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        subprocess.run(
            ["git", "-C", str(folder), *identity, *words], check=True, capture_output=True
        )

    git("init", "--initial-branch=main")
    (folder / "helper.py").write_text("VALUE = 'first'\n")
    git("add", ".")
    git("commit", "-m", "first")
    git("branch", "old/one")
    (folder / "helper.py").write_text("VALUE = 'second'\n")
    git("commit", "-am", "second")
    return str(folder)


async def test_a_repository_is_cloned_into_the_working_directory_at_its_revision(
    bench: Bench, tmp_path: Path
) -> None:
    url = make_repository(tmp_path / "repository")
    for value, repository in (("second", url), ("first", f"file://{url}@old/one")):
        query = "import helper; print(helper.VALUE)"
        report = await bench.run(query, value, repository=repository)
        assert report.exit_code == 0, bench.log(value)
        assert bench.log(value).endswith(f"{value}\n")


async def test_a_missing_revision_fails_the_job_with_the_message_of_git(
    bench: Bench, tmp_path: Path
) -> None:
    url = make_repository(tmp_path / "repository")
    report = await bench.run("print(1)", repository=f"{url}@nowhere")
    assert report.exit_code not in {0, None}
    assert report.error_message
    assert "nowhere" in report.error_message
    assert report.started_at is None


async def test_a_long_message_of_git_is_cut_with_its_introduction(
    bench: Bench, tmp_path: Path
) -> None:
    url = make_repository(tmp_path / "repository")
    report = await bench.run("print(1)", repository=f"{url}@{'long' * 1000}")
    assert report.error_message
    assert report.error_message.startswith("The repository could not be cloned: ")
    assert len(report.error_message) == MESSAGE_LIMIT


async def test_fifty_thousand_lines_arrive_whole_and_in_order(bench: Bench) -> None:
    report = await bench.run("for n in range(50_000): print(f'seq={n:06}')")
    assert report.exit_code == 0
    assert bench.log() == "".join(f"seq={n:06}\n" for n in range(50_000))


async def test_a_character_written_byte_by_byte_is_read_as_one_character(bench: Bench) -> None:
    query = (
        "import os, time\n"
        "for byte in '🚀'.encode():\n"
        "    os.write(1, bytes([byte])); time.sleep(0.1)\n"
    )
    await bench.run(query)
    pieces = PieceReader(bench.runner.output("job")).read(ended=True)
    assert pieces.texts == ["🚀"]


async def test_an_unfinished_line_can_be_read_while_the_job_is_idle(bench: Bench) -> None:
    await bench.start("import time; print('waiting', end='', flush=True); time.sleep(60)")
    pieces = PieceReader(bench.runner.output("job"))
    texts_read: list[str] = []

    def has_text() -> bool:
        texts_read.extend(pieces.read(ended=False).texts)
        return bool(texts_read)

    await until(has_text)
    assert texts_read == ["waiting"]


async def test_a_line_printed_dot_by_dot_is_stored_in_several_pieces(bench: Bench) -> None:
    query = "import os, time\nfor _ in range(40):\n    os.write(1, b'.'); time.sleep(0.01)\n"
    await bench.run(query)
    log_texts = texts(bench.runner.output("job"))
    assert len(log_texts) >= 3
    assert "".join(log_texts) == "." * 40


async def test_output_above_the_cap_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path, segment_bytes=100_000, cap_bytes=400_000)
    report = await bench.run("for n in range(200_000): print(f'seq={n:06}')")
    assert report.exit_code == 0
    log_texts = texts(bench.runner.output("job"))
    assert log_texts[0] == "seq=000000\n"
    assert log_texts[-1] == "seq=199999\n"
    assert sum("left out" in text for text in log_texts) == 1
    await clean_up(bench)


async def test_a_canceled_job_receives_sigterm_and_can_clean_up(bench: Bench) -> None:
    await bench.start(
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    print('tidied up', flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    await bench.until_printed("up")
    await bench.runner.cancel("job")
    report = await bench.until_ended()
    assert report.phase is JobPhase.FINISHED
    assert report.canceled
    assert report.exit_code == 0
    assert "tidied up" in bench.log()


# A program that ignores SIGTERM, as do its two children. The children have sessions of their own;
# one has an empty environment, and so no marker of the job.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('child', flush=True); time.sleep(300)"
)
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-c", code], {})
    os._exit(0)
os.wait()
print('up', flush=True)
time.sleep(300)
"""


async def test_cancel_kills_children_that_ignore_sigterm_in_another_session_without_the_marker(
    bench: Bench,
) -> None:
    await bench.start(STUBBORN)
    await until(lambda: bench.log().count("child") == 2 and "up" in bench.log())
    tree = process_tree.job_processes(str(bench.folder / "jobs" / "job"), bench.shim_pid())
    assert len(tree) == 3
    await bench.runner.cancel("job")
    report = await bench.until_ended()
    assert report.canceled
    assert report.exit_code == 137
    assert not [process for process in process_tree.processes() if process in tree]


async def test_a_job_canceled_before_its_start_ends_without_running(bench: Bench) -> None:
    await bench.runner.cancel("job")
    assert await bench.runner.report("job") == RunReport(JobPhase.NOT_STARTED, canceled=True)
    report = await bench.run("print('never')")
    assert report.canceled
    assert report.exit_code == 143
    assert report.started_at is None
    assert bench.log() == ""


async def test_cancel_right_after_the_start_is_never_missed(bench: Bench) -> None:
    for number in range(40 if SOAK else 6):
        job_id = f"job{number}"
        await bench.start("import time; time.sleep(60)", job_id)
        await asyncio.sleep(number * 0.01)
        await bench.runner.cancel(job_id)
        report = await bench.until_ended(job_id)
        assert report.canceled
        assert report.exit_code


async def test_a_job_whose_shim_receives_sigterm_without_a_cancel_is_not_canceled(
    bench: Bench,
) -> None:
    await bench.start("import time; print('up', flush=True); time.sleep(60)")
    await bench.until_printed("up")
    os.kill(bench.shim_pid(), signal.SIGTERM)
    report = await bench.until_ended()
    assert not report.canceled
    assert report.exit_code == 143


async def test_background_processes_of_an_ended_query_are_stopped_and_the_log_says_so(
    bench: Bench,
) -> None:
    report = await bench.shell("sleep 300 & echo started")
    assert report.exit_code == 0
    assert report.phase is JobPhase.FINISHED
    assert not bench.processes()
    assert (
        bench.log()
        == "started\n[local Studio: stopping 1 process left running in the background]\n"
    )


async def test_background_processes_that_end_by_themselves_are_not_in_the_log(bench: Bench) -> None:
    report = await bench.shell("(sleep 0.05; echo late) & echo done")
    assert report.exit_code == 0
    assert bench.log() == "done\nlate\n"


async def test_a_job_whose_shim_is_killed_is_lost_and_its_marked_processes_end(
    bench: Bench,
) -> None:
    await bench.start(STUBBORN)
    await until(lambda: bench.log().count("child") == 2 and "up" in bench.log())
    survivors = bench.processes()
    os.kill(bench.shim_pid(), signal.SIGKILL)
    report = await bench.until_ended()
    assert report.phase is JobPhase.LOST
    assert report.exit_code is None
    assert report.finished_at
    assert report.error_message
    assert report.error_message.startswith("lost: ")
    assert not [process for process in process_tree.processes() if process in survivors]
    assert await bench.runner.report("job") == report
    # One process of STUBBORN has no environment and thus no marker, and its shim is dead:
    # the runner cannot find it, so the test ends it.
    for process in process_tree.processes():
        try:
            command = (Path("/proc") / str(process.pid) / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if b"print('child', flush=True)" in command and process.parent == 1:
            process_tree.send(process, signal.SIGKILL)


def test_closing_a_runner_leaves_the_processes_of_a_lost_job_to_the_next_runner(
    tmp_path: Path,
) -> None:
    async def lose_job_and_close() -> None:
        bench = Bench(tmp_path, grace_seconds=10 * HANG)
        await bench.start(
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "print('up', flush=True); time.sleep(300)"
        )
        await bench.until_printed("up")
        await asyncio.to_thread(kill_shim, tmp_path / "jobs" / "job")
        assert (await bench.runner.report("job")).phase is JobPhase.RUNNING
        await await_with_limit(bench.runner.aclose(), "closing")
        assert bench.processes()

    async def end_processes() -> None:
        other = Bench(tmp_path, grace_seconds=0.1)
        assert (await other.until_ended()).phase is JobPhase.LOST
        assert not other.processes()
        await other.runner.aclose()

    asyncio.run(lose_job_and_close())
    asyncio.run(end_processes())


async def test_another_runner_takes_over_a_running_job(bench: Bench, tmp_path: Path) -> None:
    await bench.start(
        "import time; print('up', flush=True); time.sleep(0.5); print('end'); exit(4)"
    )
    await bench.until_printed("up")
    await bench.runner.aclose()
    other = Bench(tmp_path)
    report = await other.runner.report("job")
    assert report.phase is JobPhase.RUNNING
    report = await other.until_ended()
    assert report.exit_code == 4
    assert other.log() == "up\nend\n"


async def test_another_runner_can_cancel_a_running_job(bench: Bench, tmp_path: Path) -> None:
    await bench.start("import time; print('up', flush=True); time.sleep(60)")
    await bench.until_printed("up")
    other = Bench(tmp_path)
    await other.runner.cancel("job")
    assert (await other.until_ended()).canceled


# A program that starts a job and goes on, as a server does, until it is killed.
SERVER = """
import asyncio, sys
from pathlib import Path
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.run.local_runner import LocalRunner
from tests.local.job_rows import job_row

async def main():
    folder = Path(sys.argv[1])
    runner = LocalRunner(DataDir(folder))
    query = (
        "import time\\n"
        "for n in range(400): print(f'seq={n:06}', flush=True); time.sleep(0.001)\\n"
        "exit(5)"
    )
    await runner.start(job_row(query))
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def start_and_kill_server(folder: Path, seconds: float) -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(folder)], stdout=subprocess.PIPE)
    assert server.stdout
    assert server.stdout.readline() == b"started\n"
    time.sleep(seconds)
    server.kill()
    server.wait()
    server.stdout.close()


async def test_killing_the_server_loses_no_line_and_no_exit_code(tmp_path: Path) -> None:
    for number in range(50 if SOAK else 2):
        folder = tmp_path / str(number)
        await asyncio.to_thread(start_and_kill_server, folder, number * 0.01)
        bench = Bench(folder)
        report = await bench.until_ended()
        assert report.phase is JobPhase.FINISHED
        assert report.exit_code == 5
        assert bench.log() == "".join(f"seq={n:06}\n" for n in range(400))
        await bench.runner.aclose()


def kill_shim(folder: Path) -> None:
    """Kill the shim of a job as soon as its process exists, even before it has recorded its pid."""

    def killed() -> bool:
        for process in process_tree.processes():
            try:
                arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
            except OSError:  # it has just ended
                continue
            if shim.__file__.encode() in arguments and str(folder).encode() in arguments:
                os.kill(process.pid, signal.SIGKILL)
                return True
        return False

    eventually(killed)


async def test_killing_the_shim_at_any_moment_leaves_no_process_and_no_finished_job(
    bench: Bench,
) -> None:
    for number in range(100 if SOAK else 8):
        job_id = f"job{number}"
        await bench.start("import time\nprint('up', flush=True); time.sleep(60)", job_id)
        await asyncio.sleep(number % 25 * 0.005)
        await asyncio.to_thread(kill_shim, bench.folder / "jobs" / job_id)
        report = await bench.until(
            lambda report: report.phase in ENDED | {JobPhase.NOT_STARTED}, job_id
        )
        assert report.phase is not JobPhase.FINISHED
        assert not bench.processes(job_id)
        if report.phase is JobPhase.NOT_STARTED:
            assert bench.log(job_id) == ""
            await bench.start("print('second try')", job_id)
            assert (await bench.until_ended(job_id)).exit_code == 0


@needs.small_disk
async def test_a_full_disk_ends_the_log_with_an_explanation_and_keeps_the_exit_code() -> None:
    bench = Bench(Path(needs.SMALL_DISK) / "runner")
    try:
        report = await bench.run("for n in range(200_000): print(f'seq={n:06}')\nexit(7)")
        assert report.exit_code == 7
        *_, beginning, blank, end = bench.log().splitlines()
        assert "output from here on is lost" in beginning
        assert blank == ""
        assert "bytes of output could not be written" in end
        with pytest.raises(StartFailed, match="No space left"):
            await bench.start("print(1)", "another")
    finally:
        shutil.rmtree(bench.folder)


async def test_a_job_that_cannot_be_started_leaves_no_secrets_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(local_runner, "_spawn_shim", fail)
    with pytest.raises(StartFailed, match="Resource temporarily unavailable"):
        await bench.start("print(1)", "job")
    assert not [*bench.folder.rglob("spec.json")]


async def test_no_zombie_is_left_when_jobs_have_ended(bench: Bench) -> None:
    # Only these shims count: servers of other tests in this process may have left zombies.
    shims: set[int] = set()
    for number in range(3):
        await bench.start("print(1)", f"job{number}")
        shims |= set(bench.runner._children.values())
        await bench.until_ended(f"job{number}")
    assert len(shims) == 3

    async def poll(seconds: float) -> None:
        await asyncio.sleep(seconds)
        await bench.runner.report("job0")  # each report waits for shims that have ended

    await until(lambda: not zombies() & shims, rest=poll)


def zombies() -> set[int]:
    """Return the pids of this process's children that have ended and were not waited for."""
    pids = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z" and int(parent) == os.getpid():
            pids.add(int(path.parent.name))
    return pids


def test_the_shim_imports_no_slow_module() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        f"sys.path.append({str(Path(shim.__file__).parents[3])!r})\n"
        "import studio_tui.local.shim.shim\n"
        "print(*sorted(name.partition('.')[0] for name in set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, check=True)
    imported = set(done.stdout.decode().split())
    slow = {"pydantic", "fastapi", "asyncio", "subprocess", "dataclasses", "ctypes", "shutil", "uv"}
    assert not imported & slow
    assert imported - set(sys.stdlib_module_names) == {"studio_tui"}
