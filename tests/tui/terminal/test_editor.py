import shutil

import pytest
from textual.app import App

from studio_tui.tui.terminal.editor import edit_text, editor_words
from studio_tui.tui.terminal.lending import ProgramError
from tests.driving import driving


def installed_paths(*names: str) -> dict[str, str]:
    """Return the paths of installed programs by their names."""
    return {name: f"/bin/{name}" for name in names}


@pytest.mark.parametrize(
    ("environ", "installed", "words"),
    [
        (
            {"VISUAL": "code --wait", "EDITOR": "vim"},
            installed_paths("code", "vim"),
            ["code", "--wait"],
        ),
        ({"VISUAL": " ", "EDITOR": "emacs '-a b'"}, installed_paths("emacs"), ["emacs", "-a b"]),
        ({}, installed_paths("vi", "vim"), ["vim"]),
        ({}, installed_paths("nano", "vi"), ["nano"]),
    ],
)
def test_the_editor_is_the_one_the_user_has_set_or_otherwise_an_installed_one(
    environ: dict[str, str], installed: dict[str, str], words: list[str]
) -> None:
    assert editor_words(environ, installed.get) == words


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"EDITOR": "vim '"}, "EDITOR has an unclosed quote or ends with a backslash; correct it."),
        (
            {"VISUAL": "code\\", "EDITOR": "vim"},
            "VISUAL has an unclosed quote or ends with a backslash; correct it.",
        ),
        ({"EDITOR": "ed\x1b[31m"}, "is not installed; set EDITOR to an editor that is."),
        ({}, "No editor is installed here"),
    ],
)
def test_the_reason_for_a_missing_editor_is_a_sentence_without_control_codes(
    environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ProgramError) as raised:
        editor_words(environ, installed_paths().get)
    assert sentence in str(raised.value)
    assert "\x1b" not in str(raised.value)


async def test_without_a_terminal_the_editor_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = shutil.which("true")
    assert command is not None
    monkeypatch.setenv("VISUAL", command)
    app = App[None]()
    async with driving(app):
        with pytest.raises(ProgramError, match="no terminal here for an editor"):
            await edit_text(app, "text", ".py")
