"""Joins the attempts of a command into one entry of the activity list."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from studio_tui.presentation.activity.entries import ActivityState, Entry

_AFTER_FAILURE = timedelta(minutes=5)
"""An equal request within this time is another attempt, by program or user."""
_AFTER_UNKNOWN = timedelta(seconds=5)
"""An equal request within this time is another attempt.

Only the program repeats a request so soon, and only if repeating has no second effect. A later
request is another command, as both may have taken effect.
"""


def join_attempts(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries with the attempts of each command joined into one, ordered by start time."""
    commands: list[list[Entry]] = []
    latest: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        key = (entry.method, entry.path, entry.body)
        attempts = latest.get(key)
        if attempts is not None and _is_next_attempt(attempts[-1], entry):
            attempts.append(entry)
            continue
        commands.append([entry])
        # Of the requests that change something, only uploads have no body here. As their contents
        # are not recorded, two uploads cannot be told apart.
        if entry.changes and entry.body:
            latest[key] = commands[-1]
    return [_as_one(attempts) for attempts in commands]


def _is_next_attempt(last: Entry, entry: Entry) -> bool:
    """Return whether two equal requests are attempts of one command."""
    if last.state is ActivityState.DONE:
        return False
    ended = last.last_started_at + timedelta(milliseconds=last.longest_ms)
    limit = _AFTER_FAILURE if last.state is ActivityState.FAILED else _AFTER_UNKNOWN
    return entry.started_at - ended <= limit


def _as_one(attempts: list[Entry]) -> Entry:
    first, last = attempts[0], attempts[-1]
    if first is last:
        return first
    count = sum(each.count for each in attempts)
    answers = []
    for answer, group in groupby(attempts, key=lambda each: each.answer):
        times = sum(each.count for each in group)
        answers.append(f"{answer} ×{times:,}" if times > 1 else answer)
    return replace(
        last,
        id=first.id,
        started_at=first.started_at,
        count=count,
        mean_ms=sum(each.mean_ms * each.count for each in attempts) / count,
        longest_ms=max(each.longest_ms for each in attempts),
        attempts=", then ".join(answers),
    )
