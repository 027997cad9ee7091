"""A monkey test: random keys, determined by a seed, on a busy local Studio.

It fails when the dashboard ends or no longer handles keys, and reports the seed and the last keys.
Run it alone: `python -m tests.tui.monkey --size 80x24 --minutes 5 --seed 1`.
"""

import argparse
import asyncio
import faulthandler
import os
import random
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual import events
from textual.keys import _character_to_key, key_to_character

from studio_tui.tui.terminal.key_queue import KeyQueue
from tests.driving import is_acting
from tests.local.http.test_pipeline_routes import make_dataset, trigger
from tests.studios import ThreadStudio, stopping
from tests.tui.dashboards import Dashboard, dashboard, until
from tests.waiting import HANG

KEYS_PER_SEED = 400
"""Number of keys pressed with each seed; each seed gets a new dashboard."""
REPORTED_KEYS = 40
"""Number of last keys reported on failure."""
MOVING_KEYS = (
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end"),
    *("tab", "shift+tab", "enter", "enter", "escape", "escape", "backspace", "delete"),
    *("ctrl+p", "f1", "f3", "f4", "f6", "f7", "f9", "ctrl+u", "ctrl+d", "ctrl+f", "ctrl+s"),
)
LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /&!?~:'\"#.,<>{}[]()*-=+_$%@"
)
TYPED_TEXTS = (
    *("status=failed", "!by=ann", "name~[a-", "age<2h", "((((", "one.py", "&", "n 1", "99999"),
    *("-10m", "14:05", "0 3 * * *", "* * * *", "tomorrow 3pm", "A=1", "~/", "/tmp/", "[/]b [red]"),
    "日本 🎉",
)
PASTED_TEXTS = (
    "a\x07b\x1b[31mc\u202ed\tlong" + "x" * 600,
    "one\ntwo\n\n",
    "\x1b]52;c;aGk=\x07",
    "",
)

PRINTING = "import time\nfor n in range(1_000_000): print('n', n, flush=True); time.sleep(0.004)"
PROGRESS_BARS = "import time\nfor n in range(100_000): print(f'\\r{n % 100}%|###| {n % 100}/100', end='', flush=True); time.sleep(0.05)"  # noqa: E501
FAILING = "print('x' * 5000)\nprint('[/] [red] \\x1b[31m')\nraise ValueError('[@click=app.quit]')"


def fill(studio: ThreadStudio) -> None:
    """Create items of each kind in a Studio, with two jobs that keep printing."""
    make_dataset(studio, "first")
    make_dataset(studio, "last", "first")
    studio.wait_for_end(studio.submit(FAILING, query_name="failing.py")["id"])
    studio.submit("print(1)", query_name="nightly.py", cron_expression="0 3 1 1 *")
    trigger(studio, "last", review=True)
    keep_busy(studio)


def keep_busy(studio: ThreadStudio) -> None:
    """Ensure that the two jobs whose logs grow are running."""
    running = {job["name"] for job in studio.jobs(status="active")}
    for name, query in (("chatty.py", PRINTING), ("bars.py", PROGRESS_BARS)):
        if name not in running:
            studio.submit(query, query_name=name)


def isolated_environment(folder: Path) -> dict[str, str | None]:
    """Return an environment in which no key affects anything outside `folder`."""
    programs = dict.fromkeys(("BROWSER", "PAGER", "EDITOR", "VISUAL"), "true")
    unset = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "TMUX", "WSL_DISTRO_NAME"))
    folders = {
        f"STUDIO_TUI_{name}_DIR": str(folder) for name in ("STATE", "CONFIG", "CACHE", "LOG")
    }
    return {"HOME": str(folder), **programs, **unset, **folders}


async def play(
    studio: ThreadStudio, folder: Path, seed: int, *, size: tuple[int, int], keys: int
) -> None:
    """Press `keys` keys on a new dashboard.

    Raises:
        AssertionError: the dashboard has ended or does not handle keys; the message has the seed
        and the last keys.
    """
    rng = random.Random(seed)
    pressed: deque[str] = deque(maxlen=REPORTED_KEYS)
    run_name = f"seed {seed} at {size[0]}x{size[1]}"
    watch = _start_watch(run_name, pressed)
    try:
        async with dashboard(studio, folder, size=size, frames=True) as pilot:
            # Keys that quit the dashboard ask their question as usual, but do not end it.
            pilot.app.exit = lambda *_, **__: None  # type: ignore[method-assign]
            for _ in range(keys):
                watch.cancel()
                watch = _start_watch(run_name, pressed)
                _press(pilot, rng, pressed)
                await _wait_a_while(pilot, rng)
                if pilot.app._exception is not None:
                    break
            # The last keys must be handled, too.
            app = pilot.app
            assert isinstance(app, KeyQueue)
            await until(pilot, lambda: app._exception is not None or not is_acting(app))
    except Exception as error:
        raise AssertionError(f"{run_name}, {type(error).__name__}; {_last(pressed)}") from error
    finally:
        watch.cancel()


def _last(pressed: Iterable[str]) -> str:
    return f"last keys: {' '.join(pressed)}"


def _start_watch(run_name: str, pressed: Iterable[str]) -> threading.Timer:
    """Start a timer that ends the process if the next key is not handled in time."""
    watch = threading.Timer(HANG, _end_stuck_process, (run_name, pressed))
    watch.daemon = True
    watch.start()
    return watch


def _end_stuck_process(run_name: str, pressed: Iterable[str]) -> None:
    """End the process; called in a thread, as the event loop may be in an endless loop."""
    terminal = sys.__stderr__ or sys.stdout  # Textual captures what is written to `sys.stderr`
    terminal.write(f"{run_name}, stuck; {_last(tuple(pressed))}\n")
    faulthandler.dump_traceback(terminal)
    os._exit(1)


def _press(pilot: Dashboard, rng: random.Random, pressed: deque[str]) -> None:
    """Paste a text, type a text, or press one or more keys, without waiting."""
    kind = rng.random()
    if kind < 0.02:
        pressed.append("(paste)")
        pilot.app.post_message(events.Paste(rng.choice(PASTED_TEXTS)))
        return
    if kind < 0.08:
        keys: Sequence[str] = [_character_to_key(sign) for sign in rng.choice(TYPED_TEXTS)]
    else:
        keys = [_choose_key(pilot, rng) for _ in range(rng.choice((1, 1, 1, 1, 2, 5)))]
    for key in keys:
        pressed.append(key)
        pilot.app.post_message(events.Key(key, key_to_character(key)))


def _choose_key(pilot: Dashboard, rng: random.Random) -> str:
    kind = rng.random()
    bound = sorted(pilot.app.screen.active_bindings)
    if kind < 0.5 and bound:
        return rng.choice(bound)
    if kind < 0.8:
        return rng.choice(MOVING_KEYS)
    return _character_to_key(rng.choice(LETTERS))


async def _wait_a_while(pilot: Dashboard, rng: random.Random) -> None:
    """Let the dashboard handle pending keys: not at all, completely, or for a moment."""
    kind = rng.random()
    if kind < 0.3:
        await asyncio.sleep(0)
    elif kind < 0.9:
        await pilot.pause(0)  # without a number it would also wait for animations and threads
    else:
        await pilot.pause(rng.uniform(0, 0.3))


async def play_seeds(
    studio: ThreadStudio, folder: Path, first_seed: int, *, size: tuple[int, int], minutes: float
) -> int:
    """Play with successive seeds until the time is up; return the number of seeds."""
    end = time.monotonic() + 60 * minutes
    seed = first_seed
    while time.monotonic() < end:
        await asyncio.to_thread(keep_busy, studio)
        await play(studio, folder, seed, size=size, keys=KEYS_PER_SEED)
        seed += 1
    return seed - first_seed


def main() -> None:
    """Play with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.tui.monkey", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--size", default="120x40", help="columns x rows")
    parser.add_argument(
        "--minutes", type=float, default=0, help="how long to play; 0 plays one seed"
    )
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable, value in isolated_environment(folder).items():
            os.environ.pop(variable, None)
            if value is not None:
                os.environ[variable] = value
        os.chdir(folder)
        studio = ThreadStudio(folder / "studio")
        with stopping(studio):
            fill(studio)
            playing = play_seeds(
                studio,
                folder,
                arguments.seed,
                size=(width, height),
                minutes=arguments.minutes or 0.001,
            )
            seeds = asyncio.run(playing)
    sys.stdout.write(
        f"{seeds} seeds of {KEYS_PER_SEED} keys at {arguments.size}: the dashboard survived\n"
    )


if __name__ == "__main__":
    main()
