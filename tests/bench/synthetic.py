"""Synthetic jobs for the table: any number, the same in every run, with the data of their cells."""

import random
from dataclasses import dataclass

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column

COLUMNS = (
    Column("state", "ST", 9),
    Column("name", "NAME", 16, grow=3, max_width=48),
    Column("id", "ID", 8, drop=3),
    Column("workers", "WORK", 4, align=Align.RIGHT, drop=4),
    Column("queue", "QUEUE", 7, align=Align.RIGHT, drop=5),
    Column("run", "RUN", 8, align=Align.RIGHT),
    Column("age", "AGE", 5, align=Align.RIGHT, drop=1),
    Column("by", "BY", 10, drop=6),
    Column("error", "WHY / ERROR", 12, grow=4, drop=2),
)

_STATES = (
    Cell("✓ DONE", Tone.GOOD),
    Cell("✗ FAILED", Tone.BAD),
    Cell("● RUN", Tone.ACTIVE),
    Cell("◌ QUEUE", Tone.WAITING),
    Cell("· CREATED", Tone.DIM),
)
_STEMS = ("embed_clip", "dedupe", "export", "train_small", "ingest_raw", "eval")
_WIDE_STEM = "列车数据"
_WIDE_EVERY = 40
_ERRORS = ("", "", "", "", "CUDA out of memory", "S3 403 on s3://raw/images", "exit code 137")


@dataclass(frozen=True, slots=True)
class SyntheticJob:
    """Contents of a row of the table."""

    key: str
    name: str
    state: int
    """Index of the state's cell."""
    workers: int
    seconds: int
    """Run time in seconds."""
    error: str


def jobs(count: int) -> dict[str, SyntheticJob]:
    """Return `count` jobs by key."""
    randomness = random.Random(count)
    by_key = {}
    for number in range(count):
        key = f"{randomness.getrandbits(32):08x}-{number:06d}"
        stem = randomness.choice(_STEMS) if number % _WIDE_EVERY else _WIDE_STEM
        by_key[key] = SyntheticJob(
            key,
            f"{stem}_{number:06d}.py",
            randomness.randrange(len(_STATES)),
            randomness.randrange(16),
            randomness.randrange(90_000),
            randomness.choice(_ERRORS),
        )
    return by_key


def cells(job: SyntheticJob) -> tuple[Cell, ...]:
    """Return the cells of a row, which cost about as much as those of a real job."""
    hours, rest = divmod(job.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return (
        _STATES[job.state],
        Cell(job.name, Tone.STRONG),
        Cell(job.key[:8], Tone.DIM),
        Cell(str(job.workers)) if job.workers else NOTHING,
        Cell(f"{job.workers}:{seconds:02d}", Tone.DIM),
        Cell(f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"),
        Cell(f"{minutes}m", Tone.DIM),
        Cell("ada", Tone.DIM),
        Cell(job.error, Tone.BAD) if job.error else NOTHING,
    )
