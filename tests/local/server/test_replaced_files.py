"""The server is started with other things in the place of the files of its data directory."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server.server import serve

NAMES = (
    *("cache", "cli-config", "clusters.toml", "jobs", "port", "room.toml", "server.json"),
    *("server.lock", "studio.db", "studio.db-wal", "token", "uploads"),
)
KINDS: dict[str, Callable[[Path], object]] = {
    "folder": lambda path: (path / "within").mkdir(parents=True),
    "pipe": os.mkfifo,
    "link": lambda path: path.symlink_to(path.parent / "target"),
    "link to nothing": lambda path: path.symlink_to("nowhere/file"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "other content": lambda path: path.write_bytes(b"\xff\0other"),
}


def start_and_stop(folder: Path) -> None:
    asyncio.run(serve(DataDir(folder), None, lambda server, _url: server.stop()))


def why_not_started(folder: Path) -> str | None:
    try:
        start_and_stop(folder)
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_succeeds_or_fails_with_a_sentence(tmp_path: Path, kind: str) -> None:
    start_and_stop(tmp_path / "good")
    for name in NAMES:
        folder = shutil.copytree(tmp_path / "good", tmp_path / name)
        (folder / "target").write_text("kept")
        (folder / "target").chmod(0o644)
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        KINDS[kind](path)
        sentence = why_not_started(folder)
        assert sentence is None or (str(folder) in sentence and "Errno" not in sentence), name
        assert (folder / "target").read_text() == "kept", name
        assert (folder / "target").stat().st_mode & 0o777 == 0o644, name
