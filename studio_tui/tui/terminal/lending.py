"""Lending the terminal to another program, such as an editor, until it ends."""

import asyncio
import shlex
import signal
import sys
import termios
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from textual.app import App, SuspendNotSupported

from studio_tui.text import safe_line

_ENDS_WITHIN = 1.0
"""Seconds from SIGTERM until a program that has not ended is killed."""


class ProgramError(Exception):
    """Another program could not do its work on the terminal; the message is a sentence."""


def command_words(
    command: str, variable: str, kind: str, which: Callable[[str], str | None]
) -> list[str]:
    """Return the words of `command`, the value of the environment variable `variable`.

    `kind` is `a pager` or the like.

    Raises:
        ProgramError: the command cannot be split into words, or is not installed.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ProgramError(
            f"{variable} has an unclosed quote or ends with a backslash; correct it."
        ) from error
    if which(words[0]) is None:
        name = safe_line(words[0])
        raise ProgramError(f"{name} is not installed; set {variable} to {kind} that is.")
    return words


@contextmanager
def terminal_lent(app: App[Any], kind: str) -> Iterator[None]:
    """Suspend the app within the block, in which a program such as `a pager` uses the terminal.

    The app takes the terminal over again even after an exception, which Textual's `suspend` alone
    does not do.

    Raises:
        ProgramError: the app has no terminal to lend.
    """
    failure: BaseException | None = None
    try:
        with app.batch_update(), app.suspend():
            try:
                yield
            except BaseException as error:  # noqa: BLE001 (raised below)
                failure = error
            discard_typed()
    except SuspendNotSupported as error:
        raise ProgramError(f"There is no terminal here for {kind}.") from error
    if failure is not None:
        raise failure


async def run_on_terminal(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Run a program on the terminal; raise `ProgramError` if it fails."""
    name = safe_line(argv[0])
    # Ctrl+c is for the program, but the terminal sends the signal to the whole process group.
    previous_handlers = {
        number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGQUIT)
    }
    try:
        process = await asyncio.create_subprocess_exec(*argv, env=dict(environ))
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:
                await _end(process)
    except OSError as error:
        raise ProgramError(f"{name} cannot be run: {error.strerror}.") from error
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
    if status:
        raise ProgramError(f"{name} exited with status {status}.")


async def _end(process: Process) -> None:
    """End a program: SIGTERM first, as a killed program does not restore the terminal."""
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _ENDS_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()


def discard_typed() -> None:
    """Discard typed keys that another program did not read."""
    with suppress(OSError, ValueError, termios.error):
        if sys.__stdin__ is not None:
            termios.tcflush(sys.__stdin__.fileno(), termios.TCIFLUSH)


def _ignore(*_: object) -> None:
    """Unlike SIG_IGN, this handler is not inherited by started programs."""
