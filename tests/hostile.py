"""Text that could harm a terminal, and a search for characters that must never be drawn."""

import re

HOSTILE = "a[/]b [@click=app.quit]x[/] [red]r\x1b]52;c;aGk=\x07\x9b31m\u202e日本 🎉"
"""Markup, an action, control codes of both kinds, a change of direction, and wide characters."""

VISIBLE = "a[/]b [@click=app.quit]x[/] [red]r"
"""The start of `HOSTILE` as the screen must show it: markup has no effect."""

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def control_characters(text: str) -> list[str]:
    """Return the control characters of a line, and those that change its direction."""
    return _FORBIDDEN.findall(text)


def control_characters_of_lines(text: str) -> list[str]:
    """Return the same as `control_characters` for a text of several lines."""
    return control_characters(text.replace("\n", ""))
