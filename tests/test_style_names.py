"""Class names in style sheets exist: a renamed class would lose its style silently."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App
from textual.css.model import SelectorType
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

import studio_tui.tui
from studio_tui.paths import styles_dir


def kinds(kind: type[DOMNode] = DOMNode) -> Iterator[type[DOMNode]]:
    """Yield all kinds of nodes that are known."""
    yield kind
    for each in kind.__subclasses__():
        yield from kinds(each)


def written() -> tuple[set[str], set[str]]:
    """Return the words in the program's strings, and what names begin with that it composes."""
    words, beginnings = set(), set()
    for path in Path(studio_tui.tui.__file__).parent.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= set(re.findall(r"[\w-]+", node.value))
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                beginnings |= set(re.findall(r"^[a-z][\w-]*-$", str(node.values[0].value)))
    return words, beginnings


@pytest.fixture(scope="module")
def selected() -> dict[SelectorType, set[str]]:
    """Return the names in all style sheets."""
    for found in pkgutil.walk_packages(studio_tui.tui.__path__, "studio_tui.tui."):
        importlib.import_module(found.name)
    sheet = Stylesheet(variables=App().get_css_variables())
    for path in sorted(styles_dir().glob("*.tcss")):
        sheet.read(path)
    sheet.parse()
    names: dict[SelectorType, set[str]] = {}
    for rule in sheet.rules:
        for selectors in rule.selector_set:
            for selector in selectors.selectors:
                names.setdefault(selector.type, set()).add(selector.name)
    return names


def test_each_type_in_a_style_sheet_is_a_class_of_nodes(
    selected: dict[SelectorType, set[str]],
) -> None:
    types = selected[SelectorType.TYPE]
    assert len(types) > 20
    assert types - {kind.__name__ for kind in kinds()} == set()


def test_each_class_and_id_in_a_style_sheet_occurs_in_the_program(
    selected: dict[SelectorType, set[str]],
) -> None:
    words, beginnings = written()
    parts = {name for kind in kinds() for name in getattr(kind, "COMPONENT_CLASSES", ())}

    def is_set(name: str) -> bool:
        composed = (name.removeprefix(each) for each in beginnings if name.startswith(each))
        return name in words | parts or any(rest.replace("-", "_") in words for rest in composed)

    names = selected[SelectorType.CLASS] | selected[SelectorType.ID]
    assert len(names) > 100
    assert {name for name in names if not is_set(name)} == set()
