"""The form in a real terminal: the user's editor, and exits while the user is typing."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_program import program
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import eventually


def saved_draft(folder: Path) -> dict[str, str]:
    """Return the draft of the form for a new job that is on disk."""
    (file,) = (folder / "state").glob("*.forms/drafts/*.json")
    return dict(json.loads(file.read_text("utf-8"))["form"])


def type_query(terminal: Terminal) -> None:
    """Type the query `print('last words')` into the form, without submitting it."""
    terminal.wait_for_text("live")
    terminal.press("n")
    terminal.wait_for_text("The path of a script")
    terminal.press("\t")
    terminal.press("print('last words')")
    terminal.wait_for_text("last words")
    terminal.settle(0.3)


def disconnect(terminal: Terminal) -> None:
    """Close the user's side; the descriptor stays valid, so that `Terminal.close` can close it."""
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, terminal._master)
    os.close(devnull)


def exit_code_of(terminal: Terminal) -> int:
    """Wait for the end of the program, and return its exit code."""
    eventually(lambda: terminal.exit_code() is not None)
    return terminal.exit_code() or 0


def press_quit(terminal: Terminal) -> None:
    terminal.press("\x11")


def terminate(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)


def hang_up(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGHUP)


ENDINGS = [(press_quit, 0), (terminate, 128 + signal.SIGTERM), (hang_up, 128 + signal.SIGHUP)]
"""Ways to end the program, and its exit codes; `test_frozen_terminal.py` always tests SIGHUP."""


@pytest.mark.parametrize(
    ("end", "code"),
    at_length(ENDINGS[:2], ENDINGS),
)
def test_the_last_typed_text_is_on_disk_however_the_program_ends(
    shared_studio: ThreadStudio, tmp_path: Path, end: Callable[[Terminal], None], code: int
) -> None:
    with program(shared_studio, tmp_path) as terminal:
        type_query(terminal)
        end(terminal)
        terminal.pump(10, lambda: terminal.exited)
        assert exit_code_of(terminal) == code
    assert saved_draft(tmp_path)["query"] == "print('last words')"


def test_the_last_typed_text_is_on_disk_after_the_terminal_has_hung_up(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    with program(shared_studio, tmp_path) as terminal:
        type_query(terminal)
        disconnect(terminal)
        exit_code_of(terminal)
    assert saved_draft(tmp_path)["query"] == "print('last words')"


def test_the_users_editor_changes_a_field(shared_studio: ThreadStudio, tmp_path: Path) -> None:
    editor = tmp_path / "an editor"
    editor.write_text('#!/bin/sh\necho "# by $(stat -c %a "$1")" >> "$1"\n', "utf-8")
    editor.chmod(0o700)
    with program(shared_studio, tmp_path, environ={"EDITOR": f"'{editor}'"}) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\t")
        terminal.press("print(1)")
        terminal.wait_for_text("print")
        terminal.press("\x1bOS")  # f4
        terminal.wait_for_text("# by 600")
        press_quit(terminal)
        terminal.pump(10, lambda: terminal.exited)
    assert saved_draft(tmp_path)["query"] == "print(1)# by 600"


def test_a_signal_ends_the_program_while_the_users_editor_has_the_terminal(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    editor, started = tmp_path / "editor", tmp_path / "started"
    editor.write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 600\n", "utf-8")
    editor.chmod(0o700)
    with program(shared_studio, tmp_path, environ={"EDITOR": str(editor)}) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\x1bOS")  # f4
        eventually(started.exists)
        terminate(terminal)
        assert exit_code_of(terminal) == 128 + signal.SIGTERM


def test_the_editor_of_an_empty_path_field_edits_the_query(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "# a query" >> "$1"\n', "utf-8")
    editor.chmod(0o700)
    with program(shared_studio, tmp_path, environ={"EDITOR": str(editor)}) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\x1bOS")  # f4
        terminal.wait_for_text("# a query")
        press_quit(terminal)
        terminal.pump(10, lambda: terminal.exited)
    draft = saved_draft(tmp_path)
    assert (draft["query"], draft["query_file"]) == ("# a query", "")


def test_closing_a_form_while_its_editor_opens_returns_the_terminal_to_the_dashboard(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="edited.py")["id"])
    may_exit = tmp_path / "may exit"
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nwhile [ ! -e '{may_exit}' ]; do sleep 0.05; done\n", "utf-8")
    editor.chmod(0o700)
    with program(studio, tmp_path, environ={"EDITOR": str(editor)}) as terminal:
        terminal.wait_for_text("edited.py")
        terminal.press("e")
        terminal.press("\x1b")
        terminal.settle(0.5)
        may_exit.touch()
        terminal.settle(0.5)
        terminal.press("\x1b")
        terminal.settle(0.3)
        terminal.press("?")
        terminal.wait_for_text("type to search")
        press_quit(terminal)
        terminal.pump(10, lambda: terminal.exited)
