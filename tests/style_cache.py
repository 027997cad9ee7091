"""Shares style sheet results among the dashboards of a test process.

Within one dashboard, the program computes styles once for all nodes in equal places, see
`studio_tui.tui.placed_styles`. Here all dashboards with the same rules share these results.
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
"""Parsed style sheets, by the arguments of the parser and the variables."""

_JOINED: dict[tuple[object, ...], tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
"""All rules of an app, and its rules by selector; by the app's style sheets and variables."""

_RESULTS: dict[tuple[int, ...], Results] = {}
"""Results by the identities of their rules, which `_PARSED` keeps alive."""

_LAST_LOOKUPS: WeakKeyDictionary[Stylesheet, tuple[list[RuleSet], Results]] = WeakKeyDictionary()
"""The rules of each style sheet when its results were last looked up, and these results."""

_parse = Stylesheet._parse_rules
_join = Stylesheet.parse


def _results_of(sheet: Stylesheet) -> Results:
    """Return the results that all style sheets with the same rules share."""
    rules, results = _LAST_LOOKUPS.get(sheet, (None, None))
    if results is None or rules is not sheet.rules:
        key = tuple(map(id, sheet.rules))
        results = _RESULTS.get(key)
        if results is None:
            results = _RESULTS[key] = Results(sheet.rules)
        _LAST_LOOKUPS[sheet] = sheet.rules, results
    return results


def _parse_once(
    sheet: Stylesheet, css: str, read_from: CSSLocation, *arguments: Any, **options: Any
) -> Any:
    """Parse a style sheet, or reuse the result of an earlier app of this process."""
    variables = tuple(sheet._variables.items())
    key = (css, read_from, variables, arguments, *sorted(options.items()))
    if key not in _PARSED:
        _PARSED[key] = _parse(sheet, css, read_from, *arguments, **options)
    return _PARSED[key]


def _join_once(sheet: Stylesheet) -> None:
    """Parse all style sheets of an app, or reuse the result of an app with the same ones."""
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
    """Parse each style sheet and compute the styles of each place once per process.

    Enter the context before the app runs.
    """
    if type(app.stylesheet) is Stylesheet:
        app.stylesheet = PlacedStylesheet(variables=app.get_css_variables())
    with ExitStack() as patches:
        for target, name, value in (
            (Stylesheet, "_parse_rules", _parse_once),
            (Stylesheet, "parse", _join_once),
            (PlacedStylesheet, "results", _results_of),
            (RuleSet, "__hash__", object.__hash__),  # also by identity, but faster
        ):
            patches.enter_context(mock.patch.object(target, name, value))
        yield
