from studio_tui.local.http.responses import ListCache, write_list


def describe(number: int) -> dict[str, str]:
    return {"message": f"é{number}"}


async def test_a_list_of_any_length_is_one_json_array() -> None:
    assert await write_list([], describe) == b"[]"
    for length in (1, 99, 100, 101, 1000):
        body = await write_list(range(length), describe)
        texts = (f'{{"message":"é{number}"}}' for number in range(length))
        assert body.decode() == f"[{','.join(texts)}]"


async def test_a_cached_body_is_made_again_only_for_another_revision() -> None:
    calls = 0

    async def make_body() -> bytes:
        nonlocal calls
        calls += 1
        return b"%d" % calls

    cache = ListCache()
    bodies = [await cache.body("jobs", revision, make_body) for revision in (1, 1, 2, 2, 1)]
    assert bodies == [b"1", b"1", b"2", b"2", b"3"]


async def test_only_the_bodies_of_the_latest_queries_are_cached() -> None:
    calls = 0

    async def make_body() -> bytes:
        nonlocal calls
        calls += 1
        return b""

    cache = ListCache()
    for query in "abcdefghij":
        await cache.body(query, 1, make_body)
    await cache.body("j", 1, make_body)
    assert calls == 10
    await cache.body("a", 1, make_body)
    assert calls == 11
