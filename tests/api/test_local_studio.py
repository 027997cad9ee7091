"""The client with a real local Studio: every endpoint, over a socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio_tui import errors
from studio_tui.api.client import StudioClient
from studio_tui.api.log_stream import Closed, LogFrame, LogMessages, StatusFrame
from studio_tui.api.models import Job, JobInput, QueryType
from studio_tui.api.states import JobState
from tests.fault_proxy import FaultProxy
from tests.faults import drop_response
from tests.studios import LocalStudio
from tests.waiting import HANG

PRINTING = "import sys\nfor n in range(1000): print(f'line {n} é')\nsys.exit(3)"
SLEEPING = "import time\nprint('up', flush=True)\ntime.sleep(60)"


@pytest.fixture
async def client(studio: LocalStudio) -> AsyncIterator[StudioClient]:
    """A client of a running local Studio."""
    async with StudioClient(studio.settings()) as client:
        yield client


def job_input(studio: LocalStudio, query: str, **fields: object) -> JobInput:
    """Return a job to submit to a local Studio."""
    return JobInput.model_validate({"query": query, "team_name": studio.team, **fields})


async def job_when(condition: Callable[[Job], bool], client: StudioClient, job_id: str) -> Job:
    """Request a job until the condition is true; return it."""
    async with asyncio.timeout(HANG):
        while True:
            (job,) = (await client.jobs(limit=1, job_id=job_id)).items
            if condition(job):
                return job
            await asyncio.sleep(0.02)


async def ended_job(client: StudioClient, job_id: str) -> Job:
    """Wait until a job has ended; return it."""
    return await job_when(lambda job: job.state.is_finished, client, job_id)


async def follow_log(client: StudioClient, job_id: str) -> list[LogFrame]:
    """Follow a log to its end; return all frames."""
    async with aclosing(client.follow_log(job_id)) as stream:
        return [frame async for frame in stream]


def text_of(frames: list[LogFrame]) -> str:
    """Return the log that the frames contain, in the order of the chunks' ids."""
    chunks = {
        item.id: item.text
        for frame in frames
        if isinstance(frame, LogMessages)
        for item in frame.items
    }
    return "".join(chunks[number] for number in sorted(chunks))


async def test_a_job_is_created_followed_read_and_listed(
    client: StudioClient, studio: LocalStudio
) -> None:
    created = await client.create_job(job_input(studio, PRINTING, query_name="[/] n", workers=1))
    assert created.name == "[/] n"
    assert created.unreadable == ()
    frames = await follow_log(client, created.id)
    job = await ended_job(client, created.id)
    assert (job.state, job.exit_code, job.query_type) == (JobState.FAILED, 3, QueryType.PYTHON)
    assert job.query
    assert job.query.text == PRINTING
    printed = "".join(f"line {n} é\n" for n in range(1000))
    assert printed in text_of(frames)
    assert [frame for frame in frames if isinstance(frame, StatusFrame)][-1].word == "FAILED"
    assert isinstance(frames[-1], Closed)
    assert frames[-1].code == 1000
    log = await client.job_logs(created.id)
    assert log.data.decode() == text_of(frames)
    page = await client.jobs()
    assert created.id in [row.id for row in page.items]
    assert (page.unreadable, page.duplicates) == (0, 0)
    assert await client.jobs() is page


async def test_only_the_requested_part_of_a_log_is_sent_and_only_if_it_changed(
    client: StudioClient, studio: LocalStudio
) -> None:
    created = await client.create_job(job_input(studio, PRINTING))
    await ended_job(client, created.id)
    log = await client.job_logs(created.id)
    assert log.total == len(log.data)
    part = await client.job_logs(created.id, offset=100)
    assert (part.data, part.offset, part.total) == (log.data[100:], 100, log.total)
    again = await client.job_logs(created.id, offset=len(log.data), etag=log.etag)
    assert again.unchanged
    beyond = await client.job_logs(created.id, offset=len(log.data) + 9)
    assert (beyond.data, beyond.total) == (b"", log.total)
    end = await client.job_log_end(created.id, 100)
    assert (end.data, end.offset) == (log.data[-100:], len(log.data) - 100)
    assert (await client.job_log_end(created.id, 100, etag=end.etag)).unchanged


async def test_a_running_job_is_canceled(client: StudioClient, studio: LocalStudio) -> None:
    created = await client.create_job(job_input(studio, SLEEPING))
    await job_when(lambda job: job.state is JobState.RUNNING, client, created.id)
    assert [job.id for job in (await client.jobs(status="ACTIVE")).items] == [created.id]
    assert (await client.cancel_job(created.id)).message
    assert (await ended_job(client, created.id)).state is JobState.CANCELED
    assert (await client.jobs(status="active")).items == ()
    assert [job.id for job in (await client.jobs(status="canceled")).items] == [created.id]


async def test_a_job_can_read_an_uploaded_file(
    client: StudioClient, studio: LocalStudio, tmp_path: Path
) -> None:
    (tmp_path / "données 1.txt").write_text("from the file")
    progress: list[tuple[int, int]] = []
    uploaded = await client.upload_file(
        tmp_path / "données 1.txt", progress=lambda *step: progress.append(step)
    )
    assert uploaded.size == 13
    assert progress == [(13, 13)]
    query = "cat 'données 1.txt'; echo $GREETING"
    created = await client.create_job(
        job_input(
            studio, query, query_type="SHELL", files=[uploaded.id], environment="GREETING=hello"
        )
    )
    assert (await ended_job(client, created.id)).exit_code == 0
    assert (await client.job_logs(created.id)).data == b"from the filehello\n"


async def test_equal_requests_with_the_same_key_create_one_job(
    client: StudioClient, studio: LocalStudio
) -> None:
    job = job_input(studio, "print(1)")
    first = await client.create_job(job, idempotency_key="key-1")
    second = await client.create_job(job, idempotency_key="key-1")
    assert first.id == second.id
    assert len((await client.jobs()).items) == 1


async def test_a_repeated_request_returns_the_job_whose_response_was_lost(
    studio: LocalStudio,
) -> None:
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        StudioClient(studio.settings(url=proxy.url)) as client,
    ):
        proxy.queue(drop_response)
        job = job_input(studio, "print(1)")
        with pytest.raises(errors.OutcomeUnknown):
            await client.create_job(job, idempotency_key="key-2")
        (created,) = (await client.jobs()).items
        assert (await client.create_job(job, idempotency_key="key-2")).id == created.id


async def test_clusters_are_listed(client: StudioClient) -> None:
    page = await client.clusters()
    assert "local" in [cluster.name for cluster in page.items]
    assert all(cluster.unreadable == () for cluster in page.items)
    assert await client.clusters() is page


async def test_pipelines_that_do_not_exist_are_not_found(client: StudioClient) -> None:
    assert (await client.pipelines(limit=5)).items == ()
    requests: list[Awaitable[object]] = [
        client.pipeline(name="rathe-kyat"),
        client.pause_pipeline(pipeline_id="rathe-kyat"),
        client.resume_pipeline(pipeline_id="rathe-kyat"),
        client.remove_job("j", pipeline_id="rathe-kyat"),
    ]
    for request in requests:
        with pytest.raises(errors.NotFound, match="rathe-kyat"):
            await request
    with pytest.raises(errors.NotFound, match="no_such_dataset"):
        await client.trigger_pipeline(["no_such_dataset"])


async def test_a_job_without_datasets_has_no_dataset_versions(
    client: StudioClient, studio: LocalStudio
) -> None:
    created = await client.create_job(job_input(studio, "print(1)"))
    assert await client.job_dataset_versions(created.id) == ()


async def test_an_unknown_job_is_not_found(client: StudioClient) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    requests: list[Awaitable[object]] = [client.cancel_job(unknown), client.job_logs(unknown)]
    for request in requests:
        with pytest.raises(errors.NotFound):
            await request
    assert (await client.jobs(job_id=unknown)).items == ()
    frames = await follow_log(client, unknown)
    assert isinstance(frames[-1], Closed)
    assert frames[-1].code == 4404


async def test_the_error_for_an_invalid_job_names_the_field(
    client: StudioClient, studio: LocalStudio
) -> None:
    with pytest.raises(errors.InvalidRequest, match="priority") as caught:
        await client.create_job(job_input(studio, "1", priority=99))
    assert caught.value.status == 422


async def test_a_wrong_token_and_a_wrong_team_are_refused(studio: LocalStudio) -> None:
    async with StudioClient(studio.settings(token=SecretStr("wrong-token"))) as refused_client:
        with pytest.raises(errors.AuthenticationError):
            await refused_client.jobs()
        with pytest.raises((errors.AuthenticationError, errors.PermissionDenied)):
            await follow_log(refused_client, "j")
    async with StudioClient(studio.settings(team="theirs")) as foreign_client:
        with pytest.raises(errors.PermissionDenied, match="theirs"):
            await foreign_client.jobs()


async def test_the_client_reconnects_after_a_restart_of_studio(
    client: StudioClient, studio: LocalStudio
) -> None:
    created = await client.create_job(job_input(studio, "print(1)"))
    await ended_job(client, created.id)
    await asyncio.to_thread(studio.kill)
    with pytest.raises(errors.TransportError):
        await client.jobs()
    with pytest.raises(errors.NotSent, match="refuses connections"):
        await client.create_job(job_input(studio, "print(2)"))
    await asyncio.to_thread(studio.restart)
    assert [job.id for job in (await client.jobs()).items] == [created.id]
