"""Secrets appear in no log, error or report, in every kind of failure."""

import json
import logging
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio_tui.api import log_stream, messages
from studio_tui.api.auth import StudioAuth
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job, JobInput
from studio_tui.errors import StudioError
from studio_tui.log import crash_report
from studio_tui.proxies import Proxies
from tests import faults
from tests.api.conftest import TOKEN, settings_for
from tests.fault_proxy import Fault, FaultProxy
from tests.faults import answer, answer_json

ECHO = f"bad header Bearer {TOKEN}"
"""A message of Studio that repeats the token."""

LEAK = (
    "DB_SECRET=hunter2-Zq9w8e7r, AWS_SECRET_ACCESS_KEY=hunter2-Zq9w8e7r, AKIAIOSFODNN7EXAMPLE "
    "and Bea\u200brer hunter2-Zq9w8e7r: cannot clone https://ann:hunter2-Zq9w8e7r@host/x"
)
LEAKED = ("hunter2", "AKIA")
"""Parts of the secrets in `LEAK`."""

FAULTS = [
    answer("[]"),
    answer("{"),
    answer_json({"message": "no"}, "401 Unauthorized"),
    answer_json({"message": "no"}, "403 Forbidden"),
    answer_json({"message": ECHO}, "400 Bad Request"),
    answer_json({"detail": [{"loc": ["header"], "msg": ECHO}]}, "422 Unprocessable Entity"),
    faults.html_502(),
    faults.reset,
    faults.stall,
    faults.redirect("http://127.0.0.1:9/"),
    faults.too_many_requests("3"),
]


@pytest.fixture
async def client(proxy: FaultProxy, impatience: None) -> AsyncIterator[StudioClient]:  # noqa: ARG001
    async with StudioClient(settings_for(proxy.url)) as client:
        yield client


async def errors_of_requests(client: StudioClient) -> AsyncIterator[StudioError]:
    """Send a request of each kind, and yield the errors."""
    try:
        await client.jobs()
    except StudioError as error:
        yield error
    try:
        await client.create_job(JobInput(query="1", team_name="a team"))
    except StudioError as error:
        yield error
    try:
        await client.upload_file(Path(__file__))
    except StudioError as error:
        yield error
    try:
        async for _ in client.follow_log("job"):
            pass
    except StudioError as error:
        yield error


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_token_is_in_no_log_record_error_or_traceback(
    client: StudioClient, proxy: FaultProxy, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "websockets"):  # as `log.configure` sets them
        logging.getLogger(name).setLevel(logging.WARNING)
    proxy.always = fault
    count = 0
    async for error in errors_of_requests(client):
        count += 1
        report = "".join(traceback.TracebackException.from_exception(error).format())
        assert TOKEN not in f"{error} {error!r} {error.args} {report}"
    assert count >= 1
    assert any(record.name.startswith("studio_tui") for record in caplog.records)
    assert TOKEN not in caplog.text
    assert all(TOKEN not in f"{record.args} {record.msg}" for record in caplog.records)


async def test_the_token_is_in_no_url_and_no_body(client: StudioClient, proxy: FaultProxy) -> None:
    proxy.always = answer_json({}, "401 Unauthorized")
    async for _ in errors_of_requests(client):
        pass
    assert len(proxy.requests) == 8  # each call tries both schemes
    for request in proxy.requests:
        assert TOKEN in request.headers.pop("authorization")
        assert TOKEN not in f"{request.target} {request.headers} {request.body!r}"


async def test_the_token_is_in_no_repr(client: StudioClient) -> None:
    settings = settings_for("https://studio.example.com")
    for item in (settings, client, StudioAuth(settings), settings.token):
        assert TOKEN not in f"{item!r} {item!s}"


async def test_a_client_registers_its_proxy_and_the_proxy_s_password_as_secrets() -> None:
    proxy = "http://user:pr0xy%2Fpass@proxy.example.com:3128"
    settings = settings_for("https://studio.example.com", proxies=Proxies(SecretStr(proxy)))
    assert "pr0xy" not in repr(settings)
    async with StudioClient(settings):
        error = OSError(f"{proxy}: pr0xy%2Fpass or pr0xy/pass is wrong")
        assert "pr0xy" not in crash_report(error).replace("proxy", "")


@pytest.mark.parametrize(
    "fault",
    [
        answer_json({"message": LEAK}, "400 Bad Request"),
        answer_json({"detail": LEAK}, "503 Service Unavailable"),
        answer_json({"detail": [{"loc": ["environment"], "msg": LEAK}]}, "422 Unprocessable"),
        answer_json({"message": "x" * 500 + " " + LEAK}, "400 Bad Request"),
    ],
)
async def test_secrets_in_studio_s_messages_are_redacted_in_errors(
    client: StudioClient, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.always = fault
    count = 0
    async for error in errors_of_requests(client):
        count += 1
        report = f"{error} {crash_report(error)}"
        assert not any(secret in report for secret in LEAKED)
    assert count == 4


def test_secrets_are_redacted_in_a_job_s_error_message_but_not_in_its_query() -> None:
    job = Job.model_validate({"id": "1", "error_message": LEAK, "query": LEAK})
    assert job.error_message is not None
    assert not any(secret in job.error_message for secret in LEAKED)
    assert "cannot clone https://ann:[secret]@host/x" in job.error_message
    assert job.query is not None
    assert job.query.text == LEAK


@pytest.mark.parametrize("parts_before_cut", range(0, 60, 3))
def test_a_long_message_is_cut_and_shows_no_half_of_a_secret(parts_before_cut: int) -> None:
    secret = "https://ann:hunter2-Zq9w8e7r%2Fhunter2@host/x "
    begin = messages.LONGEST + messages.MARGIN - parts_before_cut
    for words in ("x" * begin, "y " * (begin // 2), "\t" * (begin // 4), "\u200b" * begin):
        message = messages.message_block(words + secret * 10 + words)
        assert len(message) <= messages.LONGEST + messages.MARGIN
        assert message.endswith("…")
        assert "hunter2" not in message
        assert "hunter2" not in messages.message_line(words[-4000:] + secret * 100)


def test_a_message_is_kept_whole_up_to_its_limit() -> None:
    message = "line\n" * (messages.LONGEST // 5)
    assert messages.message_block(message) == message


def test_secrets_are_redacted_in_a_websocket_message_but_not_in_a_log() -> None:
    (message,) = log_stream.parse_frames(json.dumps({"message": LEAK}).encode())
    assert isinstance(message, log_stream.ServerMessage)
    assert not any(secret in message.text for secret in LEAKED)
    (logs,) = log_stream.parse_frames(json.dumps({"logs": [{"id": 1, "message": LEAK}]}).encode())
    assert isinstance(logs, log_stream.LogMessages)
    assert logs.items[0].text == LEAK
