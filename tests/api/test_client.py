"""The client's request to each endpoint, and its parsing of the response."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from studio_tui import errors
from studio_tui.api import connection, routes, upload
from studio_tui.api.client import StudioClient
from studio_tui.api.models import JobInput, QueryType
from studio_tui.api.routes import Route
from tests.api.conftest import settings_for
from tests.api.test_models import DOCUMENTED, document_example
from tests.fault_proxy import FaultProxy
from tests.faults import answer, answer_json, html_502

JOB = JobInput(query="print(1)", team_name="a team")


def queue_example(proxy: FaultProxy, name: str) -> None:
    """Let the proxy answer the next request with an example of the API document."""
    proxy.queue(answer_json(document_example(name)))


Call = Callable[[StudioClient], Awaitable[object]]

CALLS: dict[Route, tuple[Call, str, dict[str, str], dict[str, object] | None]] = {
    routes.LIST_JOBS: (
        lambda client: client.jobs(limit=7, status="running"),
        "get_jobs.response",
        {"limit": "7", "status": "running"},
        None,
    ),
    routes.CREATE_JOB: (
        lambda client: client.create_job(JOB),
        "create_job.response",
        {},
        {"query": "print(1)", "query_type": "PYTHON"},
    ),
    routes.CANCEL_JOB: (lambda client: client.cancel_job("j 1"), "cancel_job.response", {}, {}),
    routes.LIST_CLUSTERS: (lambda client: client.clusters(), "get_clusters.response", {}, None),
    routes.TRIGGER_PIPELINE: (
        lambda client: client.trigger_pipeline(["a.b.c@1.0.0", "d"], environment="A=1"),
        "trigger_pipeline.response",
        {},
        {"datasets": ["a.b.c@1.0.0", "d"], "environment": "A=1", "review": True},
    ),
    routes.PIPELINE_STATUS: (
        lambda client: client.pipeline(name="rathe-kyat"),
        "get_pipeline.response",
        {"name": "rathe-kyat"},
        None,
    ),
    routes.PAUSE_PIPELINE: (
        lambda client: client.pause_pipeline(pipeline_id="p"),
        "pause_pipeline.response",
        {},
        {"pipeline_id": "p"},
    ),
    routes.RESUME_PIPELINE: (
        lambda client: client.resume_pipeline(pipeline_id="p"),
        "resume_pipeline.response",
        {},
        {"pipeline_id": "p"},
    ),
    routes.REMOVE_JOB_FROM_PIPELINE: (
        lambda client: client.remove_job("j", pipeline_id="p"),
        "remove_job_from_pipeline.response",
        {},
        {"pipeline_id": "p", "job_id": "j"},
    ),
    routes.LIST_PIPELINES: (
        lambda client: client.pipelines(limit=3),
        "list_pipelines.response",
        {"limit": "3"},
        None,
    ),
}
"""Each endpoint but log and upload: the call, the example for its response, its query and body.

The query or body of each request also contains the team.
"""


def test_every_endpoint_of_the_document_is_called_by_a_test() -> None:
    assert CALLS.keys() | {routes.JOB_LOGS, routes.UPLOAD_FILE} == set(DOCUMENTED)


@pytest.mark.parametrize("route", CALLS, ids=lambda route: route.path)
async def test_the_request_to_each_endpoint_matches_the_document(
    client: StudioClient, proxy: FaultProxy, route: Route
) -> None:
    call, example_name, query, body = CALLS[route]
    queue_example(proxy, example_name)
    result = await call(client)
    assert result
    (request,) = proxy.requests
    assert request.method == route.method
    assert request.path == "/api" + route.path.replace("{job_id}", "j%201")
    team = {"team_name": "a team"}
    if body is None:
        assert (request.query, request.body) == (query | team, b"")
    else:
        assert request.headers["content-type"] == "application/json"
        assert (request.query, json.loads(request.body)) == ({}, body | team)


@pytest.mark.parametrize("route", [route for route in CALLS if route.method == "POST"])
async def test_a_read_only_client_sends_no_request_that_changes_something(
    proxy: FaultProxy, route: Route
) -> None:
    settings = replace(settings_for(proxy.url), read_only=True)
    async with StudioClient(settings) as client:
        with pytest.raises(errors.ReadOnly, match="Nothing was sent"):
            await CALLS[route][0](client)
        with pytest.raises(errors.ReadOnly):
            await client.upload_file(Path(__file__))
        proxy.queue(answer("[]"))
        assert (await client.jobs()).items == ()
    assert len(proxy.requests) == 1


async def test_an_unchanged_list_is_the_same_page_even_after_other_lists(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.always = answer_json(document_example("get_jobs.response"))
    page = await client.jobs()
    for number in range(30):
        await client.jobs(job_id=f"job-{number}")
    for status in ("ACTIVE", "CREATED", "FAILED"):
        await client.jobs(status=status)
    assert await client.jobs() is page


async def test_jobs_that_have_not_changed_are_the_same_objects_in_a_longer_list(
    client: StudioClient, proxy: FaultProxy
) -> None:
    two = [{"id": "3"}, {"id": "2"}]
    proxy.queue(answer_json(two), answer_json([*two, {"id": "1"}]))
    page = await client.jobs(limit=2)
    longer_page = await client.jobs(limit=3)
    assert [*map(id, longer_page.items[:2])] == [*map(id, page.items)]


async def test_a_probe_does_not_replace_the_list_that_the_next_response_is_compared_with(
    client: StudioClient, proxy: FaultProxy
) -> None:
    both = answer_json([{"id": "2"}, {"id": "1"}])
    proxy.queue(both, answer_json([{"id": "2"}]), both)
    page = await client.jobs(limit=100)
    await client.jobs(limit=1)
    assert await client.jobs(limit=100) is page


async def test_jobs_with_another_status_than_requested_are_dropped(
    client: StudioClient, proxy: FaultProxy
) -> None:
    statuses = ["RUNNING", "FAILED", "HIBERNATING", None, "CANCELING"]
    proxy.always = answer_json(
        [{"id": str(number), "status": status} for number, status in enumerate(statuses)]
    )

    async def ids(status: str) -> str:
        return "".join(job.id for job in (await client.jobs(status=status)).items)

    assert await ids("running") == "03"
    assert await ids("FAILED") == "13"
    assert await ids("active") == "0234"
    assert await ids("INACTIVE") == "123"


async def test_jobs_with_another_id_than_requested_are_dropped(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(answer_json([{"id": "other"}, {"id": "mine"}]))
    assert [job.id for job in (await client.jobs(job_id="mine")).items] == ["mine"]


async def test_a_new_job_is_sent_with_its_key_and_only_the_fields_that_were_set(
    client: StudioClient, proxy: FaultProxy
) -> None:
    queue_example(proxy, "create_job.response")
    job = JobInput(query="ls", query_type=QueryType.SHELL, team_name="a team", workers=0)
    await client.create_job(job, idempotency_key="k-1")
    request = proxy.requests[0]
    assert request.headers["idempotency-key"] == "k-1"
    queue_example(proxy, "trigger_pipeline.response")
    await client.trigger_pipeline(["d"], idempotency_key="k-2")
    assert proxy.requests[-1].headers["idempotency-key"] == "k-2"
    assert json.loads(request.body) == {
        "query": "ls",
        "query_type": "SHELL",
        "team_name": "a team",
        "workers": 0,
    }


async def test_text_that_is_not_unicode_is_not_sent(
    client: StudioClient, proxy: FaultProxy
) -> None:
    with pytest.raises(errors.InvalidRequest, match="not valid Unicode"):
        await client.create_job(JOB.model_copy(update={"query": "\ud800"}))
    assert proxy.requests == []


@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb", "a\x00", "\u202ea", "⊘0123456789ab"])
async def test_an_id_that_cannot_be_a_path_segment_is_not_sent(
    client: StudioClient, proxy: FaultProxy, identifier: str
) -> None:
    with pytest.raises(errors.InvalidRequest, match="cannot be an id"):
        await client.cancel_job(identifier)
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("identifier", "segment"),
    [("a/../../b", "a%2F..%2F..%2Fb"), ("a?b#c", "a%3Fb%23c"), ("é%2F", "%C3%A9%252F")],
)
async def test_an_id_is_quoted_as_one_path_segment(
    client: StudioClient, proxy: FaultProxy, identifier: str, segment: str
) -> None:
    proxy.queue(answer_json({}))
    await client.cancel_job(identifier)
    assert proxy.requests[0].target == f"/api/datachain/jobs/{segment}/cancel"


async def test_any_success_response_to_a_cancel_pause_or_remove_request_is_accepted(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.queue(
        answer("<p>fine", content_type="text/html"), answer(status="204 No Content"), answer("[]")
    )
    assert (await client.cancel_job("a")).message is None
    assert await client.pause_pipeline(pipeline_id="p") is None
    assert await client.remove_job("a", pipeline_id="p") is None


async def test_a_response_with_ok_false_is_a_refusal(
    client: StudioClient, proxy: FaultProxy
) -> None:
    proxy.always = answer_json({"ok": False, "pipeline": None})
    for request in (client.pause_pipeline(pipeline_id="p"), client.trigger_pipeline(["d"])):
        with pytest.raises(errors.InvalidRequest, match="gave no reason"):
            await request


async def test_a_trigger_whose_response_names_no_pipeline_has_an_unknown_outcome(
    client: StudioClient, proxy: FaultProxy
) -> None:
    for sent in ({"ok": True}, {"ok": True, "pipeline": {"pipeline_id": ".."}}):
        proxy.queue(answer_json(sent))
        with pytest.raises(errors.OutcomeUnknown):
            await client.trigger_pipeline(["d"])


async def test_the_dataset_versions_of_a_job_are_read(
    client: StudioClient, proxy: FaultProxy
) -> None:
    rows = [{"dataset_name": "a.b.c", "version": "1.0.0"}]
    proxy.queue(answer_json({"dataset_versions": rows}), answer_json({}))
    (version,) = await client.job_dataset_versions("j")
    assert (version.dataset_name, version.version) == ("a.b.c", "1.0.0")
    assert proxy.requests[0].query == {"job_id": "j", "team_name": "a team"}
    assert await client.job_dataset_versions("j") == ()


def parse_form(body: bytes, content_type: str) -> tuple[str, bytes]:
    """Return the headers and the content of the only part of a multipart form."""
    boundary = content_type.partition("boundary=")[2].encode()
    before, head_and_content, after = body.split(b"--" + boundary)
    assert (before, after) == (b"", b"--\r\n")
    head, _, content = head_and_content.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    return head.decode(), content.removesuffix(b"\r\n")


async def test_a_file_is_sent_in_pieces_as_the_only_part_of_a_form(
    client: StudioClient, proxy: FaultProxy, tmp_path: Path
) -> None:
    content = os.urandom(upload.CHUNK_BYTES * 2 + 17)
    path = tmp_path / 'a "file"\n.bin'
    path.write_bytes(content)
    queue_example(proxy, "upload_file.response")
    progress: list[tuple[int, int]] = []
    bodies: list[bytes] = []
    client.on_request_end = lambda call: bodies.append(call.body)
    uploaded = await client.upload_file(path, progress=lambda *step: progress.append(step))
    assert uploaded.id == "1"
    assert json.loads(bodies[0]) == {"file": path.name}
    size = len(content)
    assert progress == [(upload.CHUNK_BYTES, size), (upload.CHUNK_BYTES * 2, size), (size, size)]
    request = proxy.requests[0]
    assert request.query == {"team_name": "a team"}
    head, received = parse_form(request.body, request.headers["content-type"])
    assert received == content
    assert 'name="file"; filename="a %22file%22%0A.bin"' in head


async def test_a_file_is_sent_again_completely_after_a_401(
    client: StudioClient, proxy: FaultProxy, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"content")
    proxy.queue(answer_json({}, "401 Unauthorized"))
    queue_example(proxy, "upload_file.response")
    await client.upload_file(path)
    contents = [
        parse_form(request.body, request.headers["content-type"])[1] for request in proxy.requests
    ]
    assert contents == [b"content", b"content"]


async def test_an_empty_file_can_be_uploaded(
    client: StudioClient, proxy: FaultProxy, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    queue_example(proxy, "upload_file.response")
    await client.upload_file(tmp_path / "empty")
    assert parse_form(proxy.requests[0].body, proxy.requests[0].headers["content-type"])[1] == b""


async def test_a_file_that_cannot_be_read_is_not_sent(
    client: StudioClient, proxy: FaultProxy, tmp_path: Path
) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(errors.NotSent, match="cannot be read"):
            await client.upload_file(path)
    assert proxy.requests == []


async def test_a_file_that_shrinks_during_its_upload_is_reported_as_not_sent(
    client: StudioClient, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * upload.CHUNK_BYTES * 4)

    def shrink(_sent: int, _size: int) -> None:
        path.write_bytes(b"")

    with pytest.raises(errors.NotSent, match="was truncated"):
        await client.upload_file(path, progress=shrink)


async def test_a_failed_upload_is_a_server_error_and_not_an_unknown_outcome(
    client: StudioClient, proxy: FaultProxy, tmp_path: Path
) -> None:
    (tmp_path / "f").touch()
    proxy.queue(html_502())
    with pytest.raises(errors.ServerError):
        await client.upload_file(tmp_path / "f")


async def test_concurrent_first_requests_share_one_transport(
    client: StudioClient, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_transport = mock.Mock(side_effect=connection._open)
    monkeypatch.setattr(connection, "_open", open_transport)
    proxy.always = answer("[]")
    pages = await asyncio.gather(client.jobs(), client.clusters(), client.pipelines())
    assert [page.items for page in pages] == [(), (), ()]
    assert open_transport.call_count == 1
