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


def answer(
    shared_studio: ThreadStudio, headers: list[tuple[str, str]], path: str = JOBS
) -> tuple[int, dict[str, str], dict[str, object]]:
    """Send exactly these headers; return status, headers and body."""
    address = urlsplit(shared_studio.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=HANG)
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), json.loads(body) if body else {}


@pytest.fixture
def good(shared_studio: ThreadStudio) -> dict[str, str]:
    return {
        "Host": urlsplit(shared_studio.url).netloc,
        "Authorization": f"Bearer {shared_studio.token}",
    }


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "token", "Token", "TOKEN"])
def test_both_forms_of_the_token_are_taken(
    shared_studio: ThreadStudio, good: dict[str, str], scheme: str
) -> None:
    headers = {**good, "Authorization": f"{scheme} {shared_studio.token}"}
    assert answer(shared_studio, [*headers.items()])[0] == 200


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_names_of_this_machine_are_taken(
    shared_studio: ThreadStudio, good: dict[str, str], name: str
) -> None:
    port = urlsplit(shared_studio.url).port
    assert answer(shared_studio, [*{**good, "Host": f"{name}:{port}"}.items()])[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}.evil", "0.0.0.0:{port}"],
)
def test_another_host_name_is_refused_even_with_the_token(
    shared_studio: ThreadStudio, good: dict[str, str], host: str
) -> None:
    host = host.format(port=urlsplit(shared_studio.url).port)
    status, _, body = answer(shared_studio, [*{**good, "Host": host}.items()])
    assert status == 421
    assert body["message"]


def test_a_request_without_a_host_or_with_two_is_refused(
    shared_studio: ThreadStudio, good: dict[str, str]
) -> None:
    token = ("Authorization", good["Authorization"])
    host = ("Host", good["Host"])
    connection_statuses = []
    for headers in ([token], [token, host, ("Host", "evil.example")]):
        address = urlsplit(shared_studio.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=HANG)
        connection.putrequest("GET", JOBS, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        connection_statuses.append(connection.getresponse().status)
        connection.close()
    assert set(connection_statuses) <= {400, 421}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:{port}"])
def test_any_origin_is_refused_even_with_the_token(
    shared_studio: ThreadStudio, good: dict[str, str], origin: str
) -> None:
    origin = origin.format(port=urlsplit(shared_studio.url).port)
    assert answer(shared_studio, [*good.items(), ("Origin", origin)])[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_is_refused(
    shared_studio: ThreadStudio, good: dict[str, str], site: str
) -> None:
    assert answer(shared_studio, [*good.items(), ("Sec-Fetch-Site", site)])[0] == 403


@pytest.mark.parametrize(
    "credentials",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"],
)
@pytest.mark.parametrize(
    "path", [JOBS, "/api/openapi.json", "/api/datachain/jobs/x/logs", "/", "/nope"]
)
def test_every_route_needs_the_token(
    shared_studio: ThreadStudio, good: dict[str, str], credentials: str, path: str
) -> None:
    headers = {**good, "Authorization": credentials.format(token=shared_studio.token)}
    status, fields, body = answer(shared_studio, [*headers.items()], path)
    assert status == 401
    assert fields["www-authenticate"] == "Bearer"
    assert shared_studio.token not in json.dumps(body)


def test_two_tokens_are_refused(shared_studio: ThreadStudio, good: dict[str, str]) -> None:
    headers = [*good.items(), ("Authorization", good["Authorization"])]
    assert answer(shared_studio, headers)[0] == 401


def test_the_token_counts_neither_in_the_query_nor_in_a_cookie(
    shared_studio: ThreadStudio, good: dict[str, str]
) -> None:
    headers = [("Host", good["Host"]), ("Cookie", f"token={shared_studio.token}")]
    assert answer(shared_studio, headers, f"{JOBS}&token={shared_studio.token}")[0] == 401


def test_a_plain_form_of_a_web_page_makes_no_job(shared_studio: ThreadStudio) -> None:
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
        ({"Authorization": "good", "Origin": "https://evil.example"}, None, 403),
        ({"Authorization": "good"}, "evil.example", 421),
    ],
)
def test_a_websocket_passes_the_same_gate(
    shared_studio: ThreadStudio,
    caplog: pytest.LogCaptureFixture,
    headers: dict[str, str],
    host: str | None,
    status: int,
) -> None:
    if headers.get("Authorization") == "good":
        headers = {**headers, "Authorization": f"token {shared_studio.token}"}
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
