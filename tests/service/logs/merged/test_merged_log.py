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


class Bench:
    """Logs that grow, and the merged log of some of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = MergedLog(
            lambda: TaggedStore.create(folder),
            time_of,
            viewed_lines=lambda: list(self.places),
            moved=self._moved,
        )
        self.stores: list[LogStore] = []
        self.numbers: dict[int, int] = {}
        """For each merged log, the number in the tags of its lines."""
        self.over: set[int] = set()
        self.places: dict[int, bytes] = {}
        """Where a reader is, and the line that is read there."""
        self.orderings = 0

    def new(self) -> int:
        self.stores.append(LogStore.create(self.folder))
        return len(self.stores) - 1

    def join(self, job: int, begins_at: float = 0.0) -> None:
        store = self.stores[job]
        self.numbers[job] = self.log.join(
            store, f"job {job}", is_over=lambda: job in self.over, begins_at=begins_at
        )

    def leave(self, job: int) -> None:
        self.log.leave(self.numbers.pop(job))

    def end(self, job: int) -> None:
        self.over.add(job)
        self.log.poke()

    def lines(self) -> list[tuple[int, bytes]]:
        """Return the merged lines with the job of each."""
        jobs = {number: job for job, number in self.numbers.items()}
        store = self.log.store
        text = store.read(0, store.size)
        assert not text or text.endswith(b"\n")
        return [
            (jobs.get(number_in(line), -1), line[TAG_LENGTH:]) for line in text.split(b"\n")[:-1]
        ]

    def texts(self) -> list[bytes]:
        return [line for _, line in self.lines()]

    def of(self, job: int) -> list[bytes]:
        """Return the lines of a job, with an unfinished last one."""
        text = self.stores[job].read(0, self.stores[job].size)
        lines = text.split(b"\n")
        return lines if lines[-1] else lines[:-1]

    def close(self) -> None:
        self.log.close()
        for store in self.stores:
            store.close()

    def _moved(self, moved: object) -> None:
        assert isinstance(moved, dict)
        self.orderings += 1
        self.places = {moved[at]: line for at, line in self.places.items() if at in moved}


Script = Callable[[Bench], Coroutine[Any, Any, None]]


def play(script: Script) -> None:
    async def playing() -> None:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder))
            running = asyncio.create_task(bench.log.run())
            try:
                await script(bench)
                assert not running.done() or running.result()
            finally:
                running.cancel()
                await asyncio.wait([running])
                bench.close()

    run(playing())


async def rest(seconds: float = 10.0) -> None:
    await asyncio.sleep(seconds)


# Any jobs, however they write

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
def test_each_line_is_merged_once_and_in_its_jobs_order_whatever_happens(
    actions: list[tuple[str, int, bytes, int]], timed: bool
) -> None:
    async def script(bench: Bench) -> None:
        for _ in range(4):
            bench.new()
        for job in (0, 1):
            bench.join(job)
        for action, job, line, number in actions:
            if action == "wait":
                await rest(job * 0.1)
                continue
            store = bench.stores[job]
            if action == "write":
                store.append((b"t=%d " % number if timed else b"") + line + b"\n")
            elif action == "part":
                store.append(line)
            elif action == "join" and job not in bench.numbers:
                bench.join(job)
            elif action == "leave" and job in bench.numbers:
                bench.leave(job)
            elif action == "late":
                store.insert(store.line_start(min(number, store.size)), line + b"\n")
            elif action == "cut":
                store.cut(min(number, store.size))
        for job in range(4):
            bench.end(job)
        await rest()
        merged = defaultdict(list)
        for job, line in bench.lines():
            merged[job].append(line)
        assert dict(merged) == {job: bench.of(job) for job in bench.numbers if bench.of(job)}

    play(script)


@settings(max_examples=at_length(15, 400), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([0.0, 0.05, 0.4, 2.0])),
        max_size=60,
    )
)
def test_lines_that_all_have_times_are_in_order_of_time(
    steps: list[tuple[int, int, float]],
) -> None:
    async def script(bench: Bench) -> None:
        times = [0, 0, 0, 0]
        for job in range(4):
            bench.new()
            bench.join(job)
        for count, (job, later, pause) in enumerate(steps):
            times[job] += later
            bench.stores[job].append(b"t=%d %d\n" % (times[job], count))
            await rest(pause)
        await rest()
        times_of_lines = [time_of(line) for line in bench.texts()]
        assert len(times_of_lines) == len(steps)
        assert times_of_lines == sorted(times_of_lines, key=lambda time: time or 0.0)

    play(script)


# One thing at a time


def test_a_traceback_stays_whole_and_lines_without_times_stay_where_they_arrived() -> None:
    async def script(bench: Bench) -> None:
        one, two, plain = bench.new(), bench.new(), bench.new()
        bench.stores[one].append(b"t=1 boom\nTraceback\n  frame\nError\nt=5 on\n")
        bench.stores[two].append(b"t=2 a\nt=4 b\n")
        bench.stores[plain].append(b"no time\n")
        bench.join(one)
        bench.join(two)
        bench.join(plain, begins_at=3.0)
        await rest()
        assert bench.texts() == [
            *(b"t=1 boom", b"Traceback", b"  frame", b"Error"),
            *(b"t=2 a", b"no time", b"t=4 b", b"t=5 on"),
        ]

    play(script)


def test_what_comes_live_is_put_in_order_within_a_moment_and_then_stays() -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        bench.join(one)
        bench.join(two)
        with (
            bench.stores[one].arrivals.live(datetime(2026, 3, 1, tzinfo=UTC)),
            bench.stores[two].arrivals.live(datetime(2026, 3, 1, tzinfo=UTC)),
        ):
            bench.stores[one].append(b"t=7 later\n")
            await rest(0.1)
            bench.stores[two].append(b"t=6 sooner\n")
            await rest(1.0)
            bench.stores[two].append(b"t=5 a clock that is slow\n")
            await rest()
        assert bench.texts() == [b"t=6 sooner", b"t=7 later", b"t=5 a clock that is slow"]
        assert not bench.orderings

    play(script)


def test_a_job_that_joins_with_a_past_is_put_in_order_and_the_reader_keeps_the_place() -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        bench.stores[one].append(b"".join(b"t=%d one\n" % (2 * n) for n in range(20_000)))
        bench.join(one)
        await rest()
        store = bench.log.store
        for number in (0, 7, 11_111, 19_999):
            start = store.start_of(number)
            bench.places[start] = store.line_at(start).head
        bench.stores[two].append(b"".join(b"t=%d two\n" % (2 * n + 1) for n in range(20_000)))
        bench.join(two)
        await rest(60)
        assert bench.orderings
        assert bench.texts()[1000:1003] == [b"t=1000 one", b"t=1001 two", b"t=1002 one"]
        assert len(bench.places) == 4
        for start, line in bench.places.items():
            assert store.line_at(start).head == line

    play(script)


def test_a_bar_is_one_live_line_at_the_end_until_it_is_finished() -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        bench.join(one)
        bench.join(two)
        bench.stores[one].append(b"\r 10%")
        bench.stores[two].append(b"a\n")
        await rest(0.5)
        assert bench.texts() == [b"a", b"\r 10%"]
        bench.stores[one].append(b"\r 20%")
        bench.stores[two].append(b"b\n")
        await rest(0.5)
        assert bench.texts() == [b"a", b"b", b"\r 10%\r 20%"]
        bench.stores[one].append(b"\r100%\n")
        await rest(0.5)
        bench.stores[two].append(b"c\n")
        await rest(0.5)
        assert bench.texts() == [b"a", b"b", b"\r 10%\r 20%\r100%", b"c"]

    play(script)


def test_an_unfinished_line_waits_until_it_stops_growing_or_its_job_has_ended() -> None:
    async def script(bench: Bench) -> None:
        one = bench.new()
        bench.join(one)
        bench.stores[one].append(b"Password: ")
        await rest(0.5)
        assert bench.texts() == []
        await rest(1.0)
        assert bench.texts() == [b"Password: "]
        bench.stores[one].append(b"thanks")
        bench.end(one)
        await rest(0.5)
        assert bench.texts() == [b"Password: thanks"]

    play(script)


def test_a_job_that_leaves_takes_its_lines_along() -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        for job in (one, two):
            bench.stores[job].append(b"t=%d a\n" % job)
            bench.join(job)
        await rest()
        assert len(bench.texts()) == 2
        bench.leave(one)
        await rest()
        assert bench.lines() == [(two, b"t=1 a")]
        bench.join(one)
        await rest()
        assert bench.lines() == [(one, b"t=0 a"), (two, b"t=1 a")]

    play(script)


def test_what_is_missing_in_a_log_is_marked_at_its_place_and_unmarked_again() -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        bench.stores[one].append(b"t=1 a\nt=3 b\n")
        bench.stores[two].append(b"t=2 c\n")
        bench.stores[one].mark(6, "Lines are missing.")
        bench.join(one)
        bench.join(two)
        await rest()
        store = bench.log.store
        (mark,) = store.marks
        assert mark.text == "job 0: Lines are missing."
        assert store.line_at(mark.offset).head == b"t=3 b"
        bench.stores[two].mark(6, "It ends here.")
        await rest()
        assert [mark.text for mark in store.marks][1:] == ["job 1: It ends here."]
        bench.stores[one].unmark(bench.stores[one].marks[0])
        await rest()
        assert [mark.text for mark in store.marks] == ["job 1: It ends here."]

    play(script)


def test_long_lines_are_merged_whole() -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        long = b"t=1 " + b"x" * 700_000
        bench.stores[one].append(long + b"\nt=3 end\n")
        bench.stores[two].append(b"t=2 a\n" * 40_000)
        bench.join(one)
        bench.join(two)
        await rest(60)
        assert bench.texts() == [long, *[b"t=2 a"] * 40_000, b"t=3 end"]

    play(script)


@pytest.mark.parametrize("forged", [b"000|", b"fff|", b"|", b"\n000|x"])
def test_no_text_can_pass_for_the_line_of_another_job(forged: bytes) -> None:
    async def script(bench: Bench) -> None:
        one, two = bench.new(), bench.new()
        bench.stores[one].append(b"mine\n")
        bench.stores[two].append(forged + b"yours\n")
        bench.join(one)
        bench.join(two)
        await rest()
        assert [line for job, line in bench.lines() if job == one] == [b"mine"]
        assert [line for job, line in bench.lines() if job == two] == bench.of(two)

    play(script)
