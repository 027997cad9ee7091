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
    """Does what a test says, and counts what is under way."""

    def __init__(self, answer: Callable[[str], StudioError | None]) -> None:
        self._answer = answer
        self.called: list[str] = []
        self.under_way = self.most = 0

    async def __call__(self, item: str) -> str:
        self.called.append(item)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.1)
        self.under_way -= 1
        if error := self._answer(item):
            raise error
        return f"done {item}"


def ran(
    batches: Batches, items: list[str], command: Command
) -> tuple[list[ItemOutcome[str, str]], list[str]]:
    """Run a batch to its end; return its outcomes, and the items heard of as they ended."""
    received: list[str] = []
    outcomes = run(
        batches.run("Canceling", items, command, on_outcome=lambda one: received.append(one.item))
    )
    return list(outcomes), received


@given(st.lists(st.sampled_from(sorted(ERRORS)), max_size=40))
def test_each_item_has_the_outcome_of_its_own_command(kinds: list[str]) -> None:
    items = [f"{number} {kind}" for number, kind in enumerate(kinds)]
    command = Command(lambda item: ERRORS[item.split()[1]])
    outcomes, received = ran(Batches(), items, command)
    assert [one.item for one in outcomes] == items
    assert sorted(received) == sorted(command.called) == sorted(items)
    assert command.most <= AT_ONCE
    for one in outcomes:
        kind = one.item.split()[1]
        assert one.error is ERRORS[kind]
        expected = {"done": Outcome.DONE, "unknown": Outcome.UNKNOWN}.get(kind, Outcome.REFUSED)
        assert one.outcome is expected
        assert one.result == (f"done {one.item}" if kind == "done" else None)


def test_the_progress_of_a_batch_can_be_read_and_subscribed_to() -> None:
    batches = Batches()
    seen: list[tuple[int, int, int]] = []
    batches.subscribe(
        lambda snapshot: seen.extend(
            (each.ended, each.failed, each.total) for each in snapshot.value or ()
        )
    )
    refuse = Command(lambda item: ERRORS["refused"] if item == "1" else None)
    ran(batches, [str(number) for number in range(6)], refuse)
    assert seen[0] == (0, 0, 6)
    assert seen[-1] == (6, 1, 6)
    assert seen == sorted(seen)
    assert batches.snapshot.value == ()


def test_two_batches_are_reported_side_by_side() -> None:
    batches, most = Batches(), 0

    def count(_: object) -> None:
        nonlocal most
        most = max(most, len(batches.snapshot.value or ()))

    batches.subscribe(count)

    async def both() -> None:
        command = Command(lambda _: None)
        await asyncio.gather(
            batches.run("Canceling", ["a", "b"], command), batches.run("Running", ["c"], command)
        )

    run(both())
    assert most == 2


def test_after_a_refused_token_nothing_more_is_sent_and_all_is_reported() -> None:
    refused = AuthenticationError(401, "The token has expired.")
    command = Command(lambda _: refused)
    outcomes, received = ran(Batches(), [str(number) for number in range(50)], command)
    assert len(command.called) <= AT_ONCE
    assert len(outcomes) == len(received) == 50
    assert {one.outcome for one in outcomes} == {Outcome.REFUSED}
    assert "not sent" in str(outcomes[-1].error).lower()
    assert "The token has expired." in str(outcomes[-1].error)


def test_when_studio_has_gone_the_rest_is_not_sent_and_says_so() -> None:
    command = Command(lambda _: NotSent("It refuses connections."))
    outcomes, _ = ran(Batches(), [str(number) for number in range(500)], command)
    assert len(command.called) < 20
    assert all(isinstance(one.error, NotSent) for one in outcomes)
    assert len(outcomes) == 500


def test_a_connection_refused_now_and_then_ends_nothing() -> None:
    command = Command(lambda item: NotSent("Refused.") if int(item) % 3 == 0 else None)
    outcomes, _ = ran(Batches(), [str(number) for number in range(60)], command)
    assert len(command.called) == 60
    assert sum(one.outcome is Outcome.DONE for one in outcomes) == 40
