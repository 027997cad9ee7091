"""Jumps of the ids of a log's pieces, which mean that pieces are missing."""

import pytest

from studio_tui.api.log_stream import LogMessage, RawText
from studio_tui.service.logs.message_index import MessageBatch, MessageRecord


def batch(*pieces: tuple[int, int]) -> MessageBatch:
    """Return a batch of pieces, given as id and length."""
    return MessageBatch.of([LogMessage(number, RawText("x" * length)) for number, length in pieces])


@pytest.mark.parametrize(
    ("last", "pieces", "jump"),
    [
        ((1, 0, 10), [(2, 10), (3, 10)], None),
        ((1, 0, 10), [(23, 0), (25, 10), (47, 10)], None),
        ((1, 0, 10), [(24, 10)], 24),
        ((1, 0, 10), [(2, 10), (25, 10), (26, 10)], 25),
    ],
)
def test_an_id_jumps_if_it_grows_by_more_than_the_piece_before_it_allows(
    last: tuple[int, int, int], pieces: list[tuple[int, int]], jump: int | None
) -> None:
    assert batch(*pieces).jump_from(MessageRecord(*last)) == jump


def test_a_jump_is_found_among_many_pieces_that_grow_by_less_than_they_could() -> None:
    pieces = [(number + (50_000 if number > 50 else 0), 1000) for number in range(2, 101)]
    assert batch(*pieces).jump_from(MessageRecord(1, 0, 1000)) == 50_051
