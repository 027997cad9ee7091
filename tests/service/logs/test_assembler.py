"""Any pieces in any order, repeated or not: each byte once and in order, or a mark."""

import itertools
import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.log_stream import LogMessage, LogMessages, RawText, Unreadable
from studio_tui.service.logs import assembler
from studio_tui.service.logs.assembler import (
    JUMP,
    NEW_EPOCH,
    OMITTED_OUTPUT,
    TOO_LATE,
    UNREADABLE,
    WINDOW,
    WINDOW_PIECES,
    LogAssembler,
)
from studio_tui.service.logs.comparison import Comparison
from studio_tui.service.logs.doubts import NO_BEGINNING, NO_REPLAY
from studio_tui.service.logs.message_index import BLOCK, MessageIndex, MessageRecord, PieceBatch
from studio_tui.service.logs.store.log_store import LogStore
from tests.service.logs.log_chaos import connection, truth
from tests.soak import seeds


def logs(*pieces: tuple[int, str]) -> LogMessages:
    return LogMessages(tuple(LogMessage(number, RawText(text)) for number, text in pieces))


class Desk:
    """A store, its index and the merge between."""

    def __init__(
        self, folder: Path, merge: Callable[[LogStore, MessageIndex], LogAssembler]
    ) -> None:
        self.store = LogStore.create(folder)
        self.index = MessageIndex(folder)
        self.merge = merge(self.store, self.index)

    def connect(self, *pieces: tuple[int, str]) -> None:
        """Send the pieces over a new connection, one a frame."""
        self.merge.note_connection()
        for piece in pieces:
            self.send(piece)

    def send(self, *pieces: tuple[int, str]) -> bool:
        """Send the pieces in one frame."""
        return self.merge.add(logs(*pieces).items)

    @property
    def raw(self) -> bytes:
        return self.store.path.read_bytes()

    @property
    def marks(self) -> list[tuple[int, str]]:
        return [(mark.offset, mark.text) for mark in self.store.marks]

    def close(self) -> None:
        self.store.close()
        self.index.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, LogAssembler)
    yield desk
    desk.close()


class OfficialRule(LogAssembler):
    """The published client's rule: a piece whose id is not above the last one seen is dropped."""

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        for piece in pieces:
            last = self._index.last
            if last is None or piece.id > last.id:
                raw = piece.text.encode()
                self._index.append(MessageRecord(piece.id, self._store.size, len(raw)))
                self._store.append(raw)
        return True


class NoRule(LogAssembler):
    """Everything is appended as it comes."""

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        self._store.append(b"".join(piece.text.encode() for piece in pieces))
        return True


class LateAtTheEnd(LogAssembler):
    """Late pieces are not put where they belong."""

    def _place_late(self, place: int, late: PieceBatch) -> None:
        del place
        self._store.append(late.raw)
        self._floor = self._store.size


def survives(
    folder: Path, seed: int, merge: Callable[[LogStore, MessageIndex], LogAssembler]
) -> bool:
    """Send a seeded log through seeded chaos; say whether exactly its bytes came out."""
    chance = random.Random(seed)
    log = truth(chance)
    desk = Desk(folder, merge)
    try:
        for round_ in range(5):
            desk.merge.note_connection()
            for frame in connection(chance, log.messages, whole=round_ == 4):
                desk.merge.add(frame)
                if chance.random() < 0.1:
                    rest = Comparison.of_end(desk.store, overlap=64)
                    rest.add(log.raw[rest.received : chance.randrange(len(log.raw) + 1)])
        return desk.raw == log.raw and not desk.marks
    finally:
        desk.close()


@pytest.mark.parametrize("seed", seeds(30, 3000))
def test_a_log_survives_cuts_swaps_doubles_replays_and_snapshots(tmp_path: Path, seed: int) -> None:
    assert survives(tmp_path, seed, LogAssembler)


@pytest.mark.parametrize("broken", [OfficialRule, NoRule, LateAtTheEnd])
def test_the_chaos_finds_out_a_broken_merge(
    tmp_path: Path, broken: Callable[[LogStore, MessageIndex], LogAssembler]
) -> None:
    assert sum(survives(tmp_path, seed, broken) for seed in range(40)) < 4


def test_pieces_may_hold_parts_of_a_line(desk: Desk) -> None:
    desk.connect((1, "one "), (2, "line\nand "), (3, ""), (4, "another\n"))
    assert desk.raw == b"one line\nand another\n"
    assert desk.store.lines == 2


def test_the_first_frame_of_a_log_is_stored_in_few_writes(desk: Desk) -> None:
    pieces = [(number, f"line {number}\n") for number in range(1, 1001)]
    writes: list[int] = []
    desk.store.watch(lambda: writes.append(desk.store.size))
    desk.merge.note_connection()
    assert desk.send(*pieces)
    assert len(writes) == 2
    assert desk.raw == "".join(text for _, text in pieces).encode()
    assert [desk.index[place].id for place in range(1000)] == [number for number, _ in pieces]
    assert not desk.marks
    desk.merge.note_connection()
    assert not desk.send(*pieces)


def test_a_replay_adds_nothing_and_says_so(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b\n"))
    desk.merge.note_connection()
    assert not desk.send((1, "a\n"), (2, "b\n"))
    assert desk.send((3, "c\n"))
    assert desk.raw == b"a\nb\nc\n"


def test_a_connection_is_behind_until_it_has_come_to_what_is_new(desk: Desk) -> None:
    assert not desk.merge.is_behind
    desk.connect((1, "a\n"), (2, "b\n"))
    assert not desk.merge.is_behind
    desk.merge.note_connection()
    assert desk.merge.is_behind
    desk.send((1, "a\n"))
    assert desk.merge.is_behind
    desk.send((2, "b\n"))
    assert not desk.merge.is_behind


def test_a_known_id_with_another_text_begins_a_new_epoch_under_a_mark(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b\n"), (3, "c"))
    desk.connect((1, "a\n"), (2, "B\n"), (3, "C\n"))
    desk.connect((1, "a\n"), (2, "B\n"), (3, "C\n"), (4, "D\n"))
    assert desk.raw == b"a\nb\nc\nB\nC\nD\n"
    assert desk.marks == [(6, NEW_EPOCH)]


def test_an_epoch_that_comes_out_of_order_has_one_mark(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b\n"), (3, "c\n"), (4, "d\n"))
    desk.connect((1, "a\n"), (4, "D\n"), (3, "C\n"), (2, "B\n"), (5, "E\n"))
    desk.connect((1, "a\n"), (2, "B\n"), (3, "C\n"), (4, "D\n"), (5, "E\n"), (6, "F\n"))
    assert desk.raw == b"a\nb\nc\nd\nB\nC\nD\nE\nF\n"
    assert desk.marks == [(8, NEW_EPOCH)]


def test_a_character_spoiled_on_the_way_is_fixed_by_a_replay(desk: Desk) -> None:
    desk.connect((1, "caf\ufffd\ufffd au lait\n"), (2, "thé\n"))
    desk.merge.mark_end(UNREADABLE)
    desk.send((3, "eau\n"))
    desk.connect((1, "café au lait\n"), (2, "th\ufffd\n"), (4, "end\n"), (3, "eau\n"))
    assert desk.raw.decode() == "café au lait\nthé\neau\nend\n"
    assert desk.marks == [(len("café au lait\nthé\n".encode()), UNREADABLE)]


def test_late_pieces_in_a_row_move_what_follows_once(desk: Desk) -> None:
    pieces = [(number, f"line {number}\n") for number in range(400)]
    desk.connect((0, "line 0\n"), (399, "line 399\n"))
    before = desk.store.version
    desk.send(*pieces[1:100], *pieces[200:300])
    assert desk.store.version == before + 1
    desk.send(*pieces[50:250], *pieces[300:])
    assert desk.store.version == before + 3
    assert desk.raw == "".join(text for _, text in pieces).encode()


def test_what_cannot_be_read_of_a_replay_may_reach_beyond_what_is_known(desk: Desk) -> None:
    desk.connect((1, "one\n"), (2, "two\n"))
    desk.connect((1, "one\n"))
    assert not desk.merge.has_lost_pieces(Unreadable(1))
    assert not desk.merge.has_lost_pieces(logs((2, "two\n")))
    assert desk.merge.has_lost_pieces(logs((2, "two\n"), (4, "four\n")))
    desk.send((4, "four\n"))
    assert desk.marks == [(8, NO_REPLAY)]
    assert not desk.merge.has_lost_pieces(logs((5, "five\n")))
    desk.connect((1, "one\n"), (2, "two\n"))
    assert not desk.merge.has_lost_pieces(Unreadable(1))
    desk.send((4, "four\n"))
    assert desk.marks == [(8, NO_REPLAY)]
    desk.connect((1, "one\n"), (2, "two\n"), (3, "three\n"), (4, "four\n"))
    assert desk.raw == b"one\ntwo\nthree\nfour\n"
    assert desk.marks == []


def test_a_connection_that_repeats_nothing_leaves_a_mark(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b\n"))
    desk.connect((5, "e\n"))
    assert desk.raw == b"a\nb\ne\n"
    assert desk.marks == [(4, NO_REPLAY)]


def test_a_log_that_does_not_begin_with_its_first_piece_has_a_mark_until_that_has_come(
    desk: Desk,
) -> None:
    desk.connect()
    desk.connect((4, "four\n"), (5, "five\n"))
    assert desk.raw == b"four\nfive\n"
    assert desk.marks == [(0, NO_BEGINNING)]
    desk.connect((1, "one\n"), (2, "two\n"))
    assert desk.marks == [(0, NO_BEGINNING)]
    desk.connect((1, "one\n"), (2, "two\n"), (3, "three\n"), (4, "four\n"))
    assert desk.raw == b"one\ntwo\nthree\nfour\nfive\n"
    assert desk.marks == []


def test_what_rest_has_of_the_beginning_needs_no_mark(desk: Desk) -> None:
    Comparison(desk.store).add(b"four\n")
    desk.connect((4, "four\n"))
    assert desk.marks == []


def test_the_mark_is_removed_when_the_replay_comes_after_all(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b"))
    desk.connect((4, "d\n"), (1, "a\n"), (3, "c\n"), (2, "b"))
    assert desk.raw == b"a\nbc\nd\n"
    assert desk.marks == [(3, NO_REPLAY)]
    desk.send((5, "e\n"))
    assert desk.marks == []


def test_the_mark_is_removed_by_a_later_connection_that_fills_the_gap(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b\n"))
    desk.connect((4, "d\n"))
    desk.connect((1, "a\n"), (2, "b\n"))
    assert desk.marks == [(4, NO_REPLAY)]
    desk.connect((1, "a\n"), (2, "b\n"), (3, "c\n"), (4, "d\n"))
    assert desk.raw == b"a\nb\nc\nd\n"
    assert desk.marks == []


def test_what_is_too_late_is_marked_where_it_belongs_and_once(desk: Desk) -> None:
    line = "x" * 1023 + "\n"
    many = [(number, line) for number in range(10, 20 + WINDOW // 1024)]
    desk.connect((1, "a\n"), *many)
    before = desk.raw
    desk.send((5, "late\n"))
    desk.connect((1, "a\n"), (5, "late\n"), *many)
    assert desk.raw == before
    assert desk.marks == [(2, TOO_LATE)]


def test_a_late_piece_finds_its_place_before_not_too_many_short_ones(desk: Desk) -> None:
    desk.connect((1, "a\n"))
    short = [(number, "b\n") for number in range(10, 10 + WINDOW_PIECES)]
    desk.send(*short)
    desk.send((5, "c\n"))
    assert desk.marks == []
    assert desk.raw[:6] == b"a\nc\nb\n"
    desk.send((4, "d\n"))
    assert desk.marks == [(2, TOO_LATE)]
    assert desk.raw == b"a\nc\n" + b"b\n" * WINDOW_PIECES


FORGED = "forged\n"
MUCH = FORGED * (2 * WINDOW // len(FORGED))


@pytest.mark.parametrize(
    ("number", "text"), [(JUMP * 3, FORGED), (JUMP * 3, MUCH), (50, MUCH)], ids=["far", "", "near"]
)
@pytest.mark.parametrize("frame", [1, 3, 100])
def test_a_piece_with_an_unconfirmed_id_gives_way_to_what_belongs_before_it(
    desk: Desk, number: int, text: str, frame: int
) -> None:
    true = [(count, f"line {count}\n") for count in range(1, 100)]
    desk.connect(true[0], (number, text))
    assert desk.merge.is_doubted
    for begin in range(1, len(true), frame):
        desk.send(*true[begin : begin + frame])
    assert desk.raw == "".join(text for _, text in true).encode()
    assert desk.marks == [(len("line 1\n"), OMITTED_OUTPUT)]
    desk.connect(*true, (100, "line 100\n"))
    assert not desk.merge.is_behind
    assert desk.raw.endswith(b"line 99\nline 100\n")
    assert len(desk.marks) == 1


def test_a_forged_piece_within_a_frame_gives_way_to_the_next_frame(desk: Desk) -> None:
    desk.connect((1, "a\n"))
    desk.send((2, "b\n"), (JUMP * 3, FORGED), (JUMP * 3 + 1, MUCH))
    desk.send((3, "c\n"))
    assert desk.raw == b"a\nb\nc\n"
    assert desk.marks == [(4, OMITTED_OUTPUT)]


def test_a_forged_piece_in_a_replay_does_not_pass_for_what_is_new(desk: Desk) -> None:
    desk.connect((1, "a\n"), (2, "b\n"), (3, "c\n"))
    desk.connect((1, "a\n"), (JUMP * 3, MUCH), (2, "b\n"))
    desk.send((3, "c\n"), (4, "d\n"))
    assert desk.raw == b"a\nb\nc\nd\n"
    assert desk.marks == [(6, OMITTED_OUTPUT)]
    assert not desk.merge.is_behind


def test_a_gap_before_a_forged_piece_keeps_its_mark_until_it_is_filled(desk: Desk) -> None:
    desk.connect((1, "a\n"))
    desk.connect((JUMP * 3, MUCH), (5, "e\n"))
    assert desk.raw == b"a\ne\n"
    assert desk.marks == [(2, NO_REPLAY), (2, OMITTED_OUTPUT)]
    desk.connect(*((number, f"{'abcdef'[number - 1]}\n") for number in range(1, 7)))
    assert desk.raw == b"a\nb\nc\nd\ne\nf\n"
    assert [text for _, text in desk.marks] == [OMITTED_OUTPUT]


@pytest.mark.parametrize("step", [1, 1000, JUMP * 3])
def test_ids_that_always_jump_are_taken_as_they_come(desk: Desk, step: int) -> None:
    desk.connect(*((number * step, f"{number}\n") for number in range(7, 500)))
    assert desk.raw == "".join(f"{number}\n" for number in range(7, 500)).encode()
    assert desk.marks == [(0, NO_BEGINNING)]


def test_a_jump_confirmed_by_later_pieces_stays_when_something_comes_too_late(desk: Desk) -> None:
    far = JUMP * 3
    desk.connect((1, "a\n"), (far, MUCH), (far + len(MUCH), "b\n"), (7, "late\n"))
    assert desk.raw == f"a\n{MUCH}b\n".encode()
    assert desk.marks == [(2, TOO_LATE)]


def test_a_mark_at_the_end_stays_when_more_comes(desk: Desk) -> None:
    desk.connect((1, "a\nhalf"))
    desk.merge.mark_end(UNREADABLE)
    desk.send((3, " a line\n"), (4, "b\n"))
    desk.connect((1, "a\nhalf"), (3, " a line\n"), (4, "b\n"), (5, "c\n"))
    assert desk.raw == b"a\nhalf\n a line\nb\nc\n"
    assert desk.marks == [(7, UNREADABLE)]


def test_what_rest_brought_is_taken_over_by_the_pieces_that_say_the_same(desk: Desk) -> None:
    desk.connect((1, "a\n"))
    rest = Comparison.of_end(desk.store, overlap=64)
    rest.add(b"a\nb\nc")
    desk.connect((1, "a\n"), (2, "b\n"), (3, "c\n"), (4, "d\n"))
    assert desk.raw == b"a\nb\nc\nd\n"
    assert desk.store.version == 0


def test_what_rest_brought_gives_way_to_pieces_that_say_something_else(desk: Desk) -> None:
    Comparison(desk.store).add(b"from rest\n")
    desk.connect((1, "from the socket\n"))
    assert desk.raw == b"from the socket\n"


def test_what_rest_brought_is_not_doubled_after_something_that_cannot_be_read(desk: Desk) -> None:
    desk.connect((1, "one\n"))
    Comparison(desk.store).add(b"one\ntwo\nthree\nfour\n")
    desk.merge.mark_unreadable()
    desk.send((3, "three\n"))
    assert desk.raw == b"one\nthree\n"
    assert desk.marks == [(4, UNREADABLE)]


def test_what_rest_brought_leaves_a_mark_where_a_connection_repeats_nothing(desk: Desk) -> None:
    desk.connect((1, "one\n"))
    Comparison(desk.store).add(b"one\ntwo\nthree\n")
    desk.connect((3, "three\n"))
    assert desk.raw == b"one\nthree\n"
    assert desk.marks == [(4, NO_REPLAY)]
    desk.connect((1, "one\n"), (2, "two\n"), (3, "three\n"))
    assert desk.raw == b"one\ntwo\nthree\n"
    assert desk.marks == []


def test_a_shorter_snapshot_says_nothing_and_a_longer_one_is_taken(desk: Desk) -> None:
    desk.connect((1, "one\ntwo\n"))
    rest = Comparison(desk.store)
    rest.add(b"one\n")
    assert not rest.differs
    rest.add(b"two\nthree\n")
    assert desk.raw == b"one\ntwo\nthree\n"


def test_a_snapshot_may_be_cut_inside_a_character_or_hold_bad_bytes(desk: Desk) -> None:
    desk.connect((1, "a\ufffdb 漢"))
    rest = Comparison(desk.store)
    for byte in "\xff".encode("latin-1").join([b"a", "b 漢字\n".encode()]):
        rest.add(bytes([byte]))
    assert not rest.differs
    assert desk.raw.decode() == "a\ufffdb 漢字\n"


BROKEN = b"a\xff\xc3(\xe6\xbc b\xf0\x9f\n" * 3 + "漢".encode()[:2]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("known", range(0, 40, 3))
def test_bytes_that_are_not_utf_8_are_as_they_arrived_once_restored(
    desk: Desk, size: int, known: int
) -> None:
    text = BROKEN.decode("utf-8", "replace")
    desk.connect((1, text[:known]))
    for mends in (False, True, False):
        rest = Comparison(desk.store, mends=mends)
        for begin in range(0, len(BROKEN), size):
            rest.add(BROKEN[begin : begin + size])
        rest.finish()
        assert not rest.differs
        assert rest.has_proved_whole
    assert desk.raw == BROKEN


def test_a_character_that_is_cut_is_held_back_until_its_rest_comes(desk: Desk) -> None:
    rest = Comparison(desk.store)
    rest.add(b"a" + "漢".encode()[:2])
    assert desk.raw == b"a"
    assert not rest.has_proved_whole
    rest.add("漢".encode()[2:])
    assert desk.raw.decode() == "a漢"
    assert rest.has_proved_whole


def test_a_snapshot_of_something_else_adds_nothing(desk: Desk) -> None:
    desk.connect((1, "one\n"))
    rest = Comparison(desk.store)
    rest.add(b"two\nthree\n")
    rest.add(b"four\n")
    assert rest.differs
    assert desk.raw == b"one\n"


def test_the_ledger_finds_every_record_over_many_blocks(tmp_path: Path) -> None:
    index = MessageIndex(tmp_path)
    records = [MessageRecord(number * 3, number * 10, 10) for number in range(BLOCK * 3 + 7)]
    for record in records:
        index.append(record)
    for place in (0, 1, BLOCK - 1, BLOCK, BLOCK * 2 + 5, BLOCK * 3, BLOCK * 3 + 6, 4, 5, 6):
        assert index[place] == records[place]
        assert index.place_of(records[place].id) == place
        assert index.place_of(records[place].id - 1) == place
    index.insert(BLOCK - 2, array("q", MessageRecord((BLOCK - 2) * 3 - 1, (BLOCK - 2) * 10, 4)))
    assert len(index) == len(records) + 1
    assert index.place_of((BLOCK - 2) * 3 - 1) == BLOCK - 2
    assert index[BLOCK * 3] == records[BLOCK * 3 - 1]._replace(offset=(BLOCK * 3 - 1) * 10 + 4)
    index.cut(BLOCK + 1)
    assert index.last == records[BLOCK - 1]._replace(offset=(BLOCK - 1) * 10 + 4)
    index.cut(0)
    assert index.last is None
    assert index.place_of(7) == 0
    index.close()


def test_every_mark_is_a_sentence() -> None:
    marks = [
        assembler.NEW_EPOCH,
        OMITTED_OUTPUT,
        TOO_LATE,
        NO_REPLAY,
        UNREADABLE,
        assembler.DIFFERS,
    ]
    assert all(mark[0].isupper() and mark.endswith(".") for mark in marks)


WORDS = st.text(st.sampled_from("ab\n\u00e9\u20ac"), min_size=1, max_size=6)


@given(
    pieces=st.lists(WORDS, min_size=1, max_size=30),
    kept=st.integers(0, 200) | WORDS,
    sizes=st.lists(st.integers(1, 9), min_size=1),
    first=st.integers(1, 30),
)
def test_a_log_of_an_earlier_run_is_continued_or_has_a_mark(
    tmp_path_factory: pytest.TempPathFactory,
    pieces: list[str],
    kept: int | str,
    sizes: list[int],
    first: int,
) -> None:
    """The first connection begins at some piece, the second at the first one."""
    whole = "".join(pieces).encode()
    before = whole[:kept] if isinstance(kept, int) else kept.encode()
    folder = tmp_path_factory.mktemp("logs")
    store, index = LogStore.create(folder), MessageIndex(folder)
    store.append(before)
    merge = LogAssembler(store, index)
    for begin in (min(first, len(pieces)), 1):
        merge.note_connection()
        numbered = list(enumerate(pieces, 1))[begin - 1 :]
        for size in itertools.cycle(sizes):
            merge.add(logs(*numbered[:size]).items)
            del numbered[:size]
            if not numbered:
                break
        raw = store.path.read_bytes()
        if begin == 1:
            # What is beyond stays until Studio sends something else there, or REST does.
            assert raw == (before if before.startswith(whole) else whole)
            assert store.marks == ()
        else:
            assert raw.startswith(before)
            assert raw.endswith("".join(pieces[begin - 1 :]).encode())
            assert len(store.marks) == 1
    store.close()
    index.close()
