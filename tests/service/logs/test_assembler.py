"""The assembler stores each byte once and in order, or a mark, however the pieces arrive."""

import itertools
import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.log_stream import LogMessage, Unreadable
from studio_tui.service.logs.assembler import (
    DIFFERS,
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
from studio_tui.service.logs.message_index import MessageBatch, MessageIndex, MessageRecord
from studio_tui.service.logs.store.log_store import LogStore
from tests.service.logs.log_chaos import connection, messages, truth
from tests.service.logs.stored import stored_bytes
from tests.soak import seeds

AssemblerType = Callable[[LogStore, MessageIndex], LogAssembler]


class AssembledLog:
    """A log that an assembler stores."""

    def __init__(self, folder: Path, assembler_type: AssemblerType) -> None:
        self.store = LogStore.create(folder)
        self.index = MessageIndex(folder)
        self.assembler = assembler_type(self.store, self.index)

    def connect(self, *pieces: tuple[int, str]) -> None:
        """Send the pieces over a new connection, each in a frame of its own."""
        self.assembler.note_connection()
        for piece in pieces:
            self.send(piece)

    def send(self, *pieces: tuple[int, str]) -> bool:
        """Send the pieces in one frame; return whether any of them is new."""
        return self.assembler.add(messages(*pieces).items)

    @property
    def raw(self) -> bytes:
        return stored_bytes(self.store)

    @property
    def marks(self) -> list[tuple[int, str]]:
        return [(mark.offset, mark.text) for mark in self.store.marks]

    def close(self) -> None:
        self.store.close()
        self.index.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AssembledLog]:
    log = AssembledLog(tmp_path, LogAssembler)
    yield log
    log.close()


def comparison_of_end(store: LogStore) -> Comparison:
    return Comparison(store, offset=store.line_start(max(0, store.size - 64)))


class DropsOldIds(LogAssembler):
    """Drops pieces whose id is not above the last id, as the published client does."""

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        for piece in pieces:
            last = self._index.last
            if last is None or piece.id > last.id:
                raw = piece.text.encode()
                self._index.append(MessageRecord(piece.id, self._store.size, len(raw)))
                self._store.append(raw)
        return True


class AppendsAll(LogAssembler):
    """Appends all pieces, repeated ones too."""

    def add(self, pieces: Sequence[LogMessage]) -> bool:
        self._store.append(b"".join(piece.text.encode() for piece in pieces))
        return True


class AppendsLatePieces(LogAssembler):
    """Appends late pieces instead of inserting them where they belong."""

    def _place_late(self, place: int, late: MessageBatch) -> None:
        del place
        self._store.append(late.raw)
        self._floor = self._store.size


def survives(folder: Path, seed: int, assembler_type: AssemblerType) -> bool:
    """Send a random log over five faulty connections, the last of which is complete.

    Also read parts of it by REST. Return whether exactly its bytes are stored, without a mark.
    """
    chance = random.Random(seed)
    original = truth(chance)
    log = AssembledLog(folder, assembler_type)
    try:
        for number in range(5):
            log.assembler.note_connection()
            for frame in connection(chance, original.pieces, is_complete=number == 4):
                log.assembler.add(frame)
                if chance.random() < 0.1:
                    comparison = comparison_of_end(log.store)
                    cut = chance.randrange(len(original.raw) + 1)
                    comparison.add(original.raw[comparison.received : cut])
        return log.raw == original.raw and not log.marks
    finally:
        log.close()


@pytest.mark.parametrize("seed", seeds(30, 3000))
def test_a_log_survives_cut_swapped_and_repeated_frames_and_rest_answers(
    tmp_path: Path, seed: int
) -> None:
    assert survives(tmp_path, seed, LogAssembler)


@pytest.mark.parametrize("broken_type", [DropsOldIds, AppendsAll, AppendsLatePieces])
def test_the_random_faults_detect_a_broken_assembler(
    tmp_path: Path, broken_type: AssemblerType
) -> None:
    assert sum(survives(tmp_path, seed, broken_type) for seed in range(40)) < 4


def test_pieces_may_contain_parts_of_lines(log: AssembledLog) -> None:
    log.connect((1, "one "), (2, "line\nand "), (3, ""), (4, "another\n"))
    assert log.raw == b"one line\nand another\n"
    assert log.store.lines == 2


def test_the_first_frame_of_a_log_is_stored_in_few_writes(log: AssembledLog) -> None:
    pieces = [(number, f"line {number}\n") for number in range(1, 1001)]
    sizes: list[int] = []
    log.store.watch(lambda: sizes.append(log.store.size))
    log.assembler.note_connection()
    assert log.send(*pieces)
    assert len(sizes) == 2
    assert log.raw == "".join(text for _, text in pieces).encode()
    assert [log.index[place].id for place in range(1000)] == [number for number, _ in pieces]
    assert not log.marks
    log.assembler.note_connection()
    assert not log.send(*pieces)


def test_a_replay_adds_nothing_and_is_reported_as_not_new(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b\n"))
    log.assembler.note_connection()
    assert not log.send((1, "a\n"), (2, "b\n"))
    assert log.send((3, "c\n"))
    assert log.raw == b"a\nb\nc\n"


def test_a_connection_is_behind_until_it_has_replayed_the_last_known_piece(
    log: AssembledLog,
) -> None:
    assert not log.assembler.is_behind
    log.connect((1, "a\n"), (2, "b\n"))
    assert not log.assembler.is_behind
    log.assembler.note_connection()
    assert log.assembler.is_behind
    log.send((1, "a\n"))
    assert log.assembler.is_behind
    log.send((2, "b\n"))
    assert not log.assembler.is_behind


def test_a_known_id_with_another_text_begins_a_new_epoch_with_a_mark(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b\n"), (3, "c"))
    log.connect((1, "a\n"), (2, "B\n"), (3, "C\n"))
    log.connect((1, "a\n"), (2, "B\n"), (3, "C\n"), (4, "D\n"))
    assert log.raw == b"a\nb\nc\nB\nC\nD\n"
    assert log.marks == [(6, NEW_EPOCH)]


def test_an_epoch_that_arrives_out_of_order_has_one_mark(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b\n"), (3, "c\n"), (4, "d\n"))
    log.connect((1, "a\n"), (4, "D\n"), (3, "C\n"), (2, "B\n"), (5, "E\n"))
    log.connect((1, "a\n"), (2, "B\n"), (3, "C\n"), (4, "D\n"), (5, "E\n"), (6, "F\n"))
    assert log.raw == b"a\nb\nc\nd\nB\nC\nD\nE\nF\n"
    assert log.marks == [(8, NEW_EPOCH)]


def test_a_replay_fixes_a_character_that_was_invalid(log: AssembledLog) -> None:
    log.connect((1, "caf\ufffd\ufffd au lait\n"), (2, "thé\n"))
    log.assembler.mark_end(UNREADABLE)
    log.send((3, "eau\n"))
    log.connect((1, "café au lait\n"), (2, "th\ufffd\n"), (4, "end\n"), (3, "eau\n"))
    assert log.raw.decode() == "café au lait\nthé\neau\nend\n"
    assert log.marks == [(len("café au lait\nthé\n".encode()), UNREADABLE)]


def test_consecutive_late_pieces_move_the_later_bytes_only_once(log: AssembledLog) -> None:
    pieces = [(number, f"line {number}\n") for number in range(400)]
    log.connect((0, "line 0\n"), (399, "line 399\n"))
    before = log.store.version
    log.send(*pieces[1:100], *pieces[200:300])
    assert log.store.version == before + 1
    log.send(*pieces[50:250], *pieces[300:])
    assert log.store.version == before + 3
    assert log.raw == "".join(text for _, text in pieces).encode()


def test_an_unreadable_frame_of_a_replay_may_have_contained_new_pieces(log: AssembledLog) -> None:
    log.connect((1, "one\n"), (2, "two\n"))
    log.connect((1, "one\n"))
    assert not log.assembler.note_frame(Unreadable(1))
    assert not log.assembler.note_frame(messages((2, "two\n")))
    assert log.assembler.note_frame(messages((2, "two\n"), (4, "four\n")))
    log.send((4, "four\n"))
    assert log.marks == [(8, NO_REPLAY)]
    assert not log.assembler.note_frame(messages((5, "five\n")))
    log.connect((1, "one\n"), (2, "two\n"))
    assert not log.assembler.note_frame(Unreadable(1))
    log.send((4, "four\n"))
    assert log.marks == [(8, NO_REPLAY)]
    log.connect((1, "one\n"), (2, "two\n"), (3, "three\n"), (4, "four\n"))
    assert log.raw == b"one\ntwo\nthree\nfour\n"
    assert log.marks == []


def test_a_connection_that_repeats_nothing_leaves_a_mark(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b\n"))
    log.connect((5, "e\n"))
    assert log.raw == b"a\nb\ne\n"
    assert log.marks == [(4, NO_REPLAY)]


def test_a_log_without_its_first_pieces_has_a_mark_until_they_are_replayed(
    log: AssembledLog,
) -> None:
    log.connect()
    log.connect((4, "four\n"), (5, "five\n"))
    assert log.raw == b"four\nfive\n"
    assert log.marks == [(0, NO_BEGINNING)]
    log.connect((1, "one\n"), (2, "two\n"))
    assert log.marks == [(0, NO_BEGINNING)]
    log.connect((1, "one\n"), (2, "two\n"), (3, "three\n"), (4, "four\n"))
    assert log.raw == b"one\ntwo\nthree\nfour\nfive\n"
    assert log.marks == []


def test_a_beginning_that_rest_supplied_needs_no_mark(log: AssembledLog) -> None:
    Comparison(log.store).add(b"four\n")
    log.connect((4, "four\n"))
    assert log.marks == []


def test_the_mark_of_a_gap_is_removed_when_the_same_connection_fills_it(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b"))
    log.connect((4, "d\n"), (1, "a\n"), (3, "c\n"), (2, "b"))
    assert log.raw == b"a\nbc\nd\n"
    assert log.marks == [(3, NO_REPLAY)]
    log.send((5, "e\n"))
    assert log.marks == []


def test_the_mark_of_a_gap_is_removed_when_a_later_connection_fills_it(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b\n"))
    log.connect((4, "d\n"))
    log.connect((1, "a\n"), (2, "b\n"))
    assert log.marks == [(4, NO_REPLAY)]
    log.connect((1, "a\n"), (2, "b\n"), (3, "c\n"), (4, "d\n"))
    assert log.raw == b"a\nb\nc\nd\n"
    assert log.marks == []


def test_a_piece_that_is_too_late_has_one_mark_where_it_belongs(log: AssembledLog) -> None:
    line = "x" * 1023 + "\n"
    later = [(number, line) for number in range(10, 20 + WINDOW // 1024)]
    log.connect((1, "a\n"), *later)
    before = log.raw
    log.send((5, "late\n"))
    log.connect((1, "a\n"), (5, "late\n"), *later)
    assert log.raw == before
    assert log.marks == [(2, TOO_LATE)]


@pytest.mark.parametrize("length", [10, WINDOW])
def test_a_gap_of_the_local_studio_that_is_stored_here_has_no_mark(
    log: AssembledLog, length: int
) -> None:
    # Its ids are twice the offset plus 1 for output, and twice the offset for a note about a gap.
    pieces = [(1, "x" * length), (2 * length + 1, "y" * length), (4 * length + 1, "z" * length)]
    log.connect(*pieces)
    stored = log.raw
    log.connect(pieces[0], (4 * length, "[local Studio: left out]\n"), pieces[2])
    assert log.raw == stored
    assert not log.marks
    assert not log.assembler.is_doubted


def test_a_late_piece_is_inserted_before_a_limited_number_of_short_pieces(
    log: AssembledLog,
) -> None:
    log.connect((1, "a\n"))
    short = [(number, "b\n") for number in range(10, 10 + WINDOW_PIECES)]
    log.send(*short)
    log.send((5, "c\n"))
    assert log.marks == []
    assert log.raw[:6] == b"a\nc\nb\n"
    log.send((4, "d\n"))
    assert log.marks == [(2, TOO_LATE)]
    assert log.raw == b"a\nc\n" + b"b\n" * WINDOW_PIECES


FORGED = "forged\n"
LONG_FORGED = FORGED * (2 * WINDOW // len(FORGED))


@pytest.mark.parametrize(
    ("number", "text"),
    [(JUMP * 3, FORGED), (JUMP * 3, LONG_FORGED), (50, LONG_FORGED)],
    ids=["far", "far-and-long", "near-and-long"],
)
@pytest.mark.parametrize("frame_length", [1, 3, 100])
def test_a_forged_piece_is_replaced_by_the_pieces_that_belong_before_it(
    log: AssembledLog, number: int, text: str, frame_length: int
) -> None:
    genuine = [(count, f"line {count}\n") for count in range(1, 100)]
    log.connect(genuine[0], (number, text))
    assert log.assembler.is_doubted
    for start in range(1, len(genuine), frame_length):
        log.send(*genuine[start : start + frame_length])
    assert log.raw == "".join(text for _, text in genuine).encode()
    assert log.marks == [(len("line 1\n"), OMITTED_OUTPUT)]
    log.connect(*genuine, (100, "line 100\n"))
    assert not log.assembler.is_behind
    assert log.raw.endswith(b"line 99\nline 100\n")
    assert len(log.marks) == 1


def test_a_forged_piece_within_a_frame_is_replaced_by_the_next_frame(log: AssembledLog) -> None:
    log.connect((1, "a\n"))
    log.send((2, "b\n"), (JUMP * 3, FORGED), (JUMP * 3 + 1, LONG_FORGED))
    log.send((3, "c\n"))
    assert log.raw == b"a\nb\nc\n"
    assert log.marks == [(4, OMITTED_OUTPUT)]


def test_a_forged_piece_in_a_replay_is_not_stored_as_new(log: AssembledLog) -> None:
    log.connect((1, "a\n"), (2, "b\n"), (3, "c\n"))
    log.connect((1, "a\n"), (JUMP * 3, LONG_FORGED), (2, "b\n"))
    log.send((3, "c\n"), (4, "d\n"))
    assert log.raw == b"a\nb\nc\nd\n"
    assert log.marks == [(6, OMITTED_OUTPUT)]
    assert not log.assembler.is_behind


def test_a_gap_before_a_forged_piece_has_its_mark_until_it_is_filled(log: AssembledLog) -> None:
    log.connect((1, "a\n"))
    log.connect((JUMP * 3, LONG_FORGED), (5, "e\n"))
    assert log.raw == b"a\ne\n"
    assert log.marks == [(2, NO_REPLAY), (2, OMITTED_OUTPUT)]
    log.connect(*((number, f"{'abcdef'[number - 1]}\n") for number in range(1, 7)))
    assert log.raw == b"a\nb\nc\nd\ne\nf\n"
    assert [text for _, text in log.marks] == [OMITTED_OUTPUT]


@pytest.mark.parametrize("step", [1, 1000, JUMP * 3])
def test_pieces_whose_ids_always_jump_are_stored_in_their_order(
    log: AssembledLog, step: int
) -> None:
    log.connect(*((number * step, f"{number}\n") for number in range(7, 500)))
    assert log.raw == "".join(f"{number}\n" for number in range(7, 500)).encode()
    assert log.marks == [(0, NO_BEGINNING)]


def test_a_jump_that_later_pieces_confirm_stays_when_a_piece_is_too_late(log: AssembledLog) -> None:
    far = JUMP * 3
    log.connect((1, "a\n"), (far, LONG_FORGED), (far + len(LONG_FORGED), "b\n"), (7, "late\n"))
    assert log.raw == f"a\n{LONG_FORGED}b\n".encode()
    assert log.marks == [(2, TOO_LATE)]


def test_a_mark_at_the_end_stays_when_more_pieces_arrive(log: AssembledLog) -> None:
    log.connect((1, "a\nhalf"))
    log.assembler.mark_end(UNREADABLE)
    log.send((3, " a line\n"), (4, "b\n"))
    log.connect((1, "a\nhalf"), (3, " a line\n"), (4, "b\n"), (5, "c\n"))
    assert log.raw == b"a\nhalf\n a line\nb\nc\n"
    assert log.marks == [(7, UNREADABLE)]


def test_pieces_with_the_same_text_confirm_what_rest_supplied(log: AssembledLog) -> None:
    log.connect((1, "a\n"))
    comparison = comparison_of_end(log.store)
    comparison.add(b"a\nb\nc")
    log.connect((1, "a\n"), (2, "b\n"), (3, "c\n"), (4, "d\n"))
    assert log.raw == b"a\nb\nc\nd\n"
    assert log.store.version == 0


def test_pieces_with_another_text_replace_what_rest_supplied(log: AssembledLog) -> None:
    Comparison(log.store).add(b"from rest\n")
    log.connect((1, "from the socket\n"))
    assert log.raw == b"from the socket\n"


def test_a_piece_after_an_unreadable_frame_does_not_repeat_what_rest_supplied(
    log: AssembledLog,
) -> None:
    log.connect((1, "one\n"))
    Comparison(log.store).add(b"one\ntwo\nthree\nfour\n")
    log.assembler.mark_unreadable()
    log.send((3, "three\n"))
    assert log.raw == b"one\nthree\n"
    assert log.marks == [(4, UNREADABLE)]


def test_a_connection_without_a_replay_leaves_a_mark_although_rest_supplied_lines(
    log: AssembledLog,
) -> None:
    log.connect((1, "one\n"))
    Comparison(log.store).add(b"one\ntwo\nthree\n")
    log.connect((3, "three\n"))
    assert log.raw == b"one\nthree\n"
    assert log.marks == [(4, NO_REPLAY)]
    log.connect((1, "one\n"), (2, "two\n"), (3, "three\n"))
    assert log.raw == b"one\ntwo\nthree\n"
    assert log.marks == []


def test_a_rest_answer_adds_only_what_exceeds_the_stored_log(log: AssembledLog) -> None:
    log.connect((1, "one\ntwo\n"))
    comparison = Comparison(log.store)
    comparison.add(b"one\n")
    assert not comparison.differs
    comparison.add(b"two\nthree\n")
    assert log.raw == b"one\ntwo\nthree\n"


def test_a_rest_answer_may_be_cut_within_a_character_or_have_invalid_bytes(
    log: AssembledLog,
) -> None:
    log.connect((1, "a\ufffdb 漢"))
    comparison = Comparison(log.store)
    for byte in "\xff".encode("latin-1").join([b"a", "b 漢字\n".encode()]):
        comparison.add(bytes([byte]))
    assert not comparison.differs
    assert log.raw.decode() == "a\ufffdb 漢字\n"


INVALID = b"a\xff\xc3(\xe6\xbc b\xf0\x9f\n" * 3 + "漢".encode()[:2]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("received", range(0, 40, 3))
def test_bytes_that_are_not_utf_8_are_restored_from_rest(
    log: AssembledLog, size: int, received: int
) -> None:
    text = INVALID.decode("utf-8", "replace")
    log.connect((1, text[:received]))
    for mends in (False, True, False):
        comparison = Comparison(log.store, mends=mends)
        for start in range(0, len(INVALID), size):
            comparison.add(INVALID[start : start + size])
        comparison.finish()
        assert not comparison.differs
        assert comparison.has_proved_whole
    assert log.raw == INVALID


def test_a_cut_character_is_stored_only_when_it_is_complete(log: AssembledLog) -> None:
    comparison = Comparison(log.store)
    comparison.add(b"a" + "漢".encode()[:2])
    assert log.raw == b"a"
    assert not comparison.has_proved_whole
    comparison.add("漢".encode()[2:])
    assert log.raw.decode() == "a漢"
    assert comparison.has_proved_whole


def test_a_rest_answer_with_another_log_adds_nothing(log: AssembledLog) -> None:
    log.connect((1, "one\n"))
    comparison = Comparison(log.store)
    comparison.add(b"two\nthree\n")
    comparison.add(b"four\n")
    assert comparison.differs
    assert log.raw == b"one\n"


def test_the_index_finds_a_record_near_the_one_read_last_in_few_reads(tmp_path: Path) -> None:
    index = MessageIndex(tmp_path)
    index.extend(array("q", range(300_000)))
    index[50_000]
    with mock.patch.object(index, "fields", wraps=index.fields) as fields:
        for place in (50_003, 50_001, 50_040, 50_000, 50_041):
            assert index.place_of(index[place].id) == place
            assert index.place_of(index[place].id - 1) == place
    assert fields.call_count <= 6 * 5
    index.close()


def test_the_index_finds_every_record_of_many(tmp_path: Path) -> None:
    index, many = MessageIndex(tmp_path), 4096
    records = [MessageRecord(number * 3, number * 10, 10) for number in range(many * 3 + 7)]
    for record in records:
        index.append(record)
    for place in (0, 1, many - 1, many, many * 2 + 5, many * 3, many * 3 + 6, 4, 5, 6):
        assert index[place] == records[place]
        assert index.place_of(records[place].id) == place
        assert index.place_of(records[place].id - 1) == place
    index.insert(many - 2, array("q", MessageRecord((many - 2) * 3 - 1, (many - 2) * 10, 4)))
    assert len(index) == len(records) + 1
    assert index.place_of((many - 2) * 3 - 1) == many - 2
    assert index[many * 3] == records[many * 3 - 1]._replace(offset=(many * 3 - 1) * 10 + 4)
    index.cut(many + 1)
    assert index.last == records[many - 1]._replace(offset=(many - 1) * 10 + 4)
    index.cut(0)
    assert index.last is None
    assert index.place_of(7) == 0
    index.close()


def test_every_mark_is_a_sentence() -> None:
    marks = [NEW_EPOCH, OMITTED_OUTPUT, TOO_LATE, NO_BEGINNING, NO_REPLAY, UNREADABLE, DIFFERS]
    assert all(mark[0].isupper() and mark.endswith(".") for mark in marks)


WORDS = st.text(st.sampled_from("ab\n\u00e9\u20ac"), min_size=1, max_size=6)


@given(
    pieces=st.lists(WORDS, min_size=1, max_size=30),
    stored=st.integers(0, 200) | WORDS,
    sizes=st.lists(st.integers(1, 9), min_size=1),
    first=st.integers(1, 30),
)
def test_a_log_that_is_requested_again_is_complete_or_has_a_mark(
    tmp_path_factory: pytest.TempPathFactory,
    pieces: list[str],
    stored: int | str,
    sizes: list[int],
    first: int,
) -> None:
    """The first connection sends the pieces from number `first` on, the second all of them.

    `stored` is how many bytes of the log are stored before, or another text that is stored instead.
    """
    whole = "".join(pieces).encode()
    before = whole[:stored] if isinstance(stored, int) else stored.encode()
    folder = tmp_path_factory.mktemp("logs")
    store, index = LogStore.create(folder), MessageIndex(folder)
    store.append(before)
    assembler = LogAssembler(store, index)
    for begin in (min(first, len(pieces)), 1):
        assembler.note_connection()
        numbered = list(enumerate(pieces, 1))[begin - 1 :]
        for size in itertools.cycle(sizes):
            assembler.add(messages(*numbered[:size]).items)
            del numbered[:size]
            if not numbered:
                break
        raw = stored_bytes(store)
        if begin == 1:
            # Stored bytes beyond the log stay until the websocket or REST sends other ones there.
            assert raw == (before if before.startswith(whole) else whole)
            assert store.marks == ()
        else:
            assert raw.startswith(before)
            assert raw.endswith("".join(pieces[begin - 1 :]).encode())
            assert len(store.marks) == 1
    store.close()
    index.close()
