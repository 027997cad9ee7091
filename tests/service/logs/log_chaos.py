"""Random logs, and connections that replay them with faults, determined by a seed."""

import random
from dataclasses import dataclass

from studio_tui.api.log_stream import LogMessage, LogMessages, RawText

_TEXTS = ("\n", "é漢😀", "\x1b[31mred\x1b[0m", "same line\n", "same line\n", " 1%\r 2%\r", ".")


def messages(*pieces: tuple[int, str]) -> LogMessages:
    """Return a frame with pieces of a log, each with its id."""
    return LogMessages(tuple(LogMessage(number, RawText(text)) for number, text in pieces))


@dataclass(frozen=True)
class Truth:
    """A complete log as Studio has it."""

    pieces: tuple[LogMessage, ...]

    @property
    def raw(self) -> bytes:
        """The bytes of the log."""
        return b"".join(piece.text.encode() for piece in self.pieces)


def truth(chance: random.Random, count: int = 60) -> Truth:
    """Make a log of `count` pieces.

    Pieces may end within a line. Ids count either pieces or bytes.
    """
    by_bytes = chance.random() < 0.5
    pieces = []
    number = 1
    for _ in range(count):
        text = "".join(
            chance.choice((*_TEXTS, f"seq={number:06d}\n", f"seq={number:06d}"))
            for _ in range(chance.randrange(4))
        )
        pieces.append(LogMessage(number, RawText(text)))
        number += max(1, len(text.encode())) if by_bytes else 1
    return Truth(tuple(pieces))


def connection(
    chance: random.Random, pieces: tuple[LogMessage, ...], *, is_complete: bool = False
) -> list[tuple[LogMessage, ...]]:
    """Return the frames of a replay, some doubled or swapped; cut off unless `is_complete`."""
    frames = []
    start = 0
    while start < len(pieces):
        size = chance.randrange(1, 8)
        frames.append(pieces[start : start + size])
        start += size
    for place in range(len(frames) - 1):
        if chance.random() < 0.15:
            frames[place], frames[place + 1] = frames[place + 1], frames[place]
    doubled = [copy for frame in frames for copy in [frame] * (2 if chance.random() < 0.1 else 1)]
    return doubled if is_complete else doubled[: chance.randrange(len(doubled) + 1)]
