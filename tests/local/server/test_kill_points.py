"""The server is killed with -9 at each step of a job, from its acceptance to its end."""

import contextlib
import http.client
import importlib
import inspect
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studio_tui.local.db.database import Database
from tests.soak import combinations
from tests.studios import ProcessStudio, stopping

POINTS = (
    "db.jobs create",  # within the transaction
    "write create",
    "db.jobs enqueue",
    "write begin",
    "run.local_runner LocalRunner.start",
    "run.local_runner _write_json",
    "run.local_runner _spawn_shim",
    "write record_progress",
    "run.local_runner LocalRunner.lineage",  # after the job has ended
    "db.jobs end",
    "write end",
)
"""Functions that the server calls; "write" stands for the transaction with a function of `jobs`."""

MOMENTS = ("before", "after")

QUERY = """
import os
open(os.environ["MARK"], "a").write("ran\\n")
print("printed")
"""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_write(name: str, moment: str, method: str) -> None:
    real = getattr(Database, method)

    async def write(database: Database, work: Any, *arguments: Any) -> Any:
        is_point = work.__name__ == name
        if is_point and moment == "before":
            die()
        answer = await real(database, work, *arguments)
        if is_point:
            die()
        return answer

    setattr(Database, method, write)


def die_at(point: str, moment: str) -> None:
    """Let this process be killed before or after its first call of a function of the server."""
    module, path = point.split()
    if module == "write":
        for method in ("write", "write_or_defer"):
            die_at_write(path, moment, method)
        return
    owner: Any = importlib.import_module(f"studio_tui.local.{module}")
    *classes, name = path.split(".")
    for part in classes:
        owner = getattr(owner, part)
    real = getattr(owner, name)

    async def call_async(*arguments: Any, **options: Any) -> None:
        if moment == "after":
            await real(*arguments, **options)
        die()

    def call(*arguments: Any, **options: Any) -> None:
        if moment == "after":
            real(*arguments, **options)
        die()

    setattr(owner, name, call_async if inspect.iscoroutinefunction(real) else call)


@pytest.mark.starts_processes
@pytest.mark.parametrize(("point", "moment"), combinations(POINTS, MOMENTS))
def test_a_job_runs_exactly_once_wherever_the_server_is_killed(
    tmp_path: Path, point: str, moment: str
) -> None:
    mark = tmp_path / "mark"
    with stopping(
        studio := ProcessStudio(tmp_path / "data", prepare=partial(die_at, point, moment))
    ):
        body = {"query": QUERY, "team_name": studio.team, "environment": f"MARK={mark}"}
        arguments = {"json": body, "headers": {"Idempotency-Key": "k"}}
        accepted = None
        with contextlib.suppress(OSError, http.client.HTTPException):
            accepted = studio.request("POST", "/datachain/jobs/", **arguments).json()["id"]
        assert studio.wait() == -signal.SIGKILL
        studio.restart()
        assert accepted in {None, *(job["id"] for job in studio.jobs())}
        job_id = studio.request("POST", "/datachain/jobs/", **arguments).json()["id"]
        assert accepted in {None, job_id}
        ended = studio.wait_for_end(job_id)
        assert (ended["status"], ended["exit_code"]) == ("COMPLETE", 0), ended
        assert mark.read_text() == "ran\n"
        assert studio.log(job_id) == "printed\n"
        assert len(studio.jobs()) == 1
