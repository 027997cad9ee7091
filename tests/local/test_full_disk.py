"""A disk that is really full: give an empty one of 1 MiB in STUDIO_TUI_SMALL_DISK.

For instance `mount -t tmpfs -o size=1m tmpfs DIRECTORY`.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from tests.studios import ThreadStudio, closing

DISK = os.environ.get("STUDIO_TUI_SMALL_DISK", "")

pytestmark = pytest.mark.skipif(not DISK, reason="STUDIO_TUI_SMALL_DISK names no small disk")


@pytest.fixture
def cramped() -> Iterator[ThreadStudio]:
    folder = Path(DISK) / "studio"
    with closing(studio := ThreadStudio(folder)):
        yield studio
    shutil.rmtree(folder)


def fill(studio: ThreadStudio) -> Path:
    """Take all room that is left."""
    path = studio.data_dir.parent / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return path


def test_a_full_disk_is_a_507_with_a_sentence_and_all_is_well_when_there_is_room(
    cramped: ThreadStudio,
) -> None:
    studio = cramped
    before = studio.end(studio.submit("print('before')")["id"])
    assert before["status"] == "COMPLETE"
    filler = fill(studio)
    body = {"query": "print(1)\n" + "# filler\n" * 20_000, "team_name": "local"}
    for method, how in (
        ("/datachain/jobs/", {"json": body}),
        ("/datachain/jobs/files?team_name=local", {"files": {"file": ("f", b"x" * 200_000)}}),
    ):
        response = studio.request("POST", method, **how)
        assert response.status_code == 507
        assert response.json()["message"].endswith("is full.")
    assert [job["id"] for job in studio.jobs()] == [before["id"]]
    assert studio.log(before["id"]) == "before\n"
    assert [*(studio.data_dir / "uploads").iterdir()] == []
    filler.unlink()
    assert studio.end(studio.submit("print('after')")["id"])["status"] == "COMPLETE"
    studio.restart()
    assert len(studio.jobs()) == 2


def test_a_start_on_a_full_disk_is_a_config_error(cramped: ThreadStudio) -> None:
    studio = cramped
    studio.stop()
    filler = fill(studio)
    with pytest.raises(ConfigError, match="No space left"):
        studio.restart()
    filler.unlink()
    studio.restart()
    assert studio.jobs() == []


def test_a_job_accepted_just_before_the_disk_is_full_ends_truly(cramped: ThreadStudio) -> None:
    studio = cramped
    job_id = studio.submit("import time; time.sleep(1.5); raise SystemExit(4)")["id"]
    studio.until(job_id, "RUNNING")
    filler = fill(studio)
    assert studio.job(job_id)["status"] == "RUNNING"
    filler.unlink()
    ended = studio.end(job_id)
    assert (ended["status"], ended["exit_code"]) == ("FAILED", 4)
