"""Incremental parsing of lists: only changed rows are parsed, and the page is as if all were."""

import asyncio
import json
from operator import attrgetter
from typing import Any, Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api import pages
from studio_tui.api.models import Job
from studio_tui.api.pages import ListReader, ResultPage
from studio_tui.errors import ProtocolError


def reader_of_jobs() -> ListReader[Job]:
    return ListReader(Job, attrgetter("id"))


def row(number: int, **fields: Any) -> dict[str, Any]:
    steps = [{"name": "waiting"}, {"name": "running_query"}]
    return {"id": f"job-{number}", "name": f"[/] {number}", "workers": 1, "steps": steps, **fields}


def body_of(rows: list[Any], separators: tuple[str, str] = (",", ":"), **options: Any) -> bytes:
    return json.dumps(rows, separators=separators, **options).encode()


async def read_with_new_reader(body: bytes) -> ResultPage[Job]:
    """Parse a body without a previous one."""
    return await reader_of_jobs().read(body)


class CountingReader(ListReader[Job]):
    """Counts the rows that are parsed, and fails if a list is parsed as a whole."""

    parsed = 0

    def _parse(self, text: bytes) -> Job | None:
        self.parsed += 1
        return super()._parse(text)

    async def _read_all(self, _body: bytes) -> Never:
        raise AssertionError("a list with regular formatting is parsed row by row")


async def test_an_unchanged_body_returns_the_same_page_without_parsing() -> None:
    reader = CountingReader(Job, attrgetter("id"))
    body = body_of([row(number) for number in range(1000)])
    page = await reader.read(body)
    assert reader.parsed == 1000
    assert await reader.read(bytes(bytearray(body))) is page
    assert reader.parsed == 1000


async def test_only_changed_rows_are_parsed_and_others_are_the_same_objects() -> None:
    reader = CountingReader(Job, attrgetter("id"))
    rows = [row(number) for number in range(1000)]
    before = await reader.read(body_of(rows))
    changed = [row(-1), *rows[:10], row(10, status="RUNNING"), *rows[11:500], *rows[501:]]
    reader.parsed = 0
    after = await reader.read(body_of(changed))
    assert reader.parsed <= 4  # the new row, the changed row, and those beside the removed row
    assert [job.id for job in after.items] == [item["id"] for item in changed]
    jobs_before = {job.id: job for job in before.items}
    reused = [job for job in after.items if jobs_before.get(job.id) is job]
    assert len(reused) == 998
    reader.parsed = 0
    shifted = [row(-2), *changed[:900], row(900, status="RUNNING")]
    last = await reader.read(body_of(shifted))
    assert reader.parsed <= 4
    assert [job.id for job in last.items] == [item["id"] for item in shifted]


ROWS = st.lists(
    st.builds(
        row,
        st.integers(0, 8),
        status=st.sampled_from(["QUEUED", "RUNNING"]),
        query=st.text(st.characters(codec="utf-8"), max_size=5),
    ),
    max_size=12,
)
BODIES = st.builds(
    body_of, ROWS, st.sampled_from([(",", ":"), (", ", ": ")]), indent=st.sampled_from([None, 2])
)


@given(st.lists(BODIES, min_size=1, max_size=5))
async def test_earlier_bodies_do_not_affect_the_page(bodies: list[bytes]) -> None:
    reader = reader_of_jobs()
    for body in bodies:
        assert await reader.read(body) == await read_with_new_reader(body)
        ids = [item["id"] for item in json.loads(body)]
        page = await reader.read(body)
        assert [job.id for job in page.items] == list(dict.fromkeys(ids))
        assert page.duplicates == len(ids) - len(set(ids))


@given(BODIES, st.data())
async def test_a_truncated_list_is_refused(body: bytes, data: st.DataObject) -> None:
    reader = reader_of_jobs()
    await reader.read(body)
    length = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(ProtocolError):
        await reader.read(body[:length])


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id":"a","steps":[{"id":"x"},{"id":"y"}]},{"id":"b"}]',
        b'[ {"id":"a"} ,\n{"id":"b"},  {"id":"b"}]\n',
        b'[{"id":"a"},{"name":"n","id":"b"}]',
        b'[{"id":"a","name":"},{\\"id\\":"},{"id":"b"}]',
        b'[{"id":"a","name":"\\ud800"},{"id":"b"}]',
        b'[{"id":"a","name":"\xff"},{"id":"b"}]',
        b'[{"id":"a","workers":%s},{"id":"b"}]' % (b"9" * 400),
    ],
)
async def test_a_list_in_unusual_formatting_is_read(body: bytes) -> None:
    reader = reader_of_jobs()
    assert [job.id for job in (await reader.read(body)).items] == ["a", "b"]
    changed = body.replace(b'"b"', b'"c"')
    assert [job.id for job in (await reader.read(changed)).items] == ["a", "c"]


async def test_rows_without_an_id_and_duplicate_rows_are_dropped_and_counted() -> None:
    rows = [row(1), {"name": "nobody"}, "no object", row(1, name="again"), None, row(2)]
    page = await read_with_new_reader(body_of(rows))
    assert [job.id for job in page.items] == ["job-1", "job-2"]
    assert (page.unreadable, page.duplicates) == (3, 1)
    assert page.items[0].name == "[/] 1"


async def test_an_empty_list_is_an_empty_page() -> None:
    assert (await read_with_new_reader(b" [ ] ")).items == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"items": []}', "an object instead of a list"),
        (b"null", "null instead of a list"),
        (b"", "empty where data"),
        (b"<!DOCTYPE html><html>secret</html>", "web page"),
        (b'[{"id":"a"}', "not complete JSON"),
        (b'[{"id":"a"}] trailing', "not complete JSON"),
        (b"[" * 100_000, "JSON"),
    ],
)
async def test_a_body_that_is_not_a_list_is_a_protocol_error(body: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words) as caught:
        await read_with_new_reader(body)
    assert "secret" not in str(caught.value)


async def test_an_invalid_body_does_not_discard_the_last_page() -> None:
    reader = reader_of_jobs()
    body = body_of([row(1)])
    page = await reader.read(body)
    with pytest.raises(ProtocolError):
        await reader.read(body[:-3])
    assert await reader.read(body) is page


async def test_rows_that_were_not_requested_are_dropped_and_counted() -> None:
    reader = ListReader(Job, attrgetter("id"), lambda job: job.workers == 2)
    page = await reader.read(body_of([row(1), row(2, workers=2), row(2, workers=2), None]))
    assert [job.id for job in page.items] == ["job-2"]
    assert (page.not_requested, page.duplicates, page.unreadable) == (1, 1, 1)
    assert page.received == 4


async def test_other_tasks_run_while_a_large_body_is_read() -> None:
    body = body_of([row(number) for number in range(5000)])
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await read_with_new_reader(body)
    counting.cancel()
    assert turns >= len(body) // pages.SLICE


async def test_concurrent_reads_return_the_pages_of_their_own_bodies() -> None:
    reader = reader_of_jobs()
    rows = [row(number) for number in range(2500)]
    await reader.read(body_of(rows[:2000]))
    long = [*(row(number, status="RUNNING") for number in range(1500)), *rows[2000:]]
    # Reading `short` alone would end while the first rows of `long` are parsed.
    short = [*rows[:1500], *rows[2000:]]
    pages = await asyncio.gather(reader.read(body_of(long)), reader.read(body_of(short)))
    for rows_sent, page in zip((long, short), pages, strict=True):
        assert [job.id for job in page.items] == [item["id"] for item in rows_sent]


async def test_moved_and_repeated_rows_are_read_in_their_new_order() -> None:
    reader = reader_of_jobs()
    await reader.read(body_of([row(1), row(2), row(3)]))
    await reader.read(body_of([row(1, name="new"), row(2), row(3)]))
    for ids in ([2, 1, 3], [1, 2, 2], [1, 2], [3, 2, 1, 1], [1, 2, 3]):
        page = await reader.read(body_of([row(number) for number in ids]))
        unique = list(dict.fromkeys(ids))
        assert [job.id for job in page.items] == [f"job-{number}" for number in unique]
        assert page.duplicates == len(ids) - len(unique)
        assert page.items[0].name == f"[/] {ids[0]}"


async def test_a_byte_order_mark_before_a_list_is_skipped() -> None:
    body = body_of([row(1)])
    reader = reader_of_jobs()
    page = await reader.read(b"\xef\xbb\xbf" + body)
    assert [job.id for job in page.items] == ["job-1"]
    assert await reader.read(body) is page
