"""Real local Studios for tests: on a socket of 127.0.0.1, their data in a temporary directory."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
from fastapi._compat import v2
from pydantic import TypeAdapter

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint
from studio_tui.local.server.server import Server, serve
from tests.waiting import HANG, eventually

_ADAPTERS: dict[tuple[str, ...], TypeAdapter[Any]] = {}


def _adapter(of: Any, **options: Any) -> TypeAdapter[Any]:
    """Build what checks an argument or answer of a route only for the first server that has it.

    Servers in threads come by the hundred, and this is most of what starting one costs.
    """
    key = repr(of), *map(repr, options.items())
    if key not in _ADAPTERS:
        _ADAPTERS[key] = TypeAdapter(of, **options)
    return _ADAPTERS[key]


v2.TypeAdapter = _adapter  # type: ignore[attr-defined, assignment]

ENDED = {"COMPLETE", "FAILED", "CANCELED"}


class LocalStudio(Protocol):
    """What a test may do with a local Studio."""

    url: str
    """Without `/api`."""
    token: str
    team: str
    data_dir: Path

    def kill(self) -> None:
        """Go away without a word; connections break."""

    def restart(self) -> None:
        """Come back on the same port."""


class Calls:
    """Plain HTTP for tests of the server itself."""

    url: str
    token: str
    team: str
    data_dir: Path

    @contextmanager
    def http(self) -> Iterator[httpx.Client]:
        """Open a client that carries the token and the base URL `.../api`.

        It speaks plain http, so it spares itself the certificates, which cost 28 ms of CPU.
        """
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(
            base_url=f"{self.url}/api",
            headers=headers,
            trust_env=False,
            verify=False,  # noqa: S501 (nothing is encrypted here)
            timeout=HANG,
        ) as client:
            yield client

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Send one request under `/api`."""
        with self.http() as client:
            return client.request(method, path, **how)

    def submit(self, query: str, **more: Any) -> dict[str, Any]:
        """Create a job and return it."""
        body = {"query": query, "team_name": self.team, **more}
        response = self.request("POST", "/datachain/jobs/", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def jobs(self, **query: Any) -> list[dict[str, Any]]:
        """List jobs, newest first."""
        query = {"team_name": self.team, "limit": 1000, **query}
        response = self.request("GET", "/datachain/jobs/", params=query)
        assert response.status_code == 200, response.text
        return list(response.json())

    def job(self, job_id: str) -> dict[str, Any]:
        """Return one job as it is now."""
        (job,) = self.jobs(job_id=job_id)
        return job

    def cancel(self, job_id: str) -> httpx.Response:
        """Ask to cancel a job."""
        body = {"team_name": self.team}
        return self.request("POST", f"/datachain/jobs/{job_id}/cancel", json=body)

    def log(self, job_id: str) -> str:
        """Return a job's log."""
        response = self.request("GET", f"/datachain/jobs/{job_id}/logs")
        assert response.status_code == 200, response.text
        return response.text

    def until(self, job_id: str, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of `states`, or fail when it ends in another."""

        def reached() -> dict[str, Any] | None:
            job = self.job(job_id)
            assert job["status"] in states or job["status"] not in ENDED, job
            return job if job["status"] in states else None

        return eventually(reached)

    def end(self, job_id: str) -> dict[str, Any]:
        """Wait until a job has ended, however."""
        return self.until(job_id, *ENDED)

    def cancel_all(self) -> None:
        """Leave no process behind."""
        for job in self.jobs(status="active"):
            self.cancel(job["id"])
        eventually(lambda: not self.jobs(status="active"), lambda: self.jobs(status="active"))


_ROUNDS_TO_CLOSE = 8


class ThreadStudio(Calls):
    """A local Studio in a thread of the test's process: quick to start."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.team = "local"
        self._start()

    def kill(self) -> None:
        """Break every connection and stop; a job's processes run on."""

        def abort() -> None:
            self._abort()
            self._server.stop()

        self._loop.call_soon_threadsafe(abort)
        self._join()

    def _abort(self) -> None:
        for connection in list(self._server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        # Those that the loop has accepted and the server has not heard of yet, too.
        for transport in list(getattr(self._loop, "_transports", {}).values()):
            transport.abort()

    def restart(self) -> None:
        """Start again on the same port."""
        if self.is_running:
            self.kill()
        self._start()

    def stop(self) -> None:
        """Stop politely."""
        self._loop.call_soon_threadsafe(self._server.stop)
        self._join()

    def full_connections(self) -> list[asyncio.Transport]:
        """Return the connections whose other side does not take what is sent."""
        transports = [connection.transport for connection in self._server.server_state.connections]
        return [transport for transport in transports if transport.get_write_buffer_size() > 0]

    @property
    def is_running(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def _start(self) -> None:
        self._failure: BaseException | None = None
        begun = threading.Event()

        def started(server: Server, url: str) -> None:
            self._server, self.url = server, url
            self._loop = asyncio.get_running_loop()
            begun.set()

        async def serve_to_the_end() -> None:
            try:
                await serve(DataDir(self.data_dir), None, started)
            finally:
                if begun.is_set():
                    # Some may have connected while it ended; asyncio hands a connection over in
                    # several rounds of the loop, and closes it in another.
                    for _ in range(_ROUNDS_TO_CLOSE):
                        self._abort()
                        await asyncio.sleep(0)

        def run() -> None:
            try:
                asyncio.run(serve_to_the_end())
            except BaseException as error:  # noqa: BLE001 (raised again in the test's thread)
                self._failure = error
            finally:
                begun.set()

        self._thread = threading.Thread(target=run, name="local studio", daemon=True)
        self._thread.start()
        assert begun.wait(HANG), "the local Studio does not start"
        if self._failure is not None:
            raise self._failure
        self.token = DataDir(self.data_dir).token.read_text("utf-8").strip()

    def _join(self) -> None:
        self._thread.join(HANG)
        assert not self._thread.is_alive(), "the local Studio does not stop"
        if self._failure is not None:
            raise self._failure


class ProcessStudio(Calls):
    """A local Studio as a process of its own, which can be killed with -9."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        self.team = "local"
        self._options = options
        self._start()

    def kill(self) -> None:
        """Kill -9."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(HANG)

    def restart(self) -> None:
        """Start again on the same port."""
        if self.is_running:
            self.kill()
        self._start()

    def stop(self) -> None:
        """Stop politely."""
        self.process.terminate()
        assert self.process.wait(HANG) == 0

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None

    def _start(self) -> None:
        data = DataDir(self.data_dir)
        data.prepare()
        with data.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "studio_tui.local", "--data-dir", str(data.root)),
                    *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        found = eventually(self._find)
        self.url, self.token = found.url, found.token()

    def _find(self) -> endpoint.Endpoint | None:
        assert self.process.poll() is None, DataDir(self.data_dir).log.read_text("utf-8")
        return endpoint.find(self.data_dir)


@contextmanager
def closing(studio: ThreadStudio | ProcessStudio) -> Iterator[None]:
    """End a local Studio and all of its jobs when the context does."""
    try:
        yield
    finally:
        with contextlib.ExitStack() as stack:
            if not studio.is_running:
                studio.restart()
            stack.callback(studio.stop)
            studio.cancel_all()
