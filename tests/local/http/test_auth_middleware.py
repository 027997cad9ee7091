import asyncio
import http.client
import json
from urllib.parse import urlsplit

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from tests.studios import ThreadStudio
from tests.waiting import HANG

JOBS = "/api/datachain/jobs/?team_name=local"
FOLLOW = "/api/logs/follow/?job_id=x&team_name=local"


def send(
    studio: ThreadStudio, headers: list[tuple[str, str]], path: str = JOBS
) -> tuple[int, dict[str, str], bytes]:
    """Send exactly these headers; return the status, headers and body of the response."""
    address = urlsplit(studio.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=HANG)
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), body


@pytest.fixture
def valid_headers(shared_studio: ThreadStudio) -> dict[str, str]:
    return {
        "Host": urlsplit(shared_studio.url).netloc,
        "Authorization": f"Bearer {shared_studio.token}",
    }


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "token", "Token", "TOKEN"])
def test_the_token_is_accepted_after_bearer_and_after_token(
    shared_studio: ThreadStudio, valid_headers: dict[str, str], scheme: str
) -> None:
    headers = {**valid_headers, "Authorization": f"{scheme} {shared_studio.token}"}
    assert send(shared_studio, [*headers.items()])[0] == 200


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_names_of_this_machine_are_accepted_as_host(
    shared_studio: ThreadStudio, valid_headers: dict[str, str], name: str
) -> None:
    port = urlsplit(shared_studio.url).port
    assert send(shared_studio, [*{**valid_headers, "Host": f"{name}:{port}"}.items()])[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}.evil", "0.0.0.0:{port}"],
)
def test_another_host_name_is_refused_even_with_the_token(
    shared_studio: ThreadStudio, valid_headers: dict[str, str], host: str
) -> None:
    host = host.format(port=urlsplit(shared_studio.url).port)
    status, _, body = send(shared_studio, [*{**valid_headers, "Host": host}.items()])
    assert status == 421
    assert json.loads(body)["message"]


def test_a_request_without_a_host_or_with_two_hosts_is_refused(
    shared_studio: ThreadStudio, valid_headers: dict[str, str]
) -> None:
    token = ("Authorization", valid_headers["Authorization"])
    host = ("Host", valid_headers["Host"])
    for headers in ([token], [token, host, ("Host", "evil.example")]):
        assert send(shared_studio, headers)[0] in {400, 421}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:{port}"])
def test_any_origin_is_refused_even_with_the_token(
    shared_studio: ThreadStudio, valid_headers: dict[str, str], origin: str
) -> None:
    origin = origin.format(port=urlsplit(shared_studio.url).port)
    assert send(shared_studio, [*valid_headers.items(), ("Origin", origin)])[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_from_another_site_is_refused_even_with_the_token(
    shared_studio: ThreadStudio, valid_headers: dict[str, str], site: str
) -> None:
    assert send(shared_studio, [*valid_headers.items(), ("Sec-Fetch-Site", site)])[0] == 403


@pytest.mark.parametrize(
    "credentials",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"],
)
@pytest.mark.parametrize(
    "path", [JOBS, "/api/openapi.json", "/api/datachain/jobs/x/logs", "/", "/nope"]
)
def test_every_route_needs_the_token(
    shared_studio: ThreadStudio, valid_headers: dict[str, str], credentials: str, path: str
) -> None:
    headers = {**valid_headers, "Authorization": credentials.format(token=shared_studio.token)}
    status, fields, body = send(shared_studio, [*headers.items()], path)
    assert status == 401
    assert fields["www-authenticate"] == "Bearer"
    assert shared_studio.token.encode() not in body


def test_two_tokens_are_refused(shared_studio: ThreadStudio, valid_headers: dict[str, str]) -> None:
    headers = [*valid_headers.items(), ("Authorization", valid_headers["Authorization"])]
    assert send(shared_studio, headers)[0] == 401


def test_the_token_is_not_accepted_in_the_query_or_in_a_cookie(
    shared_studio: ThreadStudio, valid_headers: dict[str, str]
) -> None:
    headers = [("Host", valid_headers["Host"]), ("Cookie", f"token={shared_studio.token}")]
    assert send(shared_studio, headers, f"{JOBS}&token={shared_studio.token}")[0] == 401


def test_a_plain_text_body_as_sent_by_a_web_form_creates_no_job(
    shared_studio: ThreadStudio,
) -> None:
    body = b'{"query": "print(1)", "team_name": "local"}'
    response = shared_studio.request(
        "POST", "/datachain/jobs/", content=body, headers={"Content-Type": "text/plain"}
    )
    assert response.status_code == 422
    assert shared_studio.jobs() == []


@pytest.mark.parametrize(
    ("headers", "host", "status"),
    [
        ({}, None, 403),
        ({"Authorization": "Bearer wrong"}, None, 403),
        ({"Authorization": "token {token}", "Origin": "https://evil.example"}, None, 403),
        ({"Authorization": "token {token}"}, "evil.example", 421),
    ],
)
def test_a_websocket_is_refused_for_a_wrong_token_origin_or_host(
    shared_studio: ThreadStudio,
    caplog: pytest.LogCaptureFixture,
    headers: dict[str, str],
    host: str | None,
    status: int,
) -> None:
    headers = {name: value.format(token=shared_studio.token) for name, value in headers.items()}
    address = urlsplit(shared_studio.url)

    async def connect() -> None:
        url = f"ws://{host or address.hostname}:{address.port}{FOLLOW}"
        async with websockets.connect(
            url, additional_headers=headers, host=address.hostname, proxy=None
        ):
            pass

    with pytest.raises(InvalidStatus) as refusal:
        asyncio.run(connect())
    assert refusal.value.response.status_code == status
    assert json.loads(refusal.value.response.body)["message"]
    assert caplog.records == []


def test_a_websocket_of_another_team_is_refused(
    shared_studio: ThreadStudio, caplog: pytest.LogCaptureFixture
) -> None:
    async def connect() -> None:
        url = f"ws{shared_studio.url[4:]}/api/logs/follow/?job_id=x&team_name=foreign"
        headers = {"Authorization": f"token {shared_studio.token}"}
        async with websockets.connect(url, additional_headers=headers, proxy=None):
            pass

    with pytest.raises(InvalidStatus) as refusal:
        asyncio.run(connect())
    assert refusal.value.response.status_code == 403
    assert "foreign" in json.loads(refusal.value.response.body or b"{}")["message"]
    assert caplog.records == []
