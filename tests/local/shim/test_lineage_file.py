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


def test_lines_name_datasets_with_versions_and_sources() -> None:
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
def test_an_invalid_line_is_skipped_with_a_complaint(line: str, complaint: str) -> None:
    text = f'{{"dataset": "before"}}\n{line}\n{{"dataset": "after"}}\n'.encode("latin-1")
    datasets, complaints = parse(text)
    assert [entry.dataset for entry in datasets] == ["local.local.before", "local.local.after"]
    (sentence,) = complaints
    assert sentence.startswith("line 2 of STUDIO_LINEAGE is skipped: ")
    assert complaint in sentence


def test_invalid_lines_after_the_twentieth_are_only_counted() -> None:
    complaints = parse(b"x\n" * 100).complaints
    assert len(complaints) == 21
    assert complaints[-1] == "80 more lines of STUDIO_LINEAGE are skipped"


def test_a_text_above_the_limit_is_read_up_to_its_last_whole_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = b'{"dataset": "a"}\n'
    monkeypatch.setattr(lineage_file, "FILE_LIMIT", 5 * len(line) + 3)
    datasets, complaints = parse(line * 9)
    assert len(datasets) == 5
    assert "is longer" in complaints[0]


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_any_content_is_parsed_without_an_exception(content: object) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    for entry in parse(text).datasets:
        assert entry.dataset.isprintable()


def test_a_missing_file_is_empty_and_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    assert read_lineage_file(tmp_path) == ((), ())
    os.mkfifo(tmp_path / FILE_NAME)
    assert read_lineage_file(tmp_path).complaints == ("STUDIO_LINEAGE is no longer a file",)
