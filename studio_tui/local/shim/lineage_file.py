"""The file named by a job's `STUDIO_LINEAGE`: what the job says it made, and from what.

Any program may append lines of JSON to it: `{"dataset": "thumbs", "version": null, "from":
["index"]}`. An invalid line is skipped, with a sentence about it.
"""

import json
import os
import stat
from pathlib import Path
from typing import NamedTuple

from studio_tui.local.shim.datasets import DatasetName, is_version, read_name

FILE_NAME = "lineage.jsonl"
"""In the job's folder."""

FILE_LIMIT = 4 * 1024 * 1024
"""Maximum bytes that are read."""

_COMPLAINTS = 20


class Made(NamedTuple):
    """A dataset version that a job says it made."""

    dataset: str
    """`namespace.project.name`."""
    version: str | None
    """`None` for the next version."""
    sources: tuple[DatasetName, ...]
    """The datasets it was made from."""


class LineageFile(NamedTuple):
    """The contents of the file, and complaints about invalid lines."""

    made: tuple[Made, ...] = ()
    complaints: tuple[str, ...] = ()
    """Sentences without a full stop, with no text of the job."""


def read_lineage_file(folder: Path) -> LineageFile:
    """Return the contents of the file of the job in `folder`; empty if it wrote none.

    Raises:
        OSError: The disk cannot be read.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(folder / FILE_NAME, flags)
    except FileNotFoundError:
        return LineageFile()
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return LineageFile(complaints=("STUDIO_LINEAGE is no longer a file",))
        text = file.read(FILE_LIMIT + 1)
    return parse(text)


def parse(text: bytes) -> LineageFile:
    """Parse a file's content."""
    made: list[Made] = []
    complaints: list[str] = []
    if len(text) > FILE_LIMIT:
        complaints.append(f"STUDIO_LINEAGE is longer than {FILE_LIMIT} bytes; the rest is not read")
        text = text[: text.rfind(b"\n", 0, FILE_LIMIT) + 1]
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.strip():
            try:
                made.append(_made(line))
            except ValueError as error:
                complaints.append(f"line {number} of STUDIO_LINEAGE is skipped: {error}")
    if len(complaints) > _COMPLAINTS:
        more = len(complaints) - _COMPLAINTS
        complaints[_COMPLAINTS:] = [f"{more} more lines of STUDIO_LINEAGE are skipped"]
    return LineageFile(tuple(made), tuple(complaints))


def _made(line: bytes) -> Made:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(entry, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 (one kind of error a line)
    name = _name(entry.get("dataset"), "dataset")
    version = entry.get("version")
    if version is not None and not (isinstance(version, str) and is_version(version)):
        raise ValueError("version must be like 1.0.2, or null for the next")
    if name.version is not None and version not in {None, name.version}:
        raise ValueError("dataset and version name different versions")
    sources = entry.get("from")
    if not isinstance(sources, list | None):
        raise ValueError("from must be a list")  # noqa: TRY004 (as above)
    named = tuple(dict.fromkeys(_name(source, "from") for source in sources or ()))
    return Made(name.dataset, version or name.version, named)


def _name(value: object, field: str) -> DatasetName:
    name = read_name(value) if isinstance(value, str) else None
    if name is None:
        raise ValueError(f"{field} must name a dataset, as [namespace.project.]name[@version]")
    return name
