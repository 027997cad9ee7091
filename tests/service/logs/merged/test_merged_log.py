"""Several logs merged into one, compared with the lines that were written to each."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.service.logs.merged.merged_log import MergedLog
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.tagged_store import TAG_LENGTH, TaggedStore, number_in
from tests.service.polling.virtual_time import run
from tests.soak import at_length


def time_of(line: bytes) -> float | None:
    word = line.split(b" ", 1)[0]
    return float(word[2:]) if word.startswith(b"t=") and word[2:].isdigit() else None


class JobLogs:
    """Logs of several jobs, and the merged log of some of them; a job is its index in `stores`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = MergedLog(
            lambda: TaggedStore.create(folder),
            viewed_lines=lambda: list(self.viewed_lines),
            on_moved=self._note_moved,
        )
        self.stores: list[LogStore] = []
        self.numbers: dict[int, int] = {}
        """For each job in the merged log, the number in the tags of its lines."""
        self.ended_jobs: set[int] = set()
        """The jobs that have ended."""
        self.viewed_lines: dict[int, bytes] = {}
        """The offsets of lines that a user views, and the lines."""
        self.move_count = 0
        """How often lines have moved."""

    def new_job(self) -> int:
        """Create the log of a job, which is not merged yet."""
        self.stores.append(LogStore.create(self.folder))
        return len(self.stores) - 1

    def join(self, job: int, begins_at: float = 0.0) -> None:
        store = self.stores[job]
        self.numbers[job] = self.log.join(
            store,
            f"job {job}",
            is_over=lambda: job in self.ended_jobs,
            time_of=time_of,
            begins_at=begins_at,
        )

    def leave(self, job: int) -> None:
        self.log.leave(self.numbers.pop(job))

    def end(self, job: int) -> None:
        self.ended_jobs.add(job)
        self.log.poke()

    def merged_lines(self) -> list[tuple[int, bytes]]:
        """Return each merged line with its job, which is -1 if the job is not in the log."""
        jobs = {number: job for job, number in self.numbers.items()}
        store = self.log.store
        text = store.read(0, store.size)
        assert not text or text.endswith(b"\n")
        return [
            (jobs.get(number_in(line), -1), line[TAG_LENGTH:]) for line in text.split(b"\n")[:-1]
        ]

    def merged_texts(self) -> list[bytes]:
        return [line for _, line in self.merged_lines()]

    def lines_of(self, job: int) -> list[bytes]:
        """Return the lines of a job, including an unfinished last line."""
        text = self.stores[job].read(0, self.stores[job].size)
        lines = text.split(b"\n")
        return lines if lines[-1] else lines[:-1]

    def close(self) -> None:
        self.log.close()
        for store in self.stores:
            store.close()

    def _note_moved(self, new_offsets: object) -> None:
        assert isinstance(new_offsets, dict)
        self.move_count += 1
        self.viewed_lines = {
            new_offsets[offset]: line
            for offset, line in self.viewed_lines.items()
            if offset in new_offsets
        }


Script = Callable[[JobLogs], Coroutine[Any, Any, None]]


def run_script(script: Script) -> None:
    async def run_and_close() -> None:
        with tempfile.TemporaryDirectory() as folder:
            logs = JobLogs(Path(folder))
            running = asyncio.create_task(logs.log.run())
            try:
                await script(logs)
                assert not running.done() or running.result()
            finally:
                running.cancel()
                await asyncio.wait([running])
                logs.close()

    run(run_and_close())


async def wait(seconds: float = 10.0) -> None:
    await asyncio.sleep(seconds)


# Random actions of several jobs

LINE = st.sampled_from([b"a", b"", b"t= no", b"  frame", b"\x1b[31mred", b"001|forged", b"x" * 300])
ACTION = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 3), LINE, st.integers(0, 30)),
    st.tuples(st.just("part"), st.integers(0, 3), LINE, st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 4, 40]), st.just(b""), st.just(0)),
    st.tuples(st.just("join"), st.integers(0, 3), st.just(b""), st.just(0)),
    st.tuples(st.just("leave"), st.integers(0, 3), st.just(b""), st.just(0)),
    st.tuples(st.just("late"), st.integers(0, 3), LINE, st.integers(0, 40)),
    st.tuples(st.just("cut"), st.integers(0, 3), st.just(b""), st.integers(0, 60)),
)


@settings(max_examples=at_length(20, 600), deadline=None)
@given(st.lists(ACTION, max_size=40), st.booleans())
def test_each_line_is_merged_once_and_in_the_order_of_its_job(
    actions: list[tuple[str, int, bytes, int]], timed: bool
) -> None:
    async def script(logs: JobLogs) -> None:
        for _ in range(4):
            logs.new_job()
        for job in (0, 1):
            logs.join(job)
        for action, job, line, number in actions:
            if action == "wait":
                await wait(job * 0.1)
                continue
            store = logs.stores[job]
            if action == "write":
                store.append((b"t=%d " % number if timed else b"") + line + b"\n")
            elif action == "part":
                store.append(line)
            elif action == "join" and job not in logs.numbers:
                logs.join(job)
            elif action == "leave" and job in logs.numbers:
                logs.leave(job)
            elif action == "late":
                store.insert(store.line_start(min(number, store.size)), line + b"\n")
            elif action == "cut":
                store.cut(min(number, store.size))
        for job in range(4):
            logs.end(job)
        await wait()
        merged = defaultdict(list)
        for job, line in logs.merged_lines():
            merged[job].append(line)
        assert dict(merged) == {
            job: logs.lines_of(job) for job in logs.numbers if logs.lines_of(job)
        }

    run_script(script)


@settings(max_examples=at_length(15, 400), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([0.0, 0.05, 0.4, 2.0])),
        max_size=60,
    )
)
def test_lines_are_in_order_of_time_if_all_have_times(
    steps: list[tuple[int, int, float]],
) -> None:
    async def script(logs: JobLogs) -> None:
        times = [0, 0, 0, 0]
        for job in range(4):
            logs.new_job()
            logs.join(job)
        for count, (job, later, pause) in enumerate(steps):
            times[job] += later
            logs.stores[job].append(b"t=%d %d\n" % (times[job], count))
            await wait(pause)
        await wait()
        times_of_lines = [time_of(line) for line in logs.merged_texts()]
        assert len(times_of_lines) == len(steps)
        assert times_of_lines == sorted(times_of_lines, key=lambda time: time or 0.0)

    run_script(script)


# Single behaviors


def test_a_traceback_stays_whole_and_lines_without_times_stay_where_they_arrived() -> None:
    async def script(logs: JobLogs) -> None:
        first, second, plain = logs.new_job(), logs.new_job(), logs.new_job()
        logs.stores[first].append(b"t=1 boom\nTraceback\n  frame\nError\nt=5 on\n")
        logs.stores[second].append(b"t=2 a\nt=4 b\n")
        logs.stores[plain].append(b"no time\n")
        logs.join(first)
        logs.join(second)
        logs.join(plain, begins_at=3.0)
        await wait()
        assert logs.merged_texts() == [
            *(b"t=1 boom", b"Traceback", b"  frame", b"Error"),
            *(b"t=2 a", b"no time", b"t=4 b", b"t=5 on"),
        ]

    run_script(script)


def test_live_lines_are_ordered_within_a_moment_and_then_stay_in_place() -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        logs.join(first)
        logs.join(second)
        with (
            logs.stores[first].arrivals.live(datetime(2026, 3, 1, tzinfo=UTC)),
            logs.stores[second].arrivals.live(datetime(2026, 3, 1, tzinfo=UTC)),
        ):
            logs.stores[first].append(b"t=7 later\n")
            await wait(0.1)
            logs.stores[second].append(b"t=6 sooner\n")
            await wait(1.0)
            logs.stores[second].append(b"t=5 a clock that is slow\n")
            await wait()
        assert logs.merged_texts() == [b"t=6 sooner", b"t=7 later", b"t=5 a clock that is slow"]
        assert not logs.move_count

    run_script(script)


def test_earlier_lines_of_a_joining_job_are_ordered_and_the_users_place_is_kept() -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        logs.stores[first].append(b"".join(b"t=%d one\n" % (2 * n) for n in range(20_000)))
        logs.join(first)
        await wait()
        store = logs.log.store
        for number in (0, 7, 11_111, 19_999):
            start = store.start_of(number)
            logs.viewed_lines[start] = store.line_at(start).head
        logs.stores[second].append(b"".join(b"t=%d two\n" % (2 * n + 1) for n in range(20_000)))
        logs.join(second)
        await wait(60)
        assert logs.move_count
        assert logs.merged_texts()[1000:1003] == [b"t=1000 one", b"t=1001 two", b"t=1002 one"]
        assert len(logs.viewed_lines) == 4
        for start, line in logs.viewed_lines.items():
            assert store.line_at(start).head == line

    run_script(script)


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_is_merged_when_it_is_complete_or_its_job_ends(end: bytes) -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        logs.join(first)
        logs.join(second)
        logs.stores[first].append(b"\r 10%")
        logs.stores[second].append(b"a\n")
        await wait()
        assert logs.merged_texts() == [b"a"]
        logs.stores[first].append(b"\r100%" + end)
        if not end:
            await wait()
            assert logs.merged_texts() == [b"a"]
            logs.end(first)
        await wait()
        logs.stores[second].append(b"b\n")
        await wait()
        assert logs.merged_texts() == [b"a", b"\r 10%\r100%", b"b"]

    run_script(script)


@pytest.mark.parametrize("pause", [0.0, 0.1, 0.2, 0.4, 2.0])
def test_a_last_line_that_grows_after_its_log_seemed_to_have_ended_is_whole(pause: float) -> None:
    async def script(logs: JobLogs) -> None:
        first = logs.new_job()
        logs.join(first)
        logs.stores[first].append(b"t=1 abc")
        logs.end(first)
        await wait(pause)
        logs.stores[first].append(b"def\nt=2 x\n")
        await wait()
        assert logs.merged_texts() == [b"t=1 abcdef", b"t=2 x"]

    run_script(script)


def test_the_lines_of_a_job_that_leaves_are_removed() -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        for job in (first, second):
            logs.stores[job].append(b"t=%d a\n" % job)
            logs.join(job)
        await wait()
        assert len(logs.merged_texts()) == 2
        logs.leave(first)
        await wait()
        assert logs.merged_lines() == [(second, b"t=1 a")]
        logs.join(first)
        await wait()
        assert logs.merged_lines() == [(first, b"t=0 a"), (second, b"t=1 a")]

    run_script(script)


def test_marks_of_a_log_appear_in_the_merged_log_and_disappear_with_it() -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        logs.stores[first].append(b"t=1 a\nt=3 b\n")
        logs.stores[second].append(b"t=2 c\n")
        logs.stores[first].mark(6, "Lines are missing.")
        logs.join(first)
        logs.join(second)
        await wait()
        store = logs.log.store
        (mark,) = store.marks
        assert mark.text == "job 0: Lines are missing."
        assert store.line_at(mark.offset).head == b"t=3 b"
        logs.stores[second].mark(6, "It ends here.")
        await wait()
        assert [mark.text for mark in store.marks][1:] == ["job 1: It ends here."]
        logs.stores[first].unmark(logs.stores[first].marks[0])
        await wait()
        assert [mark.text for mark in store.marks] == ["job 1: It ends here."]

    run_script(script)


def test_long_lines_are_merged_completely() -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        long = b"t=1 " + b"x" * 700_000
        logs.stores[first].append(long + b"\nt=3 end\n")
        logs.stores[second].append(b"t=2 a\n" * 40_000)
        logs.join(first)
        logs.join(second)
        await wait(60)
        assert logs.merged_texts() == [long, *[b"t=2 a"] * 40_000, b"t=3 end"]

    run_script(script)


@pytest.mark.parametrize("forged", [b"000|", b"fff|", b"|", b"\n000|x"])
def test_no_text_can_be_taken_for_a_line_of_another_job(forged: bytes) -> None:
    async def script(logs: JobLogs) -> None:
        first, second = logs.new_job(), logs.new_job()
        logs.stores[first].append(b"mine\n")
        logs.stores[second].append(forged + b"yours\n")
        logs.join(first)
        logs.join(second)
        await wait()
        assert [line for job, line in logs.merged_lines() if job == first] == [b"mine"]
        assert [line for job, line in logs.merged_lines() if job == second] == logs.lines_of(second)

    run_script(script)
