"""Reads the notes in a job's folder: those of its shim, and `lost.json`, which a server writes.

A file or a line that a full disk or a crash has cut counts as missing.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from studio_tui.local.run.runner import RunStep


def read(path: Path) -> dict[str, Any] | None:
    """Return the note in the file at `path`; `None` if the file is missing or incomplete.

    `exit.json` has the time `finished_at`, `exit_code`, `error_message` and `canceled`. `lost.json`
    has `finished_at`, when a server had stopped the job's remaining processes, and `canceled`.
    """
    try:
        return _parse(path.read_bytes())
    except FileNotFoundError:
        return None


def read_steps(folder: Path) -> tuple[RunStep, ...]:
    """Return the steps in order of their start.

    Incomplete lines are skipped, and so is the end of a step without a start.
    """
    try:
        lines = (folder / "steps.jsonl").read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    starts: dict[str, datetime] = {}
    ends: dict[str, datetime] = {}
    for line in lines:
        note = _parse(line)
        if note is None:
            continue
        if "started_at" in note:
            starts[note["step"]] = note["started_at"]
        else:
            ends[note["step"]] = note["finished_at"]
    return tuple(RunStep(name, started, ends.get(name)) for name, started in starts.items())


def _parse(content: bytes) -> dict[str, Any] | None:
    try:
        note: dict[str, Any] = json.loads(content)
    except ValueError:
        return None
    times = {
        name: datetime.fromisoformat(value) for name, value in note.items() if name.endswith("_at")
    }
    return note | times
