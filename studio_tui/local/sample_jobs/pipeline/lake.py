"""Reads and writes the datasets of the sample pipeline: JSON lines in a folder that all jobs share.

Every version of a dataset is a file that never changes. In the file named by `STUDIO_LINEAGE`, a
job reports to Studio which datasets it has read and written. From these reports alone, pipelines
are planned.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

FOLDER = Path(os.environ["STUDIO_DATASETS"]) / "sample"
LINEAGE = Path(os.environ["STUDIO_LINEAGE"])
PATIENCE = 300.0
"""Seconds to wait for a dataset that another job has not yet made for the first time."""

Row = dict[str, Any]
Item = TypeVar("Item")
_sources: list[str] = []
"""The datasets that this job has read."""


def exists(dataset: str) -> bool:
    """Whether there is a version of a dataset."""
    return bool(_versions(dataset))


def read(dataset: str) -> list[Row]:
    """Return the rows of the latest version of a dataset, waiting until there is one."""
    began = time.monotonic()
    if not exists(dataset):
        print(f"waiting for {dataset}", flush=True)
    while not exists(dataset):
        if time.monotonic() - began > PATIENCE:
            sys.exit(f"No job has created the dataset {dataset} in {PATIENCE:.0f} seconds.")
        time.sleep(0.05)
    version = max(_versions(dataset))
    lines = _file(dataset, version).read_text("utf-8").splitlines()
    print(f"read {dataset}: {len(lines):,} rows", flush=True)
    _sources.append(dataset)
    return [json.loads(line) for line in lines]


def write(dataset: str, rows: Iterable[Row]) -> None:
    """Write a new version of a dataset; report it, and all that was read before as its sources."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) for row in rows]
    version = max(_versions(dataset), default=0) + 1
    draft = FOLDER / f".{dataset}.{os.getpid()}"
    draft.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    draft.rename(_file(dataset, version))
    with LINEAGE.open("a", encoding="utf-8") as lineage:
        lineage.write(json.dumps({"dataset": dataset, "version": None, "from": _sources}) + "\n")
    print(f"wrote {dataset}: {len(lines):,} rows", flush=True)


def bar(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items, drawing a progress bar on one line."""
    began = last = time.monotonic()
    width = 0
    try:
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - last > 0.2 or done == len(items):
                last = now
                share = done / len(items)
                ink = ("█" * round(10 * share)).ljust(10)
                spent = now - began
                left = spent / done * (len(items) - done)
                rate = done / max(spent, 1e-9)
                clocks = f"[{_clock(spent)}<{_clock(left)}, {rate:.2f}it/s]"
                line = f"{label}: {share:4.0%}|{ink}| {done}/{len(items)} {clocks}"
                # Spaces erase the end of a longer line before it, as in tqdm.
                print(f"\r{line:{width}}", end="", flush=True)
                width = len(line)
    finally:
        print(flush=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def _file(dataset: str, version: int) -> Path:
    return FOLDER / f"{dataset}.v{version}.jsonl"


def _versions(dataset: str) -> list[int]:
    files = FOLDER.glob(f"{dataset}.v*.jsonl")
    return [int(file.name.removeprefix(f"{dataset}.v").removesuffix(".jsonl")) for file in files]
