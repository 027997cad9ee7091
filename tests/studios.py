"""Real local Studios for tests: servers on 127.0.0.1 with data in a temporary directory."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from fastapi import routing
from fastapi.dependencies import models
from pydantic import SecretStr
from uvicorn import server as uvicorn_server

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint
from studio_tui.local.server.server import Server, serve
from studio_tui.settings import Settings
from tests import forked_studio
from tests.waiting import HANG, eventually

_populate = routing._populate_api_route_state
_ROUTES: dict[tuple[object, ...], dict[str, Any]] = {}


def _populate_once(
    route: Any,
    path: str,
    endpoint: Callable[..., Any],
    *,
    dependency_overrides_provider: Any,
    **options: Any,
) -> None:
    """Analyze each route once for all servers, as their routes have the same code.

    Hundreds of servers start in threads, and this is most of the cost of starting one.
    """
    key = type(route), path, getattr(endpoint, "__code__", endpoint), repr(options)
    own = {
        "endpoint": endpoint,
        "dependency_overrides_provider": dependency_overrides_provider,
    }
    if cached := _ROUTES.get(key):
        dependant = replace(cached["dependant"], call=endpoint)
        vars(route).update(cached, **own, dependant=dependant)
        return
    _populate(route, path, **own, **options)
    shared_dependant = replace(route.dependant, call=None)
    _ROUTES[key] = {**vars(route), **dict.fromkeys(own), "dependant": shared_dependant}


routing._populate_api_route_state = _populate_once  # type: ignore[assignment] # other parameters


class _Asyncio:
    """Replaces asyncio in uvicorn, which sleeps 0.1 s at its end to wait for open connections.

    There are hundreds of servers, and each of their tests would wait for so long.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than it takes to close connections."""
        await asyncio.sleep(min(seconds, _SECONDS_TO_CLOSE))


_SECONDS_TO_CLOSE = 0.005

uvicorn_server.asyncio = _Asyncio()  # type: ignore[attr-defined, assignment]


def _forget_routes() -> None:
    """Clear FastAPI's caches of routes, which would keep the last hundred servers in memory."""
    for cached in vars(models).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


ENDED = {"COMPLETE", "FAILED", "CANCELED"}

_JOB_PAUSE = 0.03
"""Seconds between the first two requests about a job: no job ends sooner."""


class StudioRequests:
    """Sends the HTTP requests of a test to a local Studio."""

    url: str
    token: str
    team: str
    data_dir: Path

    def settings(self, **changed: Any) -> Settings:
        """Return the settings of a client of this Studio, some of them changed."""
        return replace(Settings(self.url, self.team, SecretStr(self.token)), **changed)

    @contextmanager
    def http(self) -> Iterator[httpx.Client]:
        """Open a client with the token and the base URL `.../api`.

        It uses plain HTTP, so it skips loading certificates, which takes 28 ms of CPU.
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

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request below `/api` in its own connection.

        Tests send thousands, and creating a client for each would take most of the time.
        """
        request = httpx.Request(method, f"{self.url}/api{path}", **options)
        request.headers.setdefault("Authorization", f"Bearer {self.token}")
        connection = HTTPConnection(request.url.host, request.url.port, timeout=HANG)
        with contextlib.closing(connection):
            target, headers = request.url.raw_path.decode(), dict(request.headers.multi_items())
            connection.request(method, target, request.read() or None, headers)
            response = connection.getresponse()
            return httpx.Response(
                response.status,
                headers=response.getheaders(),
                content=response.read(),
                request=request,
            )

    def submit(self, query: str, **fields: Any) -> dict[str, Any]:
        """Create a job and return it."""
        body = {"query": query, "team_name": self.team, **fields}
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
        """Return the current state of a job."""
        (job,) = self.jobs(job_id=job_id)
        return job

    def cancel(self, job_id: str) -> httpx.Response:
        """Request cancellation of a job."""
        body = {"team_name": self.team}
        return self.request("POST", f"/datachain/jobs/{job_id}/cancel", json=body)

    def log(self, job_id: str) -> str:
        """Return a job's log."""
        response = self.request("GET", f"/datachain/jobs/{job_id}/logs")
        assert response.status_code == 200, response.text
        return response.text

    def wait_for_state(self, job_id: str, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of `states`; fail if it ends in another."""

        def reached() -> dict[str, Any] | None:
            job = self.job(job_id)
            assert job["status"] in states or job["status"] not in ENDED, job
            return job if job["status"] in states else None

        return eventually(reached, pause=_JOB_PAUSE)

    def wait_for_end(self, job_id: str) -> dict[str, Any]:
        """Wait until a job has ended in any state."""
        return self.wait_for_state(job_id, *ENDED)

    def cancel_all(self) -> None:
        """Cancel all active jobs, and wait for them."""
        active = self.jobs(status="active")
        for job in active:
            self.cancel(job["id"])
        if active:
            eventually(lambda: not self.jobs(status="active"), lambda: self.jobs(status="active"))


_ROUNDS_TO_CLOSE = 8
"""Rounds of the event loop after which asyncio has handed over and closed all connections."""


class ThreadStudio(StudioRequests):
    """A local Studio in a thread of the test's process: quick to start."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.team = "local"
        self._start()

    def kill(self) -> None:
        """Break all connections and stop; processes of jobs continue."""

        def abort() -> None:
            self._abort()
            self._server.stop()

        self._loop.call_soon_threadsafe(abort)
        self._join()

    def _abort(self) -> bool:
        """Break all connections; return whether there were any."""
        connections = self._server.server_state.connections
        transports: list[Any] = [connection.transport for connection in connections]
        # The loop also has connections that it has not handed to the server yet.
        transports += getattr(self._loop, "_transports", {}).values()
        # A closing connection never ends while its client does not read the remaining data.
        unfinished = [
            each
            for each in transports
            if each is not None and (not each.is_closing() or each.get_write_buffer_size())
        ]
        for transport in unfinished:
            transport.abort()
        return bool(unfinished)

    def restart(self) -> None:
        """Start again on the same port."""
        if self.is_running:
            self.kill()
        self._start()

    def stop(self) -> None:
        """Stop gracefully."""
        self._loop.call_soon_threadsafe(self._server.stop)
        self._join()

    def full_connections(self) -> list[asyncio.Transport]:
        """Return the connections whose client has not read all the data that was sent."""
        transports = [connection.transport for connection in self._server.server_state.connections]
        return [transport for transport in transports if transport.get_write_buffer_size() > 0]

    @property
    def is_running(self) -> bool:
        """Whether the server is running."""
        return self._thread.is_alive()

    def _start(self) -> None:
        self._failure: BaseException | None = None
        start_is_over = threading.Event()

        def started(server: Server, url: str) -> None:
            self._server, self.url = server, url
            self._loop = asyncio.get_running_loop()
            start_is_over.set()

        async def serve_to_the_end() -> None:
            try:
                await serve(DataDir(self.data_dir), None, started)
            finally:
                if start_is_over.is_set():
                    # A client may have connected while the server ended. asyncio takes several
                    # rounds of the loop to hand a connection over, and another to close it.
                    quiet_rounds = 0
                    while quiet_rounds < _ROUNDS_TO_CLOSE:
                        quiet_rounds = 0 if self._abort() else quiet_rounds + 1
                        await asyncio.sleep(0)

        def run() -> None:
            try:
                asyncio.run(serve_to_the_end())
            except BaseException as error:  # noqa: BLE001 (raised again in the test's thread)
                self._failure = error
            finally:
                _forget_routes()
                start_is_over.set()

        self._thread = threading.Thread(target=run, name="local studio", daemon=True)
        self._thread.start()
        assert start_is_over.wait(HANG), "the local Studio does not start"
        if self._failure is not None:
            raise self._failure
        self.token = DataDir(self.data_dir).token.read_text("utf-8").strip()

    def _join(self) -> None:
        self._thread.join(HANG)
        assert not self._thread.is_alive(), "the local Studio does not stop"
        if self._failure is not None:
            raise self._failure


class ProcessStudio(StudioRequests):
    """A local Studio in a separate process, which can be killed with -9.

    The process is forked from one that has imported the server; `test_endpoint.py` and
    `test_cli.py` start the command line as users do.
    """

    def __init__(
        self, data_dir: Path, *options: str, prepare: Callable[[], None] | None = None
    ) -> None:
        """`prepare` is called in the process before its server starts, but not after a restart."""
        self.data_dir = data_dir
        self.team = "local"
        self._options = options
        self._start(prepare)

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.wait()

    def restart(self) -> None:
        """Start again on the same port."""
        if self.is_running:
            self.kill()
        self._start()

    def stop(self) -> None:
        """Stop gracefully."""
        self.process.terminate()
        assert self.wait() == 0

    def wait(self) -> int | None:
        """Wait for the end of the process; return its exit code, negative if a signal ended it."""
        self.process.join(HANG)
        return self.process.exitcode

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self.process.pid is not None
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self.process.is_alive()

    def _start(self, prepare: Callable[[], None] | None = None) -> None:
        data = DataDir(self.data_dir)
        data.prepare()
        arguments = ["--data-dir", str(data.root), *self._options]
        self.process = forked_studio.start(arguments, data.log, prepare)
        running = eventually(self._find)
        self.url, self.token = running.url, running.token()

    def _find(self) -> endpoint.Endpoint | None:
        assert self.is_running, DataDir(self.data_dir).log.read_text("utf-8")
        return endpoint.find(self.data_dir)


LocalStudio: TypeAlias = ThreadStudio | ProcessStudio


def create_data(folder: Path, make: Callable[[ThreadStudio], object]) -> Path:
    """Run a local Studio, call `make` with it, stop it, and return the folder with its data.

    Starting a Studio on a copy of this data (`run_on_copy`) takes a tenth of the time of a job.
    """
    studio = ThreadStudio(folder)
    with stopping(studio):
        make(studio)
    (folder / "port").unlink()  # each copy listens on a port of its own
    return folder


@contextmanager
def run_on_copy(data: Path, folder: Path) -> Iterator[ThreadStudio]:
    """Run a local Studio on a copy of `data` in a new `folder`; stop it and its jobs at the end."""
    studio = ThreadStudio(shutil.copytree(data, folder))
    with stopping(studio):
        yield studio


@contextmanager
def stopping(studio: LocalStudio) -> Iterator[None]:
    """Stop a local Studio and all of its jobs at the end of the context."""
    try:
        yield
    finally:
        with contextlib.ExitStack() as stack:
            if not studio.is_running:
                studio.restart()
            stack.callback(studio.stop)
            studio.cancel_all()
