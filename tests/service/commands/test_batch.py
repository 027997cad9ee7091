"""A command on many items: each succeeds or is reported, and only a few run at a time."""

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
    ServerError,
    StudioError,
)
from studio_tui.service.commands.batch import AT_ONCE, Batches, ItemOutcome, Outcome
from tests.service.polling.virtual_time import run

ERRORS: dict[str, StudioError | None] = {
    "done": None,
    "refused": InvalidRequest(409, "It is over."),
    "failed": ServerError(503, "Later."),
    "unknown": OutcomeUnknown("No answer."),
}


class Command:
    """A command with outcomes that a test sets; it counts its calls."""

    def __init__(self, answer: Callable[[str], StudioError | None]) -> None:
        self._answer = answer
        self.items: list[str] = []
        """The items of all calls."""
        self.running = self.most_running = 0
        """Calls that have not ended: now, and at most."""

    async def __call__(self, item: str) -> str:
        self.items.append(item)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(0.1)
        self.running -= 1
        if error := self._answer(item):
            raise error
        return f"done {item}"


def run_batch(
    batches: Batches, items: list[str], command: Command
) -> tuple[list[ItemOutcome[str, str]], list[str]]:
    """Run a batch; return its outcomes, and the items in the order in which they ended."""
    ended: list[str] = []
    outcomes = run(
        batches.run(
            "Canceling", items, command, on_outcome=lambda outcome: ended.append(outcome.item)
        )
    )
    return list(outcomes), ended


@given(st.lists(st.sampled_from(sorted(ERRORS)), max_size=40))
def test_each_item_has_the_outcome_of_its_own_command(kinds: list[str]) -> None:
    items = [f"{number} {kind}" for number, kind in enumerate(kinds)]
    command = Command(lambda item: ERRORS[item.split()[1]])
    outcomes, ended = run_batch(Batches(), items, command)
    assert [outcome.item for outcome in outcomes] == items
    assert sorted(ended) == sorted(command.items) == sorted(items)
    assert command.most_running <= AT_ONCE
    for outcome in outcomes:
        kind = outcome.item.split()[1]
        assert outcome.error is ERRORS[kind]
        expected = {"done": Outcome.DONE, "unknown": Outcome.UNKNOWN}.get(kind, Outcome.FAILED)
        assert outcome.outcome is expected
        assert outcome.result == (f"done {outcome.item}" if kind == "done" else None)


def test_a_batch_publishes_its_progress_until_it_has_ended() -> None:
    batches = Batches()
    published: list[tuple[int, int, int]] = []
    batches.subscribe(
        lambda snapshot: published.extend(
            (progress.ended, progress.failed, progress.total) for progress in snapshot.value or ()
        )
    )
    command = Command(lambda item: ERRORS["refused"] if item == "1" else None)
    run_batch(batches, [str(number) for number in range(6)], command)
    assert published[0] == (0, 0, 6)
    assert published[-1] == (6, 1, 6)
    assert published == sorted(published)
    assert batches.snapshot.value == ()


def test_the_progress_of_two_batches_is_published_together() -> None:
    batches = Batches()
    counts: list[int] = []
    batches.subscribe(lambda snapshot: counts.append(len(snapshot.value or ())))

    async def run_both() -> None:
        command = Command(lambda _: None)
        await asyncio.gather(
            batches.run("Canceling", ["a", "b"], command), batches.run("Running", ["c"], command)
        )

    run(run_both())
    assert max(counts) == 2


def test_after_a_rejected_token_no_further_item_is_sent_and_each_is_reported() -> None:
    rejection = AuthenticationError(401, "The token has expired.")
    command = Command(lambda _: rejection)
    outcomes, ended = run_batch(Batches(), [str(number) for number in range(50)], command)
    assert len(command.items) <= AT_ONCE
    assert len(outcomes) == len(ended) == 50
    assert {outcome.outcome for outcome in outcomes} == {Outcome.FAILED}
    assert "not sent" in str(outcomes[-1].error).lower()
    assert "The token has expired." in str(outcomes[-1].error)


def test_during_an_outage_the_remaining_items_are_reported_as_not_sent() -> None:
    command = Command(lambda _: NotSent("It refuses connections."))
    outcomes, _ = run_batch(Batches(), [str(number) for number in range(500)], command)
    assert len(command.items) < 20
    assert all(isinstance(outcome.error, NotSent) for outcome in outcomes)
    assert len(outcomes) == 500


def test_occasional_refused_connections_do_not_end_a_batch() -> None:
    command = Command(lambda item: NotSent("Refused.") if int(item) % 3 == 0 else None)
    outcomes, _ = run_batch(Batches(), [str(number) for number in range(60)], command)
    assert len(command.items) == 60
    assert sum(outcome.outcome is Outcome.DONE for outcome in outcomes) == 40
