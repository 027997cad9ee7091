from studio_tui.local.http.responses import DatasetVersion, ListCache, write_list


def describe(number: int) -> DatasetVersion:
    return DatasetVersion(f"é{number}", "1")


async def test_a_list_of_any_length_is_one_json_array() -> None:
    assert await write_list([], describe) == b"[]"
    for length in (1, 99, 100, 101, 1000):
        body = await write_list(range(length), describe)
        texts = (f'{{"dataset_name":"é{number}","version":"1"}}' for number in range(length))
        assert body.decode() == f"[{','.join(texts)}]"


async def test_a_question_is_asked_again_only_after_a_change() -> None:
    asked: list[int] = []

    async def ask() -> bytes:
        asked.append(1)
        return b"%d" % len(asked)

    answers = ListCache()
    bodies = [await answers.body("jobs", revision, ask) for revision in (1, 1, 2, 2, 1)]
    assert bodies == [b"1", b"1", b"2", b"2", b"3"]


async def test_only_the_latest_questions_are_remembered() -> None:
    asked: list[str] = []

    async def ask() -> bytes:
        asked.append("x")
        return b""

    answers = ListCache()
    for question in "abcdefghij":
        await answers.body(question, 1, ask)
    await answers.body("j", 1, ask)
    assert len(asked) == 10
    await answers.body("a", 1, ask)
    assert len(asked) == 11
