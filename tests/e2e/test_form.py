"""The form in a real terminal: the user's editor, and endings that come in the middle of typing."""

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


def left(folder: Path) -> dict[str, str]:
    """Return what is kept of the form that was left."""
    (file,) = (folder / "state").glob("*.forms.json")
    return dict(json.loads(file.read_text("utf-8"))["drafts"]["new"])


def code_of(terminal: Terminal) -> int:
    """Wait for the end of the program, and return its exit code."""
    eventually(lambda: terminal.exit_code() is not None)
    return terminal.exit_code() or 0


def press_quit(terminal: Terminal) -> None:
    terminal.press("\x11")


def terminate(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)


def hang_up(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGHUP)


ENDS = [(press_quit, 0), (terminate, 128 + signal.SIGTERM), (hang_up, 128 + signal.SIGHUP)]
"""Ways to end the program, and its exit codes; `test_frozen_terminal.py` hangs up as well."""


@pytest.mark.parametrize(
    ("end", "code"),
    at_length(ENDS[:2], ENDS),
)
def test_what_was_typed_last_is_on_disk_however_the_program_ends(
    shared_studio: ThreadStudio, tmp_path: Path, end: Callable[[Terminal], None], code: int
) -> None:
    with program(shared_studio, tmp_path) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\t")
        terminal.press("print('last words')")
        terminal.wait_for_text("last words")
        terminal.settle(0.3)
        end(terminal)
        terminal.pump(10, lambda: terminal.exited)
        assert code_of(terminal) == code
    assert left(tmp_path)["query"] == "print('last words')"


def test_a_terminal_that_goes_away_ends_the_program_with_the_form_on_disk(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    with program(shared_studio, tmp_path) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\t")
        terminal.press("print('last words')")
        terminal.wait_for_text("last words")
        terminal.settle(0.3)
        # The other end stays open for the terminal's own closing.
        elsewhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(elsewhere, terminal._master)
        os.close(elsewhere)
        code_of(terminal)
    assert left(tmp_path)["query"] == "print('last words')"


def test_a_field_is_changed_in_the_users_editor(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    editor = tmp_path / "an editor"
    editor.write_text('#!/bin/sh\necho "# by $(stat -c %a "$1")" >> "$1"\n', "utf-8")
    editor.chmod(0o700)
    with program(shared_studio, tmp_path, environ={"EDITOR": f"'{editor}'"}) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\t")
        terminal.press("print(1)")
        terminal.wait_for_text("print")
        terminal.press("\x1bOS")
        terminal.wait_for_text("# by 600")
        press_quit(terminal)
        terminal.pump(10, lambda: terminal.exited)
    assert left(tmp_path)["query"] == "print(1)# by 600"


def test_where_no_file_is_named_the_editor_gets_the_query(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "# a query" >> "$1"\n', "utf-8")
    editor.chmod(0o700)
    with program(shared_studio, tmp_path, environ={"EDITOR": str(editor)}) as terminal:
        terminal.press("n")
        terminal.wait_for_text("The path of a script")
        terminal.press("\x1bOS")
        terminal.wait_for_text("# a query")
        press_quit(terminal)
        terminal.pump(10, lambda: terminal.exited)
    assert (left(tmp_path)["query"], left(tmp_path)["query_file"]) == ("# a query", "")


def test_leaving_a_form_as_its_editor_opens_gives_the_terminal_back(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="edited.py")["id"])
    go_on = tmp_path / "go on"
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nwhile [ ! -e '{go_on}' ]; do sleep 0.05; done\n", "utf-8")
    editor.chmod(0o700)
    with program(studio, tmp_path, environ={"EDITOR": str(editor)}) as terminal:
        terminal.wait_for_text("edited.py")
        terminal.press("e")
        terminal.press("\x1b")
        terminal.settle(0.5)
        go_on.touch()
        terminal.settle(0.5)
        terminal.press("\x1b")
        terminal.settle(0.3)
        terminal.press("?")
        terminal.wait_for_text("type to search")
        press_quit(terminal)
        terminal.pump(10, lambda: terminal.exited)
