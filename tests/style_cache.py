"""Shares style sheet results among the dashboards of a test process.

The program computes them once for all nodes in equal places of one dashboard, see
`studio_tui.tui.placed_styles`; here they are shared by all programs whose rules are the same.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation

from studio_tui.tui.placed_styles import PlacedStylesheet, Results

_PARSED: dict[tuple[object, ...], list[RuleSet]] = {}
"""Parsed style sheets, by their text and variables."""

_JOINED: dict[tuple[object, ...], tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
"""All rules of a program, and those by selector, by its style sheets and variables."""

_KNOWN: dict[tuple[int, ...], Results] = {}
"""By the identities of the rules, which `_PARSED` keeps alive."""

_OF_SHEETS: WeakKeyDictionary[Stylesheet, tuple[list[RuleSet], Results]] = WeakKeyDictionary()

_parse = Stylesheet._parse_rules
_join = Stylesheet.parse


def _results_of(sheet: Stylesheet) -> Results:
    rules, results = _OF_SHEETS.get(sheet, (None, None))
    if results is None or rules is not sheet.rules:
        key = tuple(map(id, sheet.rules))
        results = _KNOWN.get(key)
        if results is None:
            results = _KNOWN[key] = Results(sheet.rules)
        _OF_SHEETS[sheet] = sheet.rules, results
    return results


def _parse_once(
    sheet: Stylesheet, css: str, read_from: CSSLocation, *more: Any, **named: Any
) -> Any:
    """Parse a style sheet, reusing the result of earlier programs of this process."""
    variables = tuple(sheet._variables.items())
    key = (css, read_from, variables, more, *sorted(named.items()))
    if key not in _PARSED:
        _PARSED[key] = _parse(sheet, css, read_from, *more, **named)
    return _PARSED[key]


def _join_once(sheet: Stylesheet) -> None:
    """Parse all style sheets of a program, reusing the result of one with the same."""
    if sheet._invalid_css:
        _join(sheet)
        return
    key = tuple(sheet._variables.items()), *sheet.source.items()
    if key not in _JOINED:
        _join(sheet)
        _JOINED[key] = sheet.rules, sheet.rules_map
    sheet._rules, sheet._rules_map = _JOINED[key]
    sheet._require_parse = False


@contextmanager
def styles_shared(app: App[Any]) -> Iterator[None]:
    """Parse each style sheet, and compute its styles for each place, once per process.

    The app must not run yet.
    """
    if type(app.stylesheet) is Stylesheet:
        app.stylesheet = PlacedStylesheet(variables=app.get_css_variables())
    with ExitStack() as patches:
        for target, name, value in (
            (Stylesheet, "_parse_rules", _parse_once),
            (Stylesheet, "parse", _join_once),
            (PlacedStylesheet, "results", _results_of),
            (RuleSet, "__hash__", object.__hash__),  # as it is, but not by way of Python
        ):
            patches.enter_context(mock.patch.object(target, name, value))
        yield
