"""Reads the file named by a job's `STUDIO_LINEAGE`: the datasets that the job says it made.

Its lines are JSON such as `{"dataset": "thumbs", "version": null, "from": ["index"]}`.
"""

import json
from pathlib import Path
from typing import NamedTuple

from studio_tui.local.shim.datasets import DatasetName, is_version, read_name

FILE_NAME = "lineage.jsonl"

FILE_LIMIT = 4 * 1024 * 1024
"""Maximum bytes that are read; lines that end after them are skipped."""

_MAX_COMPLAINTS = 20


class ReportedDataset(NamedTuple):
    """A dataset version that a job says it made, and what the job made it from."""

    dataset: str
    version: str | None
    """`None` for the version after the highest that is recorded."""
    sources: tuple[DatasetName, ...]


class LineageFile(NamedTuple):
    """The valid lines of the file, and complaints about the others."""

    datasets: tuple[ReportedDataset, ...] = ()
    complaints: tuple[str, ...] = ()
    """Sentences without a full stop; they contain no text of the job."""


def read_lineage_file(folder: Path) -> LineageFile:
    """Return the contents of the file in a job's `folder`; empty if there is no file.

    Raises:
        OSError: The file cannot be opened or read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return LineageFile()
    if not path.is_file():  # opening a pipe would block
        return LineageFile(complaints=("STUDIO_LINEAGE is no longer a file",))
    with path.open("rb") as file:
        return parse(file.read(FILE_LIMIT + 1))


def parse(content: bytes) -> LineageFile:
    """Parse a file's content."""
    datasets: list[ReportedDataset] = []
    complaints: list[str] = []
    if len(content) > FILE_LIMIT:
        complaints.append(f"STUDIO_LINEAGE is longer than {FILE_LIMIT} bytes; the rest is not read")
        content = content[: content.rfind(b"\n", 0, FILE_LIMIT) + 1]
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            try:
                datasets.append(_parse_line(line))
            except ValueError as error:
                complaints.append(f"line {number} of STUDIO_LINEAGE is skipped: {error}")
    if len(complaints) > _MAX_COMPLAINTS:
        more = len(complaints) - _MAX_COMPLAINTS
        complaints[_MAX_COMPLAINTS:] = [f"{more} more lines of STUDIO_LINEAGE are skipped"]
    return LineageFile(tuple(datasets), tuple(complaints))


def _parse_line(line: bytes) -> ReportedDataset:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(entry, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 (all invalid lines raise this)
    name = _parse_name(entry.get("dataset"), "dataset")
    version = entry.get("version")
    if version is not None and not (isinstance(version, str) and is_version(version)):
        raise ValueError("version must be like 1.0.2, or null for the next")
    if name.version is not None and version not in {None, name.version}:
        raise ValueError("dataset and version name different versions")
    sources = entry.get("from")
    if not isinstance(sources, list | None):
        raise ValueError("from must be a list")  # noqa: TRY004 (as above)
    source_names = dict.fromkeys(_parse_name(source, "from") for source in sources or ())
    return ReportedDataset(name.dataset, version or name.version, tuple(source_names))


def _parse_name(value: object, field: str) -> DatasetName:
    name = read_name(value) if isinstance(value, str) else None
    if name is None:
        raise ValueError(f"{field} must name a dataset, as [namespace.project.]name[@version]")
    return name
