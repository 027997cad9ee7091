"""`python -m tests.bench.profile WHAT`: profile of the dashboard by function.

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
KEYS_A_SECOND = 20
SECONDS = 10.0
MOST_LINES = 40
CHATTY = "import time\nfor n in range(10**7):\n    print('line', n, flush=n % 50 == 0)"


class Row(NamedTuple):
    """One line of the table."""

    name: str
    calls: int
    own: float
    """Seconds in the function itself."""
    whole: float
    """Seconds including all functions that it calls."""


def main(arguments: Sequence[str]) -> int:
    """Profile the requested part, and print the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.profile", description=__doc__)
    parser.add_argument("what", choices=("start", *_WHAT))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long; default: 10")
    parser.add_argument("--write", type=Path, help="also a file for snakeviz, flameprof and others")
    asked = parser.parse_args(arguments)
    if asked.what == "start":
        print(imports())
        return 0
    with (
        tempfile.TemporaryDirectory(prefix="studio-tui-profile-") as folder,
        studio_with(JOBS, Path(folder) / "studio") as studio,
    ):
        profile = asyncio.run(_profiled(studio, Path(folder), _WHAT[asked.what], asked.seconds))
    if asked.write:
        profile.dump_stats(asked.write)
    print(table(pstats.Stats(profile), asked.seconds))
    return 0


def imports() -> str:
    """Return the modules that take longest to import at the start, in ms of their own code."""
    loading = "import studio_tui.__main__, studio_tui.tui.app, studio_tui.tui.screens"
    command = [sys.executable, "-X", "importtime", "-c", loading]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    taken = []
    for line in run.stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if own.strip().isdecimal():
            taken.append((int(own) / 1000, rest.partition("|")[2].strip()))
    rows = [f"{own:9.1f}  {name}" for own, name in sorted(taken, reverse=True)[:MOST_LINES]]
    return "\n".join([f"{sum(own for own, _ in taken):9.1f}  ms in all", *rows])


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
        for row in sorted(rows, key=lambda row: -row.own)[:MOST_LINES]
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
    studio: ProcessStudio, folder: Path, meanwhile: "_Meanwhile", seconds: float
) -> cProfile.Profile:
    async with dashboard(studio, folder / "home", size=(120, 40), frames=True, polls=1) as pilot:
        await until_shown(pilot, "embed_")
        await meanwhile.begin(pilot, studio)
        profile = cProfile.Profile()
        profile.enable()
        await meanwhile.run(pilot, seconds)
        profile.disable()
    return profile


class _Meanwhile(NamedTuple):
    """Activity while the event loop is profiled."""

    run: Callable[[Dashboard, float], Awaitable[None]]
    begin: Callable[[Dashboard, ProcessStudio], Awaitable[None]] = lambda *_: asyncio.sleep(2)


async def _press(pilot: Dashboard, seconds: float, there: str, back: str) -> None:
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        key = there if count % 40 < 20 else back
        pilot.app.post_message(events.Key(key, None))
        count += 1
        await asyncio.sleep(1 / KEYS_A_SECOND)


async def _rest(_pilot: Dashboard, seconds: float) -> None:
    await asyncio.sleep(seconds)


async def _ask_again(pilot: Dashboard, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pilot.app.post_message(events.Key("ctrl+r", None))
        await asyncio.sleep(0.1)


async def _open_chatty_log(pilot: Dashboard, studio: ProcessStudio) -> None:
    job = await asyncio.to_thread(studio.submit, CHATTY, query_name="chatty.py")
    await asyncio.to_thread(studio.until, job["id"], "RUNNING")
    await until_shown(pilot, "chatty.py")
    await pilot.press("g", "l")
    await until_shown(pilot, "line ")


_WHAT = {
    "cursor": _Meanwhile(lambda pilot, seconds: _press(pilot, seconds, "down", "up")),
    "page": _Meanwhile(lambda pilot, seconds: _press(pilot, seconds, "pagedown", "pageup")),
    "idle": _Meanwhile(_rest),
    "poll": _Meanwhile(_ask_again),
    "follow": _Meanwhile(_rest, begin=_open_chatty_log),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
