"""The client and the real local Studio: every endpoint, over a socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio_tui import errors
from studio_tui.api.client import StudioClient
from studio_tui.api.log_stream import Closed, LogFrame, LogMessages, StatusFrame
from studio_tui.api.models import Job, JobInput, QueryType
from studio_tui.api.states import JobState
from studio_tui.settings import Settings
from tests.fault_proxy import FaultProxy
from tests.faults import drop_answer
from tests.studios import LocalStudio
from tests.waiting import HANG

PRINTING = "import sys\nfor n in range(1000): print(f'line {n} é')\nsys.exit(3)"
SLEEPING = "import time\nprint('up', flush=True)\ntime.sleep(60)"


def settings_of(studio: LocalStudio, **changed: object) -> Settings:
    settings = Settings(url=studio.url, team=studio.team, token=SecretStr(studio.token))
    return replace(settings, **changed)  # type: ignore[arg-type] # any field


@pytest.fixture
async def client(studio: LocalStudio) -> AsyncIterator[StudioClient]:
    """A client of a running local Studio."""
    async with StudioClient(settings_of(studio)) as client:
        yield client


def job_of(studio: LocalStudio, query: str, **others: object) -> JobInput:
    return JobInput.model_validate({"query": query, "team_name": studio.team, **others})


async def until(condition: Callable[[Job], bool], client: StudioClient, job_id: str) -> Job:
    """Ask for a job until it is as wanted."""
    async with asyncio.timeout(HANG):
        while True:
            (job,) = (await client.jobs(limit=1, job_id=job_id)).items
            if condition(job):
                return job
            await asyncio.sleep(0.02)


async def ended(client: StudioClient, job_id: str) -> Job:
    return await until(lambda job: job.state.is_finished, client, job_id)


async def followed(client: StudioClient, job_id: str) -> list[LogFrame]:
    async with aclosing(client.follow_log(job_id)) as stream:
        return [frame async for frame in stream]


def text_of(frames: list[LogFrame]) -> str:
    """Put the pieces of a followed log together."""
    pieces = {
        item.id: item.text
        for frame in frames
        if isinstance(frame, LogMessages)
        for item in frame.items
    }
    return "".join(pieces[number] for number in sorted(pieces))


async def test_a_job_is_created_followed_read_and_listed(
    client: StudioClient, studio: LocalStudio
) -> None:
    made = await client.create_job(job_of(studio, PRINTING, query_name="[/] n", workers=1))
    assert made.name == "[/] n"
    assert made.unreadable == ()
    frames = await followed(client, made.id)
    job = await ended(client, made.id)
    assert (job.state, job.exit_code, job.query_type) == (JobState.FAILED, 3, QueryType.PYTHON)
    assert job.query
    assert job.query.text == PRINTING
    printed = "".join(f"line {n} é\n" for n in range(1000))
    assert printed in text_of(frames)
    assert [frame for frame in frames if isinstance(frame, StatusFrame)][-1].word == "FAILED"
    assert isinstance(frames[-1], Closed)
    assert frames[-1].code == 1000
    log = await client.job_logs(made.id)
    assert log.data.decode() == text_of(frames)
    page = await client.jobs()
    assert made.id in [row.id for row in page.items]
    assert (page.unreadable, page.duplicates) == (0, 0)
    assert await client.jobs() is page


async def test_only_the_requested_part_of_a_log_is_sent_and_only_if_it_changed(
    client: StudioClient, studio: LocalStudio
) -> None:
    made = await client.create_job(job_of(studio, PRINTING))
    await ended(client, made.id)
    whole = await client.job_logs(made.id)
    assert whole.total == len(whole.data)
    part = await client.job_logs(made.id, offset=100)
    assert (part.data, part.offset, part.total) == (whole.data[100:], 100, whole.total)
    again = await client.job_logs(made.id, offset=len(whole.data), etag=whole.etag)
    assert again.unchanged
    beyond = await client.job_logs(made.id, offset=len(whole.data) + 9)
    assert (beyond.data, beyond.total) == (b"", whole.total)
    end = await client.job_log_end(made.id, 100)
    assert (end.data, end.offset) == (whole.data[-100:], len(whole.data) - 100)
    assert (await client.job_log_end(made.id, 100, etag=end.etag)).unchanged


async def test_a_running_job_is_canceled(client: StudioClient, studio: LocalStudio) -> None:
    made = await client.create_job(job_of(studio, SLEEPING))
    await until(lambda job: job.state is JobState.RUNNING, client, made.id)
    assert [job.id for job in (await client.jobs(status="ACTIVE")).items] == [made.id]
    assert (await client.cancel_job(made.id)).message
    assert (await ended(client, made.id)).state is JobState.CANCELED
    assert (await client.jobs(status="active")).items == ()
    assert [job.id for job in (await client.jobs(status="canceled")).items] == [made.id]


async def test_a_job_can_read_an_uploaded_file(
    client: StudioClient, studio: LocalStudio, tmp_path: Path
) -> None:
    (tmp_path / "données 1.txt").write_text("from the file")
    steps: list[tuple[int, int]] = []
    uploaded = await client.upload_file(
        tmp_path / "données 1.txt", progress=lambda *step: steps.append(step)
    )
    assert uploaded.size == 13
    assert steps == [(13, 13)]
    query = "cat 'données 1.txt'; echo $GREETING"
    made = await client.create_job(
        job_of(studio, query, query_type="SHELL", files=[uploaded.id], environment="GREETING=hello")
    )
    assert (await ended(client, made.id)).exit_code == 0
    assert (await client.job_logs(made.id)).data == b"from the filehello\n"


async def test_equal_requests_with_the_same_key_create_one_job(
    client: StudioClient, studio: LocalStudio
) -> None:
    job = job_of(studio, "print(1)")
    first = await client.create_job(job, idempotency_key="key-1")
    second = await client.create_job(job, idempotency_key="key-1")
    assert first.id == second.id
    assert len((await client.jobs()).items) == 1


async def test_a_repeated_request_returns_the_job_whose_response_was_lost(
    studio: LocalStudio,
) -> None:
    async with (
        FaultProxy.before(studio.url) as proxy,
        StudioClient(settings_of(studio, url=proxy.url)) as client,
    ):
        proxy.next(drop_answer)
        job = job_of(studio, "print(1)")
        with pytest.raises(errors.OutcomeUnknown):
            await client.create_job(job, idempotency_key="key-2")
        (taken,) = (await client.jobs()).items
        assert (await client.create_job(job, idempotency_key="key-2")).id == taken.id


async def test_clusters_are_listed(client: StudioClient) -> None:
    page = await client.clusters()
    assert "local" in [cluster.name for cluster in page.items]
    assert all(cluster.unreadable == () for cluster in page.items)
    assert await client.clusters() is page


async def test_pipelines_that_do_not_exist_are_not_found(client: StudioClient) -> None:
    assert (await client.pipelines(limit=5)).items == ()
    calls: list[Awaitable[object]] = [
        client.pipeline(name="rathe-kyat"),
        client.pause_pipeline(pipeline_id="rathe-kyat"),
        client.resume_pipeline(pipeline_id="rathe-kyat"),
        client.remove_job("j", pipeline_id="rathe-kyat"),
    ]
    for call in calls:
        with pytest.raises(errors.NotFound, match="rathe-kyat"):
            await call
    with pytest.raises(errors.NotFound, match="no_such_dataset"):
        await client.trigger_pipeline(["no_such_dataset"])


async def test_a_job_without_datasets_has_no_dataset_versions(
    client: StudioClient, studio: LocalStudio
) -> None:
    made = await client.create_job(job_of(studio, "print(1)"))
    assert await client.job_dataset_versions(made.id) == ()


async def test_an_unknown_job_is_not_found(client: StudioClient) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    calls: list[Awaitable[object]] = [client.cancel_job(unknown), client.job_logs(unknown)]
    for call in calls:
        with pytest.raises(errors.NotFound):
            await call
    assert (await client.jobs(job_id=unknown)).items == ()
    frames = await followed(client, unknown)
    assert isinstance(frames[-1], Closed)
    assert frames[-1].code == 4404


async def test_the_error_for_an_invalid_job_names_the_field(
    client: StudioClient, studio: LocalStudio
) -> None:
    with pytest.raises(errors.InvalidRequest, match="priority") as caught:
        await client.create_job(job_of(studio, "1", priority=99))
    assert caught.value.status == 422


async def test_a_wrong_token_and_a_wrong_team_are_refused(studio: LocalStudio) -> None:
    async with StudioClient(settings_of(studio, token=SecretStr("wrong-token"))) as stranger:
        with pytest.raises(errors.AuthenticationError):
            await stranger.jobs()
        with pytest.raises((errors.AuthenticationError, errors.PermissionDenied)):
            await followed(stranger, "j")
    async with StudioClient(settings_of(studio, team="theirs")) as outsider:
        with pytest.raises(errors.PermissionDenied, match="theirs"):
            await outsider.jobs()


async def test_the_client_reconnects_after_a_restart_of_studio(
    client: StudioClient, studio: LocalStudio
) -> None:
    made = await client.create_job(job_of(studio, "print(1)"))
    await ended(client, made.id)
    await asyncio.to_thread(studio.kill)
    with pytest.raises(errors.TransportError):
        await client.jobs()
    with pytest.raises(errors.NotSent, match="refuses connections"):
        await client.create_job(job_of(studio, "print(2)"))
    await asyncio.to_thread(studio.restart)
    assert [job.id for job in (await client.jobs()).items] == [made.id]
