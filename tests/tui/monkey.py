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
from tests.local.http.test_pipeline_routes import make, trigger
from tests.studios import ThreadStudio, closing
from tests.tui.dashboards import Dashboard, dashboard, until
from tests.waiting import HANG

KEYS_A_SEED = 400
"""Number of keys after which a new dashboard is opened with the next seed."""
TOLD = 40
"""Number of last keys reported on failure."""
MOVING = (
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end"),
    *("tab", "shift+tab", "enter", "enter", "escape", "escape", "backspace", "delete"),
    *("ctrl+p", "f1", "f3", "f4", "f6", "f7", "f9", "ctrl+u", "ctrl+d", "ctrl+f", "ctrl+s"),
)
LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /&!?~:'\"#.,<>{}[]()*-=+_$%@"
)
TYPED = (
    *("status=failed", "!by=ann", "name~[a-", "age<2h", "((((", "one.py", "&", "n 1", "99999"),
    *("-10m", "14:05", "0 3 * * *", "* * * *", "tomorrow 3pm", "A=1", "~/", "/tmp/", "[/]b [red]"),
    "日本 🎉",
)
PASTED = ("a\x07b\x1b[31mc\u202ed\tlong" + "x" * 600, "one\ntwo\n\n", "\x1b]52;c;aGk=\x07", "")

CHATTY = "import time\nfor n in range(1_000_000): print('n', n, flush=True); time.sleep(0.004)"
BARS = "import time\nfor n in range(100_000): print(f'\\r{n % 100}%|###| {n % 100}/100', end='', flush=True); time.sleep(0.05)"  # noqa: E501
FAILING = "print('x' * 5000)\nprint('[/] [red] \\x1b[31m')\nraise ValueError('[@click=app.quit]')"


def fill(studio: ThreadStudio) -> None:
    """Create items of each kind in a Studio, with two jobs that keep printing."""
    make(studio, "first")
    make(studio, "last", "first")
    studio.end(studio.submit(FAILING, query_name="failing.py")["id"])
    studio.submit("print(1)", query_name="nightly.py", cron_expression="0 3 1 1 *")
    trigger(studio, "last", review=True)
    keep_busy(studio)


def keep_busy(studio: ThreadStudio) -> None:
    """Ensure that the two jobs whose logs grow are running."""
    running = {job["name"] for job in studio.jobs(status="active")}
    for name, query in (("chatty.py", CHATTY), ("bars.py", BARS)):
        if name not in running:
            studio.submit(query, query_name=name)


def hold_back(folder: Path) -> dict[str, str | None]:
    """Return an environment in which no key affects anything outside `folder`."""
    nothing = dict.fromkeys(("BROWSER", "PAGER", "EDITOR", "VISUAL"), "true")
    gone = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "TMUX", "WSL_DISTRO_NAME"))
    places = {f"STUDIO_TUI_{name}_DIR": str(folder) for name in ("STATE", "CONFIG", "CACHE", "LOG")}
    return {"HOME": str(folder), **nothing, **gone, **places}


async def play(
    studio: ThreadStudio, folder: Path, seed: int, *, size: tuple[int, int], keys: int
) -> None:
    """Press `keys` keys on a new dashboard.

    Raises:
        AssertionError: the dashboard has ended or does not handle keys; the message has the seed
        and the last keys.
    """
    chance = random.Random(seed)
    pressed: deque[str] = deque(maxlen=TOLD)
    told = f"seed {seed} at {size[0]}x{size[1]}"
    watch = _watched(told, pressed)
    try:
        async with dashboard(studio, folder, size=size, frames=True) as pilot:
            # Leaving is as far as it goes: what leads there is done, and asked, as ever.
            pilot.app.exit = lambda *_, **__: None  # type: ignore[method-assign]
            for _ in range(keys):
                watch.cancel()
                watch = _watched(told, pressed)
                _press(pilot, chance, pressed)
                await _rest(pilot, chance)
                if pilot.app._exception is not None:
                    break
            # Every key is handled, whatever the effect of the previous ones.
            app = pilot.app
            assert isinstance(app, KeyQueue)
            await until(pilot, lambda: app._exception is not None or not app.is_acting)
    except Exception as error:
        raise AssertionError(f"{told}, {type(error).__name__}; {_last(pressed)}") from error
    finally:
        watch.cancel()


def _last(pressed: Iterable[str]) -> str:
    return f"last keys: {' '.join(pressed)}"


def _watched(told: str, pressed: Iterable[str]) -> threading.Timer:
    """Start a timer for the next key, as a busy loop would never return."""
    watch = threading.Timer(HANG, _give_up, (told, pressed))
    watch.daemon = True
    watch.start()
    return watch


def _give_up(told: str, pressed: Iterable[str]) -> None:
    """End the process from a thread, as nothing else can end a busy loop."""
    terminal = sys.__stderr__ or sys.stdout  # the dashboard keeps what is written to the other one
    terminal.write(f"{told}, stuck; {_last(tuple(pressed))}\n")
    faulthandler.dump_traceback(terminal)
    os._exit(1)


def _press(pilot: Dashboard, chance: random.Random, pressed: deque[str]) -> None:
    """Press one key, or several at once."""
    kind = chance.random()
    if kind < 0.02:
        pressed.append("(paste)")
        pilot.app.post_message(events.Paste(chance.choice(PASTED)))
        return
    if kind < 0.08:
        keys: Sequence[str] = [_character_to_key(sign) for sign in chance.choice(TYPED)]
    else:
        keys = [_one(pilot, chance) for _ in range(chance.choice((1, 1, 1, 1, 2, 5)))]
    for key in keys:
        pressed.append(key)
        pilot.app.post_message(events.Key(key, key_to_character(key)))


def _one(pilot: Dashboard, chance: random.Random) -> str:
    kind = chance.random()
    bound = sorted(pilot.app.screen.active_bindings)
    if kind < 0.5 and bound:
        return chance.choice(bound)
    if kind < 0.8:
        return chance.choice(MOVING)
    return _character_to_key(chance.choice(LETTERS))


async def _rest(pilot: Dashboard, chance: random.Random) -> None:
    """Let the dashboard handle it: not at all, completely, or for a moment."""
    kind = chance.random()
    if kind < 0.3:
        await asyncio.sleep(0)
    elif kind < 0.9:
        await pilot.pause(0)  # without a number it would wait until the machine is idle
    else:
        await pilot.pause(chance.uniform(0, 0.3))


async def play_on(
    studio: ThreadStudio, folder: Path, first: int, *, size: tuple[int, int], minutes: float
) -> int:
    """Play with successive seeds until the time is up; return the number of seeds."""
    end = time.monotonic() + 60 * minutes
    seed = first
    while time.monotonic() < end:
        await asyncio.to_thread(keep_busy, studio)
        await play(studio, folder, seed, size=size, keys=KEYS_A_SEED)
        seed += 1
    return seed - first


def main() -> None:
    """Play as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.tui.monkey", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--size", default="120x40", help="columns x rows")
    parser.add_argument("--minutes", type=float, default=0, help="0 is one seed")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable, value in hold_back(folder).items():
            os.environ.pop(variable, None)
            if value is not None:
                os.environ[variable] = value
        os.chdir(folder)
        studio = ThreadStudio(folder / "studio")
        with closing(studio):
            fill(studio)
            playing = play_on(
                studio,
                folder,
                arguments.seed,
                size=(width, height),
                minutes=arguments.minutes or 0.001,
            )
            seeds = asyncio.run(playing)
    sys.stdout.write(f"{seeds} seeds of {KEYS_A_SEED} keys at {arguments.size}: no end\n")


if __name__ == "__main__":
    main()
