"""Copying text: which program or file takes it in which environment, and the notice about it."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App

from studio_tui.tui.terminal.clipboard import SENT, TERMINAL_LIMIT, clipboard_program, copy
from tests import needs
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown
from tests.waiting import eventually

pytestmark = pytest.mark.starts_processes

TEXT = "first [/]\nsecond 日本🎉"
VARIABLES = ("TMUX", "SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME")


@pytest.fixture(autouse=True)
def bin_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Run without tmux, SSH, a desktop or installed programs; return the only folder of `PATH`."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("STUDIO_TUI_STATE_DIR", str(tmp_path / "state"))
    return folder


def install(folder: Path, name: str, script: str) -> None:
    """Create a program with this name that runs a shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    path.chmod(0o755)


async def copied(text: str) -> tuple[str, str]:
    """Copy; return the notice, and the text sent to the terminal's clipboard."""
    app: App[None] = App()
    async with driving(app, notifications=True) as pilot:
        await copy(app, text)
        await pilot.pause()
        (notice,) = app._notifications
        return notice.message, app.clipboard


@pytest.mark.parametrize(
    ("environ", "platform", "installed", "program"),
    [
        ({}, "linux", "xclip wl-copy pbcopy clip.exe tmux", None),
        ({"TMUX": "/tmp/t,1,0"}, "linux", "tmux xclip", "tmux load-buffer -w -"),
        ({"TMUX": "/tmp/t,1,0", "DISPLAY": ":0"}, "linux", "xclip", None),
        ({"TMUX": "/tmp/t,1,0", "SSH_TTY": "/dev/pts/1"}, "linux", "tmux", "tmux load-buffer -w -"),
        ({"SSH_CONNECTION": "a b", "DISPLAY": ":0"}, "linux", "xclip", None),
        ({"SSH_TTY": "/dev/pts/1", "WAYLAND_DISPLAY": "w"}, "linux", "wl-copy", None),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", "wl-copy xclip", "wl-copy"),
        ({"WAYLAND_DISPLAY": "w"}, "linux", "xclip", None),
        (
            {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"},
            "linux",
            "xclip xsel",
            "xclip -in -selection clipboard",
        ),
        ({"DISPLAY": ":0"}, "linux", "xsel", "xsel --input --clipboard"),
        ({}, "darwin", "pbcopy", "pbcopy"),
        ({"SSH_TTY": "/dev/ttys1"}, "darwin", "pbcopy", None),
        ({"WSL_DISTRO_NAME": "Debian", "DISPLAY": ":0"}, "linux", "clip.exe", "clip.exe"),
    ],
)
def test_the_environment_decides_which_program_takes_the_text(
    environ: dict[str, str], platform: str, installed: str, program: str | None
) -> None:
    chosen = clipboard_program(
        environ, platform, lambda name: name if name in installed.split() else None
    )
    assert (" ".join(chosen.argv) if chosen else None) == program


def test_text_for_the_windows_clipboard_is_encoded_with_a_byte_order_mark() -> None:
    chosen = clipboard_program({"WSL_DISTRO_NAME": "Debian"}, "linux", lambda name: name)
    assert chosen is not None
    assert TEXT.encode(chosen.encoding)[:2] in {b"\xff\xfe", b"\xfe\xff"}


async def test_a_program_gets_the_whole_text_unchanged_and_the_environment(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(bin_folder, "wl-copy", f"cat > {tmp_path}/taken; echo $# $KEPT > {tmp_path}/call")
    monkeypatch.setenv("WAYLAND_DISPLAY", "w")
    monkeypatch.setenv("KEPT", "environment")
    large = TEXT * 10_000
    message, terminal = await copied(large)
    assert message.startswith("Copied: ")
    assert len(message) < 1000
    assert terminal == ""
    assert (tmp_path / "taken").read_text("utf-8") == large
    assert (tmp_path / "call").read_text() == "0 environment\n"


async def test_a_program_that_stays_to_serve_the_clipboard_is_not_waited_for(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(bin_folder, "xclip", f"cat > {tmp_path}/taken; sleep 60 & echo $! > {tmp_path}/pid")
    monkeypatch.setenv("DISPLAY", ":0")
    assert (await copied(TEXT))[0].startswith("Copied: ")
    os.kill(int((tmp_path / "pid").read_text()), 9)


@pytest.mark.parametrize(
    "script", ["exit 1", "cat > /dev/null; exit 3", "exec sleep 60", "kill -9 $$"]
)
async def test_text_goes_to_the_terminals_clipboard_if_the_program_fails_or_hangs(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    install(bin_folder, "wl-copy", script)
    monkeypatch.setenv("WAYLAND_DISPLAY", "w")
    assert await copied(TEXT) == (f"{SENT}: first [/]␊second 日本🎉", TEXT)


async def test_text_too_large_for_the_terminals_clipboard_is_saved_in_a_private_file(
    tmp_path: Path,
) -> None:
    for text in ("x" * (TERMINAL_LIMIT + 1), "日" * TERMINAL_LIMIT):
        message, terminal = await copied(text)
        path = tmp_path / "state" / "copied.txt"
        assert message == f"Too large for the terminal's clipboard: saved as {path}"
        assert terminal == ""
        assert path.read_text("utf-8") == text
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [*path.parent.iterdir()] == [path]


async def test_the_notice_says_not_copied_if_text_can_neither_be_copied_nor_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STUDIO_TUI_STATE_DIR", str(tmp_path / "file" / "state"))
    message, _ = await copied("x" * (TERMINAL_LIMIT + 1))
    assert message.startswith("Not copied: ")
    assert "Not a directory" in message


async def test_keys_that_copy_use_the_program_of_the_environment(
    studio: ThreadStudio, bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = studio.submit("print('first'); print('last')", query_name="[/]")
    studio.wait_for_end(job["id"])
    install(bin_folder, "wl-copy", f"cat > {tmp_path}/taken")
    monkeypatch.setenv("WAYLAND_DISPLAY", "w")
    taken = tmp_path / "taken"
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("c")
        await until_shown(pilot, "Copied", job["id"])
        assert taken.read_text() == job["id"]
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log", "2 lines")
        await pilot.press("V", "up", "y")
        await until(pilot, lambda: taken.read_text() == "first\nlast")
        assert pilot.app.clipboard == ""


TMUX = shutil.which("tmux") or "tmux"


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """A tmux server that only the test uses; yields the beginning of its commands."""
    command = [TMUX, "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    environ = {**os.environ, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    subprocess.run([*command, "new-session", "-d", "sleep 600"], env=environ, check=True)
    try:
        yield command
    finally:
        subprocess.run([*command, "kill-server"], check=True)


@needs.program("tmux")
async def test_text_is_copied_into_the_buffer_of_a_real_tmux(
    tmux: list[str], bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bin_folder / "tmux").symlink_to(tmux[0])
    monkeypatch.setenv("TMUX", f"{tmp_path / 'tmux'},1,0")
    large = TEXT * 10_000
    assert (await copied(large))[0].startswith("Copied to tmux's buffer: ")

    def buffer() -> bytes:
        return subprocess.run([*tmux, "show-buffer"], capture_output=True, check=True).stdout

    assert eventually(buffer).decode() == large
