"""The line above the merged log: its jobs and size, and the state of the connections."""

from collections.abc import Callable

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.log_header import OutageLike
from studio_tui.presentation.jobs.merged_log_header import amount, describe_connections
from studio_tui.tui.logs.merged_jobs import MergedJobs
from studio_tui.tui.widgets.bar import Part


def amount_parts(
    members: MergedJobs, expected: int, name_of: Callable[[str], str]
) -> tuple[Part, ...]:
    """Return how many of the `expected` jobs are merged and shown, and the size of the log."""
    store = members.log.store
    size = amount(len(members), expected, store.lines, store.text_size)
    log_amount = Part(f" {size.text}  ", Tone.STRONG)
    if members.solo is not None:
        return Part(f" only {name_of(members.solo)}, U shows all ", Tone.ACCENT), log_amount
    if members.muted:
        return Part(f" {len(members.muted)} muted, U shows all ", Tone.ACCENT), log_amount
    return (log_amount,)


def connection_parts(
    members: MergedJobs, outage: OutageLike | None, failure: str, pause: tuple[Part, ...]
) -> tuple[Part, ...]:
    """Return `pause` and how many logs are in each state; only `failure` if merging has ended."""
    if failure:
        return (Part(f"✗ {failure} ", Tone.BAD),)
    sorting = (Part("sorting…  ", Tone.DIM),) if members.log.is_ordering else ()
    connections = describe_connections(((each.state, each.job) for each in members), outage)
    return *sorting, *pause, *(Part(f"{cell.text}  ", cell.tone) for cell in connections)
