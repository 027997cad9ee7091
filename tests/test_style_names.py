"""Names in style sheets: a class that was renamed would lose its style without a word."""

import importlib
import pkgutil
from collections.abc import Iterator

from textual.app import App
from textual.css.model import SelectorType
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

import studio_tui.tui
from studio_tui.paths import styles_dir


def kinds(kind: type[DOMNode] = DOMNode) -> Iterator[str]:
    """Yield the names of all kinds of nodes that are known."""
    yield kind.__name__
    for each in kind.__subclasses__():
        yield from kinds(each)


def test_each_type_in_a_style_sheet_is_that_of_a_widget() -> None:
    for found in pkgutil.walk_packages(studio_tui.tui.__path__, "studio_tui.tui."):
        importlib.import_module(found.name)
    sheet = Stylesheet(variables=App().get_css_variables())
    sheets = sorted(styles_dir().glob("*.tcss"))
    for path in sheets:
        sheet.read(path)
    sheet.parse()
    types = {
        selector.name
        for rule in sheet.rules
        for selectors in rule.selector_set
        for selector in selectors.selectors
        if selector.type is SelectorType.TYPE
    }
    assert len(types) > 20
    assert types - set(kinds()) == set()
