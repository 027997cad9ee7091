"""Copying text, and accurate messages about where it was copied.

The route depends on where the program runs: tmux has a buffer of its own, over SSH only the
terminal can reach the user's clipboard (OSC 52, xterm's control sequences), a desktop has programs.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from studio_tui.paths import private_dir, state_dir
from studio_tui.text import safe_line

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 2.0
"""Seconds to wait for a clipboard program."""

TERMINAL_LIMIT = 56_000
"""Largest text, in bytes, for OSC 52; xterm and others limit base64 to 74,994 bytes."""

SENT = "Sent to the terminal's clipboard"
"""The only possible message after OSC 52, which terminals do not answer."""


class ClipboardProgram(NamedTuple):
    """A program that reads text from its standard input."""

    argv: tuple[str, ...]
    confirmation: str
    """The message after the program succeeds."""
    encoding: str = "utf-8"


_COPIED = "Copied"
_TMUX = ClipboardProgram(("tmux", "load-buffer", "-w", "-"), "In tmux's buffer")
"""`-w` also sets the outer terminal's clipboard, if tmux may (tmux(1), set-clipboard)."""
_WAYLAND = ClipboardProgram(("wl-copy",), _COPIED)
_X11 = (
    ClipboardProgram(("xclip", "-in", "-selection", "clipboard"), _COPIED),
    ClipboardProgram(("xsel", "--input", "--clipboard"), _COPIED),
)
_MAC = ClipboardProgram(("pbcopy",), _COPIED)
# It decodes bytes by the machine's code page, but recognizes UTF-16.
_WINDOWS = ClipboardProgram(("clip.exe",), _COPIED, "utf-16")


def route(
    environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]
) -> ClipboardProgram | None:
    """Return the clipboard program to use; `None` to use the terminal."""
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
    return next((found for found in candidates if which(found.argv[0])), None)


async def copy(app: "App[Any]", text: str, shown: str | None = None) -> None:
    """Copy `text`, and notify the user with `shown`, by default the text; both are safe."""
    chosen = route(os.environ, sys.platform, shutil.which)
    words = safe_line(text) if shown is None else shown
    severity: Literal["information", "warning", "error"] = "information"
    if chosen is not None and await _is_taken(chosen, text):
        outcome = chosen.confirmation
    elif len(text.encode()) <= TERMINAL_LIMIT:
        app.copy_to_clipboard(text)
        outcome = SENT
    else:
        try:
            words = f"Saved as {safe_line(str(await asyncio.to_thread(_keep, text)))}"
            outcome, severity = "Too large for the terminal's clipboard", "warning"
        except OSError as error:
            words = f"Too large for the terminal's clipboard, and no file: {error.strerror}"
            outcome, severity = "Not copied", "error"
    app.notify(words, title=outcome, severity=severity, markup=False)


async def _is_taken(chosen: ClipboardProgram, text: str) -> bool:
    """Pass text to a program; return whether it succeeded."""
    try:
        # It may leave a process that serves the clipboard, which must not hold our terminal.
        process = await asyncio.create_subprocess_exec(
            *chosen.argv, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(PATIENCE):
            await process.communicate(text.encode(chosen.encoding))
    except (TimeoutError, OSError):
        return False
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode == 0


def _keep(text: str) -> Path:
    """Write text to a file only its owner can read, replacing the previous one."""
    path = private_dir(state_dir()) / "copied.txt"
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return path
