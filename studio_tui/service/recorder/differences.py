"""Computes the difference between two JSON values, and applies it.

A difference is JSON too. `{"=": value}` replaces the value. `{"{": {...}}` has the differences of
the changed members of an object, by name; `{"-": 1}` removes a member. `{"[": {...}}` has the
differences of the changed items of a list, by number from 0, as a string.
"""

from typing import Any

NOTHING: dict[str, Any] = {}
GONE = {"-": 1}
"""The change of an item that Studio no longer lists, and of a member that is removed."""


def difference(before: Any, after: Any) -> dict[str, Any]:
    """Return the difference from one value to the other; `NOTHING` if they are equal."""
    if isinstance(before, dict) and isinstance(after, dict):
        members = {key: GONE for key in before if key not in after}
        for key, value in after.items():
            if changed := difference(before[key], value) if key in before else {"=": value}:
                members[key] = changed
        return {"{": members} if members else NOTHING
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        items = {
            str(place): changed
            for place, pair in enumerate(zip(before, after, strict=True))
            if (changed := difference(*pair))
        }
        return {"[": items} if items else NOTHING
    return NOTHING if before == after and type(before) is type(after) else {"=": after}


def apply_difference(before: Any, change: dict[str, Any]) -> Any:
    """Return what `before` becomes by a difference; raise `ValueError` if it does not fit."""
    try:
        return _apply(before, change)
    except (AttributeError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("The difference does not apply to the previous version.") from error


def _apply(before: Any, change: dict[str, Any]) -> Any:
    if not change:
        return before
    if "=" in change:
        return change["="]
    if "{" in change:
        members = dict(before)
        for key, each in change["{"].items():
            if each == GONE:
                del members[key]
            else:
                members[key] = _apply(members.get(key), each)
        return members
    items = list(before)
    for place, each in change["["].items():
        items[int(place)] = _apply(items[int(place)], each)
    return items
