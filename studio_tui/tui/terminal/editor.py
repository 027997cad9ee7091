"""Editing a text in the user's own editor, which uses the terminal until it ends."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from studio_tui.tui.terminal.lending import (
    ProgramError,
    command_words,
    run_on_terminal,
    terminal_lent,
)

_USUAL_EDITORS = ("nano", "vim", "vi")
"""If no variable names an editor, the first of these that is installed is used."""


def editor_words(environ: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """Return the command of $VISUAL, $EDITOR or an installed editor.

    Raises:
        ProgramError: there is no editor, or its command cannot run.
    """
    variable = "VISUAL" if environ.get("VISUAL", "").strip() else "EDITOR"
    command = environ.get(variable, "").strip() or next(filter(which, _USUAL_EDITORS), "")
    if not command:
        raise ProgramError(
            "No editor is installed here; install one, or set EDITOR to its command."
        )
    return command_words(command, variable, "an editor", which)


async def edit_text(app: App[Any], text: str, suffix: str) -> str:
    """Return the text after the user has edited it, or raise `ProgramError`."""
    words = editor_words(os.environ, shutil.which)
    try:
        path = await asyncio.to_thread(_private_file, text, suffix)
    except OSError as error:
        raise ProgramError(f"No file can be created for the editor: {error.strerror}.") from error
    try:
        with terminal_lent(app, "an editor"):
            try:
                await run_on_terminal([*words, str(path)], os.environ)
            except ProgramError as error:
                raise ProgramError(f"{error} The text has not changed.") from error
        return (await asyncio.to_thread(path.read_bytes)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProgramError(
            "The editor did not save valid UTF-8; the text has not changed."
        ) from error
    except OSError as error:
        raise ProgramError(f"The edited file cannot be read: {error.strerror}.") from error
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _private_file(text: str, suffix: str) -> Path:
    descriptor, name = tempfile.mkstemp(suffix)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8", "replace"))
    return Path(name)
