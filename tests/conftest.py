"""Fixtures and configuration of all tests."""

import contextlib
import ctypes
import fcntl
import gc
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings, strategies

from studio_tui.service.commands import create_job, retries
from tests.guardian import guarded
from tests.soak import SOAK, at_length

EXAMPLES = at_length(15, 400)
"""Number of examples per property, unless a test sets its own."""

# Examples have no deadline, as the machine may be busy. The suite has the same examples in each
# run, so that whoever runs it gets the same result; only soak runs look for new ones.
settings.register_profile("suite", deadline=None, max_examples=EXAMPLES, derandomize=not SOAK)
settings.load_profile("suite")


NO_PROCESSES = "STUDIO_TUI_TEST_NO_PROCESSES"
"""Variable set by `make check`: a test without the mark `starts_processes` must start none."""

_COLLECTION_THRESHOLD = 200_000
"""Number of new objects that starts a garbage collection; few tests create so many."""

_M_ARENA_MAX = -8
"""Option of `mallopt`, from glibc's `malloc.h`."""

STUDIOS = {"studio", "shared_studio", "studio_process"}
"""Fixtures that start a local Studio."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and ensure that all processes started by this one end with it."""
    # Write bytecode: otherwise each run would rewrite all tests, and each subprocess compile all.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.addinivalue_line(
        "markers", "starts_processes: starts processes; `make check` skips the test"
    )
    config.addinivalue_line(
        "markers", "draws_dashboards: draws whole dashboards in memory; `make check` skips the test"
    )
    _share_free_memory()
    guard = contextlib.ExitStack()
    guard.enter_context(guarded())
    config.add_cleanup(guard.close)
    if os.environ.get(NO_PROCESSES):
        import croniter  # noqa: F401 (its import starts the program `file`)

        sys.addaudithook(_refuse_processes)


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for `-n auto`: two per processor, as tests mostly wait."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let one process compile the tests; the others wait for it, and then read its bytecode.

    That process also creates Hypothesis's file of all characters, which takes 1 s and 200 MB.
    """
    with _no_garbage_collection(), Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
        strategies.text().validate()
        return (yield)


def pytest_collection_finish() -> None:
    """Exclude modules and tests from garbage collection, as they stay until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTION_THRESHOLD, 10, 10)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Free the reference cycles that a test leaves, by scanning only the two younger generations.

    In the oldest generation, a dashboard would stay until all objects are scanned.
    """
    try:
        return (yield)
    finally:
        gc.collect(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that start a process through a fixture; others have explicit marks."""
    for item in items:
        if isinstance(item, pytest.Function) and STUDIOS & set(item.fixturenames):
            item.add_marker(pytest.mark.starts_processes)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Do not search for garbage, which takes a fifth of the CPU where nearly all objects stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _share_free_memory() -> None:
    """Let all threads allocate from one heap, as hundreds of servers run in threads.

    By default glibc has eight heaps per processor, and each keeps the memory that was freed.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # other C libraries have no `mallopt`
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _refuse_processes(event: str, _arguments: object) -> None:
    starts = event in {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}
    if starts and "PYTEST_CURRENT_TEST" in os.environ:
        raise AssertionError("This test starts a process: mark it with `starts_processes`.")


if TYPE_CHECKING:
    from tests.studios import ProcessStudio, ThreadStudio

# Importing the server takes half a second, and many tests do not need it: the fixtures import it.


@pytest.fixture
def studio(tmp_path: Path) -> "Iterator[ThreadStudio]":
    """A real local Studio on a socket, in a thread: `.url .token .team .data_dir`."""
    from tests.studios import ThreadStudio, stopping

    studio = ThreadStudio(tmp_path / "studio")
    with stopping(studio):
        yield studio


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ThreadStudio]":
    """A local Studio shared by a module, for tests that leave nothing behind."""
    from tests.studios import ThreadStudio, stopping

    studio = ThreadStudio(tmp_path_factory.mktemp("shared") / "studio")
    with stopping(studio):
        yield studio


@pytest.fixture
def studio_process(tmp_path: Path) -> "Iterator[ProcessStudio]":
    """A real local Studio as a process, for tests that kill it with -9."""
    from tests.studios import ProcessStudio, stopping

    studio = ProcessStudio(tmp_path / "studio")
    with stopping(studio):
        yield studio


@pytest.fixture
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands rest for a millisecond between attempts, and search for a job for 10 s."""
    monkeypatch.setattr(retries, "RESTS", (0.001, 0.001))
    monkeypatch.setattr(create_job, "BACKOFF", (0.001, 0.001))
    monkeypatch.setattr(create_job, "REST_BETWEEN_LISTS", 0.001)
    monkeypatch.setattr(create_job, "LONGEST_SEARCH", 10.0)
