import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.local.shim import lineage_file
from studio_tui.local.shim.datasets import DatasetName
from studio_tui.local.shim.lineage_file import FILE_NAME, ReportedDataset, parse, read_lineage_file

INDEX = DatasetName("local.local.index", None)


def test_a_job_says_what_it_made_and_from_what() -> None:
    text = (
        b'{"dataset": "thumbs", "version": null, "from": ["index", "@a.b.c@1.2.3", "index"]}\n'
        b'\n{"dataset": "@dev.animals.cats", "version": "2.0.0", "size": 7}\n'
        b'{"dataset": "cats@1.0.0"}'
    )
    assert parse(text) == (
        (
            ReportedDataset("local.local.thumbs", None, (INDEX, DatasetName("a.b.c", "1.2.3"))),
            ReportedDataset("dev.animals.cats", "2.0.0", ()),
            ReportedDataset("local.local.cats", "1.0.0", ()),
        ),
        (),
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("thumbs", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\xff", "not JSON"),
        ("3", "not an object"),
        ("{}", "dataset must name"),
        ('{"dataset": 3}', "dataset must name"),
        ('{"dataset": "a.b.c.d"}', "dataset must name"),
        ('{"dataset": "a", "version": 1}', "version must be"),
        ('{"dataset": "a", "version": "1"}', "version must be"),
        ('{"dataset": "a@1.0.0", "version": "1.0.1"}', "different versions"),
        ('{"dataset": "a", "from": "b"}', "from must be a list"),
        ('{"dataset": "a", "from": [null]}', "from must name"),
        ('{"dataset": "a\\u001b[31m"}', "dataset must name"),
    ],
)
def test_a_bad_line_is_skipped_with_a_sentence(line: str, complaint: str) -> None:
    text = f'{{"dataset": "before"}}\n{line}\n{{"dataset": "after"}}\n'.encode("latin-1")
    made, complaints = parse(text)
    assert [entry.dataset for entry in made] == ["local.local.before", "local.local.after"]
    (said,) = complaints
    assert said.startswith("line 2 of STUDIO_LINEAGE is skipped: ")
    assert complaint in said


def test_many_bad_lines_are_counted() -> None:
    complaints = parse(b"x\n" * 100).complaints
    assert len(complaints) == 21
    assert complaints[-1] == "80 more lines of STUDIO_LINEAGE are skipped"


def test_what_is_too_long_is_read_in_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"dataset": "a"}\n'
    monkeypatch.setattr(lineage_file, "FILE_LIMIT", 5 * len(line) + 3)
    made, complaints = parse(line * 9)
    assert len(made) == 5
    assert "is longer" in complaints[0]


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_no_content_makes_it_fail(content: object) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    for entry in parse(text).datasets:
        assert entry.dataset.isprintable()


def test_a_missing_file_is_empty_and_an_invalid_one_is_reported(tmp_path: Path) -> None:
    assert read_lineage_file(tmp_path) == ((), ())
    os.mkfifo(tmp_path / FILE_NAME)
    assert read_lineage_file(tmp_path).complaints == ("STUDIO_LINEAGE is no longer a file",)
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).symlink_to("/dev/zero")
    with pytest.raises(OSError):  # noqa: PT011 (any that the system gives)
        read_lineage_file(tmp_path)
