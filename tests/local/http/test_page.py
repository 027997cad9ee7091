"""The web page of a job: its contents, and who may read them."""

import json
import re
import socket
import subprocess
from importlib import resources
from pathlib import Path

import httpx
import pytest

from tests import needs
from tests.studios import ThreadStudio
from tests.waiting import HANG, eventually

HOSTILE = "<script>alert(1)</script>\"'&"


def request(method: str, url: str, **headers: str) -> httpx.Response:
    """Send a request as a browser does, without the token."""
    return httpx.request(
        method,
        url,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        trust_env=False,
        verify=False,  # noqa: S501 (plain HTTP: loading certificates takes 28 ms of CPU)
        timeout=HANG,
    )


def get(url: str, **headers: str) -> httpx.Response:
    return request("GET", url, **headers)


def test_the_url_of_a_job_is_a_page_with_its_facts_and_without_secrets(
    studio: ThreadStudio,
) -> None:
    job = studio.submit(
        f"print({HOSTILE!r})",
        query_name=f"{HOSTILE}.py",
        environment="API_KEY=hunter2",
        requirements="# none",
        repository="",
    )
    assert job["url"].startswith(f"{studio.url}/jobs/{job['id']}/")
    studio.wait_for_end(job["id"])
    page = get(job["url"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "COMPLETE" in page.text
    assert "API_KEY" in page.text
    assert "hunter2" not in page.text
    assert studio.token not in page.text + job["url"]
    state = get(f"{job['url']}state").json()
    assert state["status"] == "COMPLETE"
    assert set(state["parts"]) == set(re.findall(r'<(?:dl|section) id="(\w+)"', page.text))
    assert all(html in page.text for html in state["parts"].values())
    assert "hunter2" not in str(state)
    for name in re.findall(r'(?:href|src)="(page\.\w+)"', page.text):
        assert get(f"{job['url']}{name}").status_code == 200


def test_the_page_reads_a_growing_log_in_parts(studio: ThreadStudio, tmp_path: Path) -> None:
    release = tmp_path / "release"
    wait = f"import os, time\nwhile not os.path.exists({str(release)!r}): time.sleep(0.01)"
    job = studio.submit(f"print('one', flush=True)\n{wait}\nprint('two')")
    eventually(lambda: get(f"{job['url']}log").text == "one\n")
    assert get(f"{job['url']}log", range="bytes=4-").status_code == 416
    release.touch()
    studio.wait_for_end(job["id"])
    rest = get(f"{job['url']}log", range="bytes=4-")
    assert (rest.status_code, rest.text) == (206, "two\n")
    assert rest.headers["content-range"] == "bytes 4-7/8"


def test_the_page_masks_logins_in_urls(studio: ThreadStudio) -> None:
    job = studio.submit("print(1)", repository="https://hunter2@127.0.0.1:1/r")
    studio.wait_for_end(job["id"])
    page = get(job["url"]).text
    assert "https://••••@127.0.0.1:1/r" in page
    assert "hunter2@" not in page.split('<pre id="log">')[0]


def test_the_key_in_a_url_is_valid_for_one_job_until_the_server_ends(studio: ThreadStudio) -> None:
    one, other = (studio.submit("print(1)") for _ in range(2))
    key = one["url"].rstrip("/").rpartition("/")[2]
    for url in (
        f"{studio.url}/jobs/{other['id']}/{key}/",
        f"{studio.url}/jobs/{one['id']}/{'0' * len(key)}/",
        f"{studio.url}/jobs/{one['id']}/{key}x/log",
        f"{studio.url}/jobs/nonsense/{key}/",
        f"{studio.url}/jobs/{one['id']}/{key}/..%2f..%2fapi/openapi.json",
        f"{studio.url}/jobs/",
    ):
        assert get(url).status_code == 404, url
    assert (
        get(f"{studio.url}/api/datachain/jobs/", authorization=f"Bearer {key}").status_code == 401
    )
    studio.wait_for_end(one["id"])
    studio.restart()
    assert get(one["url"]).status_code == 404
    assert get(studio.job(one["id"])["url"]).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "evil.example"}, 421),
    ],
)
def test_the_page_of_a_job_is_refused_to_other_sites_and_hosts(
    shared_studio: ThreadStudio, headers: dict[str, str], status: int
) -> None:
    url = shared_studio.submit("print(1)")["url"]
    for part in ("", "state", "log"):
        assert get(f"{url}{part}", **headers).status_code == status, part


def test_the_origin_of_the_page_may_read_but_not_change_anything(studio: ThreadStudio) -> None:
    url = studio.submit("print(1)")["url"]
    assert get(f"{url}state", origin=studio.url).status_code == 200
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert request(method, url).status_code == 405
    token = {"authorization": f"Bearer {studio.token}", "origin": studio.url}
    assert get(f"{studio.url}/api/datachain/jobs/", **token).status_code == 403


def test_the_page_loads_nothing_from_other_sites_and_is_shown_in_no_frame(
    studio: ThreadStudio,
) -> None:
    url = studio.submit("print(1)")["url"]
    for part in ("", "state", "log", "page.js", "page.css"):
        headers = get(f"{url}{part}").headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_a_websocket_at_the_url_of_a_page_is_refused(studio: ThreadStudio) -> None:
    url = studio.submit("print(1)")["url"]
    port = int(studio.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=HANG) as connection:
        path = url.removeprefix(studio.url)
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 403")


# The part of a browser that page.js uses. The arguments of the program are the logs, each as bytes
# and ETag or, if it cannot be read, null; and the job's status.
BROWSER = """
const elements = {};
const element = (id) => elements[id] ??= {
  textContent: "", hidden: true, append(text) { this.textContent += text; },
};
globalThis.document = {
  getElementById: element, body: { scrollHeight: 0 },
};
globalThis.innerHeight = globalThis.scrollY = 0;
globalThis.scrollTo = () => {};
let timers = 0;
globalThis.setTimeout = () => { timers++; };
const logs = JSON.parse(process.argv[2]), requests = [], status = process.argv[3];
let current = logs.shift();
globalThis.fetch = async (path, options) => {
  if (path === "state") return new Response(JSON.stringify({ status, parts: {} }));
  if (!current) throw new Error("The server does not respond.");
  const { Range: range, "If-Range": tag } = options.headers;
  requests.push(`${range} ${tag ?? ""}`.trim());
  const [bytes, etag] = current, [begin] = range.match(/-?\\d+/);
  const start = begin < 0 ? Math.max(0, bytes.length + Number(begin)) : Number(begin);
  if (tag && tag !== etag) return new Response(bytes, { headers: { ETag: etag } });
  if (start >= bytes.length) return new Response("", { status: 416 });
  const headers = { ETag: etag, "Content-Range": `bytes ${start}-${bytes.length - 1}/*` };
  return new Response(bytes.slice(start), { status: 206, headers });
};
"""
# Lets page.js read each log, then prints what it shows, the ranges that it requested, and how often
# it set a timer to read again.
RUN_PAGE = """
(async () => {
  const wait = () => new Promise((resolve) => setImmediate(resolve));
  for (;;) {
    for (let turn = 0; turn < 50; turn++) await wait();
    if (!logs.length) break;
    current = logs.shift();
    watch();
  }
  console.log(JSON.stringify([element("log").textContent, requests, timers]));
})();
"""


def run_page(folder: Path, logs: list[list[str] | None], status: str) -> tuple[str, list[str], int]:
    script = resources.files("studio_tui.local.http.page").joinpath("page.js").read_text("utf-8")
    program = folder / "page.js"
    program.write_text(BROWSER + script.replace('"use strict";', "") + RUN_PAGE)
    command = ["node", str(program), json.dumps(logs), status]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=True)
    shown, requests, timers = json.loads(done.stdout)
    return shown, requests, timers


@needs.program("node")
@pytest.mark.starts_processes
def test_the_page_reads_the_whole_log_again_after_the_cap_dropped_lines(tmp_path: Path) -> None:
    logs: list[list[str] | None] = [
        ["one\n", '"a"'],
        ["one\ntwo\n", '"a"'],
        ["[1 line dropped]\nthree\n", '"b"'],
    ]
    shown, requests, _timers = run_page(tmp_path, logs, "RUNNING")
    assert shown == "[1 line dropped]\nthree\n"
    assert 'bytes=4- "a"' in requests
    assert requests.count("bytes=-262144") == 2


@needs.program("node")
@pytest.mark.starts_processes
def test_the_page_of_an_ended_job_reads_on_until_it_has_the_whole_log(tmp_path: Path) -> None:
    shown, _requests, timers = run_page(tmp_path, [None, ["one\n", '"a"']], "COMPLETE")
    assert (shown, timers) == ("one\n", 1)
