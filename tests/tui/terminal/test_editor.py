import shutil

import pytest
from textual.app import App

from studio_tui.tui.terminal.editor import EditorError, edit_text, editor_words
from tests.driving import driving


def which(*installed: str) -> dict[str, str]:
    return {name: f"/bin/{name}" for name in installed}


@pytest.mark.parametrize(
    ("environ", "installed", "words"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "vim"}, which("code", "vim"), ["code", "--wait"]),
        ({"VISUAL": " ", "EDITOR": "emacs '-a b'"}, which("emacs"), ["emacs", "-a b"]),
        ({}, which("vi", "vim"), ["vim"]),
        ({}, which("nano", "vi"), ["nano"]),
    ],
)
def test_the_editor_is_the_users_else_one_that_is_there(
    environ: dict[str, str], installed: dict[str, str], words: list[str]
) -> None:
    assert editor_words(environ, installed.get) == words


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"EDITOR": "vim '"}, "EDITOR has an unclosed quote; set it to a command."),
        (
            {"VISUAL": "code '", "EDITOR": "vim"},
            "VISUAL has an unclosed quote; set it to a command.",
        ),
        ({"EDITOR": "ed\x1b[31m"}, "is not installed; set EDITOR to an editor that is."),
        ({}, "No editor is installed here"),
    ],
)
def test_why_there_is_no_editor_is_a_safe_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(EditorError) as told:
        editor_words(environ, which().get)
    assert sentence in str(told.value)
    assert "\x1b" not in str(told.value)


async def test_without_a_terminal_to_lend_the_text_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    true = shutil.which("true")
    assert true is not None
    monkeypatch.setenv("VISUAL", true)
    app = App[None]()
    async with driving(app):
        with pytest.raises(EditorError, match="no terminal here for an editor"):
            await edit_text(app, "text", ".py")
