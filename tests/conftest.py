"""Fixtures shared by all tests."""

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

from tests.guardian import guarded
from tests.soak import at_length

EXAMPLES = at_length(15, 400)
"""Number of examples per property, unless it sets its own; they differ from run to run."""

# Examples have no deadline, as the machine may be busy. In CI they are the same in each run.
settings.register_profile("any", deadline=None, max_examples=EXAMPLES)
settings.register_profile("ci", deadline=None, max_examples=EXAMPLES, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "any")


NO_PROCESSES = "STUDIO_TUI_TEST_NO_PROCESSES"
"""Set by `make check`: starting a process without the marker fails."""

_COLLECTION_THRESHOLD = 200_000
"""New objects that start a garbage collection within a test, which few tests have."""

_M_ARENA_MAX = -8
"""Option of `mallopt`, from glibc's `malloc.h`."""

STUDIOS = {"studio", "shared_studio", "studio_process"}
"""Fixtures that start a local Studio."""


def pytest_configure(config: pytest.Config) -> None:
    """Ensure that all processes started by this one end with it."""
    # Otherwise pytest would rewrite every test again, and each subprocess compile the program.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.addinivalue_line("markers", "starts_processes: what `make check` leaves to `make test`")
    config.addinivalue_line(
        "markers", "draws_dashboards: whole screens, in memory; also left to it"
    )
    _share_free_memory()
    guard = contextlib.ExitStack()
    guard.enter_context(guarded())
    config.add_cleanup(guard.close)
    if os.environ.get(NO_PROCESSES):
        import croniter  # noqa: F401 (asks `file` what this machine is, once)

        sys.addaudithook(_refuse_processes)


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for `-n auto`: two per processor, as tests mostly wait."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let one process compile the tests; others wait for it, and read what it has compiled.

    It also makes Hypothesis's file of all characters, which takes a second and 200 MB.
    """
    with _nothing_freed(), Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
        strategies.text().validate()
        return (yield)


def pytest_collection_finish() -> None:
    """Exclude modules and tests, which live until the end, from garbage collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTION_THRESHOLD, 10, 10)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Free what a test leaves in cycles while it is young, so that nothing else is scanned.

    A dashboard that got older would stay until all objects are scanned.
    """
    try:
        return (yield)
    finally:
        gc.collect(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that start a process through fixtures; other modules have explicit marks."""
    for item in items:
        if isinstance(item, pytest.Function) and STUDIOS & set(item.fixturenames):
            item.add_marker(pytest.mark.starts_processes)


@contextlib.contextmanager
def _nothing_freed() -> Iterator[None]:
    """Search for no garbage in the context: a fifth of the CPU where nearly everything stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _share_free_memory() -> None:
    """Let all threads allocate from one heap, as hundreds of servers run in threads.

    By default glibc has eight heaps per processor, of which each keeps what it has freed.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # other C libraries have no such thing
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _refuse_processes(event: str, _arguments: object) -> None:
    starts = event in {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}
    if starts and "PYTEST_CURRENT_TEST" in os.environ:
        raise AssertionError("This test starts a process: mark it with `starts_processes`.")


if TYPE_CHECKING:
    from tests.studios import ProcessStudio, ThreadStudio

# The server's imports take half a second, so they are in the fixtures; many tests do not need it.


@pytest.fixture
def studio(tmp_path: Path) -> "Iterator[ThreadStudio]":
    """A real local Studio on a socket, in a thread: `.url .token .team .data_dir`."""
    from tests.studios import ThreadStudio, closing

    studio = ThreadStudio(tmp_path / "studio")
    with closing(studio):
        yield studio


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ThreadStudio]":
    """A local Studio shared by a module, for tests that leave nothing behind."""
    from tests.studios import ThreadStudio, closing

    studio = ThreadStudio(tmp_path_factory.mktemp("shared") / "studio")
    with closing(studio):
        yield studio


@pytest.fixture
def studio_process(tmp_path: Path) -> "Iterator[ProcessStudio]":
    """A real local Studio as a process, for tests that kill it with -9."""
    from tests.studios import ProcessStudio, closing

    studio = ProcessStudio(tmp_path / "studio")
    with closing(studio):
        yield studio
