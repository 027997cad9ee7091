"""A log and everything that can happen to it on its way, determined by a seed."""

import random
from dataclasses import dataclass

from studio_tui.api.log_stream import LogMessage, RawText

PIECES = ("\n", "é漢😀", "\x1b[31mred\x1b[0m", "same line\n", "same line\n", " 1%\r 2%\r", ".")


@dataclass(frozen=True)
class Truth:
    """The log as Studio has it."""

    messages: tuple[LogMessage, ...]

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return b"".join(message.text.encode() for message in self.messages)


def truth(chance: random.Random, count: int = 60) -> Truth:
    """Make a log whose lines are cut anywhere, whose ids grow by one or by bytes."""
    by_bytes = chance.random() < 0.5
    messages = []
    number = 1
    for _ in range(count):
        text = "".join(
            chance.choice((*PIECES, f"seq={number:06d}\n", f"seq={number:06d}"))
            for _ in range(chance.randrange(4))
        )
        messages.append(LogMessage(number, RawText(text)))
        number += max(1, len(text.encode())) if by_bytes else 1
    return Truth(tuple(messages))


def connection(
    chance: random.Random, messages: tuple[LogMessage, ...], *, whole: bool = False
) -> list[tuple[LogMessage, ...]]:
    """Return the frames of a replay from the start: batched, doubled, swapped and cut off."""
    frames = []
    at = 0
    while at < len(messages):
        size = chance.randrange(1, 8)
        frames.append(messages[at : at + size])
        at += size
    for place in range(len(frames) - 1):
        if chance.random() < 0.15:
            frames[place], frames[place + 1] = frames[place + 1], frames[place]
    doubled = [frame for each in frames for frame in [each] * (2 if chance.random() < 0.1 else 1)]
    return doubled if whole else doubled[: chance.randrange(len(doubled) + 1)]
