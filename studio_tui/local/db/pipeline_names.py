"""Names for pipelines, such as `rathe-kyat`: two invented words, easy to pronounce and type."""

from collections.abc import Callable, Sequence

_WORD = ("bcdfghjklmnprstvwyz", "aeiou", "bcdfgklmnprstvz", "aeiouy")
"""The possible letters at each position."""

Choose = Callable[[Sequence[str]], str]
"""Picks one of several."""


def make_name(choose: Choose) -> str:
    """Return one of some 70 million names."""
    return f"{_word(choose)}-{_word(choose)}"


def _word(choose: Choose) -> str:
    return "".join(choose(letters) for letters in _WORD)
