"""Copying text to a clipboard, and notifying the user where it was copied.

tmux has a buffer of its own. Over SSH, only the terminal can reach the user's clipboard, with the
control sequence OSC 52 (xterm). On a desktop, a program puts text into the clipboard.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from studio_tui.files import write_private
from studio_tui.paths import create_private_dir, state_dir
from studio_tui.text import safe_line

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 2.0
"""Seconds after which a clipboard program that has not ended counts as failed."""

TERMINAL_LIMIT = 56_000
"""Most bytes of a text that is sent with OSC 52; terminals have limits (74,994 in hterm)."""

SENT = "Sent to the terminal's clipboard"
"""Not `Copied`, as terminals do not confirm that they have done it."""


class ClipboardProgram(NamedTuple):
    """A program that reads text from its standard input."""

    argv: tuple[str, ...]
    confirmation: str
    encoding: str = "utf-8"


_COPIED = "Copied"
_TMUX = ClipboardProgram(("tmux", "load-buffer", "-w", "-"), "Copied to tmux's buffer")
"""`-w` also sets the outer terminal's clipboard, if the option set-clipboard is on (tmux(1))."""
_WAYLAND = ClipboardProgram(("wl-copy",), _COPIED)
_X11 = (
    ClipboardProgram(("xclip", "-in", "-selection", "clipboard"), _COPIED),
    ClipboardProgram(("xsel", "--input", "--clipboard"), _COPIED),
)
_MAC = ClipboardProgram(("pbcopy",), _COPIED)
# clip.exe decodes its input by the machine's code page, unless it recognizes UTF-16.
_WINDOWS = ClipboardProgram(("clip.exe",), _COPIED, "utf-16")


def clipboard_program(
    environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]
) -> ClipboardProgram | None:
    """Return the clipboard program to use; `None` for OSC 52."""
    candidates: list[ClipboardProgram] = []
    if environ.get("TMUX"):
        candidates.append(_TMUX)
    elif not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")):
        if environ.get("WAYLAND_DISPLAY"):
            candidates.append(_WAYLAND)
        if environ.get("DISPLAY"):
            candidates.extend(_X11)
        if platform == "darwin":
            candidates.append(_MAC)
        if environ.get("WSL_DISTRO_NAME"):
            candidates.append(_WINDOWS)
    return next((program for program in candidates if which(program.argv[0])), None)


async def copy(app: "App[Any]", text: str, shown: str | None = None) -> None:
    """Copy `text`, and notify the user of the outcome and of `shown`, by default the text.

    Both must be safe text. A text that no program copies and that is too large for OSC 52 is saved
    to a file.
    """
    program = clipboard_program(os.environ, sys.platform, shutil.which)
    words = safe_line(text) if shown is None else shown
    severity: Literal["information", "warning", "error"] = "information"
    if program is not None and await _copy_with(program, text):
        outcome = program.confirmation
    elif len(text.encode()) <= TERMINAL_LIMIT:
        app.copy_to_clipboard(text)
        outcome = SENT
    else:
        try:
            path = await asyncio.to_thread(_save, text)
            words = f"saved as {safe_line(str(path))}"
            outcome, severity = "Too large for the terminal's clipboard", "warning"
        except OSError as error:
            words = f"too large for the terminal's clipboard, and not saved: {error.strerror}"
            outcome, severity = "Not copied", "error"
    app.notify(f"{outcome}: {words}", severity=severity, markup=False)


async def _copy_with(program: ClipboardProgram, text: str) -> bool:
    try:
        # The program may leave a process that serves the clipboard, so it gets a session of its
        # own: that process must not keep our terminal open.
        process = await asyncio.create_subprocess_exec(
            *program.argv, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(PATIENCE):
            await process.communicate(text.encode(program.encoding))
    except (TimeoutError, OSError):
        return False
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode == 0


def _save(text: str) -> Path:
    path = create_private_dir(state_dir()) / "copied.txt"
    write_private(path, text, syncs=False)
    return path
