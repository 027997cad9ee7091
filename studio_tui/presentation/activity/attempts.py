"""Joins the attempts of a command into one entry of the activity list."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from studio_tui.api.calls import is_next_attempt
from studio_tui.presentation.activity.entries import Entry


def join_attempts(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries with the attempts of each command joined into one, ordered by start time."""
    commands: list[list[Entry]] = []
    latest: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        key = (entry.method, entry.path, entry.body)
        attempts = latest.get(key)
        if attempts is not None and _continues(attempts[-1], entry):
            attempts.append(entry)
            continue
        commands.append([entry])
        # Of the requests that change something, only uploads have no body here. As their contents
        # are not recorded, two uploads cannot be told apart.
        if entry.changes and entry.body:
            latest[key] = commands[-1]
    return [_as_one(attempts) for attempts in commands]


def _continues(last: Entry, entry: Entry) -> bool:
    ended = last.last_started_at + timedelta(milliseconds=last.longest_ms)
    return is_next_attempt(last.outcome, entry.started_at - ended)


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
