"""`python -m tests.bench.profile ACTIVITY`: profile of the dashboard by function.

`start` lists the cost of imports; `cursor`, `page`, `idle`, `poll` and `follow` profile the event
loop in a dashboard of 1,000 jobs without a terminal. `cProfile` slows calls down, so shares are
useful but sums are not; for figures use `python -m tests.bench`.
"""

import argparse
import asyncio
import cProfile
import pstats
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from textual import events

from tests.bench.studio import studio_with
from tests.studios import ProcessStudio
from tests.tui.dashboards import Dashboard, dashboard, until_shown

JOBS = 1000
KEYS_PER_SECOND = 20
SECONDS = 10.0
MAX_LINES = 40
PRINTING_JOB = "import time\nfor n in range(10**7):\n    print('line', n, flush=n % 50 == 0)"


class Row(NamedTuple):
    """One line of the table."""

    name: str
    calls: int
    own: float
    """Seconds in the function itself."""
    whole: float
    """Seconds including all functions that it calls."""


def main(arguments: Sequence[str]) -> int:
    """Profile the requested activity, and print the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.profile", description=__doc__)
    parser.add_argument("activity", choices=("start", *_ACTIVITIES))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long; default: 10")
    parser.add_argument(
        "--write", type=Path, help="also write a file for snakeviz, flameprof and others"
    )
    options = parser.parse_args(arguments)
    if options.activity == "start":
        print(imports())
        return 0
    with (
        tempfile.TemporaryDirectory(prefix="studio-tui-profile-") as folder,
        studio_with(JOBS, Path(folder) / "studio") as studio,
    ):
        activity = _ACTIVITIES[options.activity]
        profile = asyncio.run(_profiled(studio, Path(folder), activity, options.seconds))
    if options.write:
        profile.dump_stats(options.write)
    print(table(pstats.Stats(profile), options.seconds))
    return 0


def imports() -> str:
    """Return the modules that take longest to import at the start, in ms of their own code."""
    imported = "import studio_tui.__main__, studio_tui.tui.app, studio_tui.tui.screens"
    command = [sys.executable, "-X", "importtime", "-c", imported]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    times = []
    for line in run.stderr.splitlines():
        own, _, cumulative_and_name = line.removeprefix("import time:").partition("|")
        if own.strip().isdecimal():
            times.append((int(own) / 1000, cumulative_and_name.partition("|")[2].strip()))
    rows = [f"{own:9.1f}  {name}" for own, name in sorted(times, reverse=True)[:MAX_LINES]]
    return "\n".join([f"{sum(own for own, _ in times):9.1f}  ms in all", *rows])


def table(stats: pstats.Stats, seconds: float) -> str:
    """Return the totals per package, and the functions that take longest, as text."""
    rows = [
        Row(_named(file, line, function), calls, own, whole)
        for (file, line, function), (_, calls, own, whole, _callers) in _entries(stats)
        if "select.epoll" not in function and "select.kqueue" not in function
    ]
    busy = sum(row.own for row in rows) or 1.0
    packages: dict[str, float] = defaultdict(float)
    for row in rows:
        packages[_package(row.name)] += row.own
    sums = [
        f"{own * 1000:9.0f} ms {own / busy:6.1%}  {name}"
        for name, own in sorted(packages.items(), key=lambda item: -item[1])[:12]
    ]
    longest = [
        f"{row.own * 1000:9.1f} {row.whole * 1000:9.1f} {row.calls:9,}  {row.name}"
        for row in sorted(rows, key=lambda row: -row.own)[:MAX_LINES]
    ]
    return "\n".join([
        f"busy {busy:.2f} s of {seconds:g} s, profiling included",
        *sums,
        "",
        f"{'own ms':>9} {'whole ms':>9} {'calls':>9}",
        *longest,
    ])  # fmt: skip


def _entries(
    stats: pstats.Stats,
) -> list[tuple[tuple[str, int, str], tuple[int, int, float, float, object]]]:
    return list(vars(stats)["stats"].items())


def _named(file: str, line: int, function: str) -> str:
    for part in ("site-packages/", "studio_tui/", "lib/python"):
        if part in file:
            after = file.rpartition(part)[2]
            path = f"{part}{after}" if part == "studio_tui/" else after
            return f"{path}:{line} {function}"
    return function if file == "~" else f"{file}:{line} {function}"


def _package(name: str) -> str:
    parts = name.partition(":")[0].split("/")
    if parts[0] == "studio_tui":
        return "/".join(parts[:3]).removesuffix(".py")
    if not parts[0]:
        return "tests"
    return parts[0] if len(parts) > 1 and not parts[0][:1].isdigit() else "the standard library"


async def _profiled(
    studio: ProcessStudio, folder: Path, activity: "_Activity", seconds: float
) -> cProfile.Profile:
    async with dashboard(
        studio, folder / "home", size=(120, 40), frames=True, poll_factor=1
    ) as pilot:
        await until_shown(pilot, "embed_")
        await activity.begin(pilot, studio)
        profile = cProfile.Profile()
        profile.enable()
        await activity.run(pilot, seconds)
        profile.disable()
    return profile


class _Activity(NamedTuple):
    """What happens while the event loop is profiled, after `begin`."""

    run: Callable[[Dashboard, float], Awaitable[None]]
    begin: Callable[[Dashboard, ProcessStudio], Awaitable[None]] = lambda *_: asyncio.sleep(2)


async def _press(pilot: Dashboard, seconds: float, there: str, back: str) -> None:
    """Press one key 20 times, then the other, and so on."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        key = there if count % 40 < 20 else back
        pilot.app.post_message(events.Key(key, None))
        count += 1
        await asyncio.sleep(1 / KEYS_PER_SECOND)


async def _rest(_pilot: Dashboard, seconds: float) -> None:
    await asyncio.sleep(seconds)


async def _refresh(pilot: Dashboard, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pilot.app.post_message(events.Key("ctrl+r", None))
        await asyncio.sleep(0.1)


async def _open_chatty_log(pilot: Dashboard, studio: ProcessStudio) -> None:
    job = await asyncio.to_thread(studio.submit, PRINTING_JOB, query_name="chatty.py")
    await asyncio.to_thread(studio.wait_for_state, job["id"], "RUNNING")
    await until_shown(pilot, "chatty.py")
    await pilot.press("g", "l")
    await until_shown(pilot, "line ")


_ACTIVITIES = {
    "cursor": _Activity(lambda pilot, seconds: _press(pilot, seconds, "down", "up")),
    "page": _Activity(lambda pilot, seconds: _press(pilot, seconds, "pagedown", "pageup")),
    "idle": _Activity(_rest),
    "poll": _Activity(_refresh),
    "follow": _Activity(_rest, begin=_open_chatty_log),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
