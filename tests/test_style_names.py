"""Names in style sheets exist in the program: otherwise a renamed class would lose its style."""

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


def node_classes(node_class: type[DOMNode] = DOMNode) -> Iterator[type[DOMNode]]:
    """Yield a class of nodes and all imported subclasses."""
    yield node_class
    for subclass in node_class.__subclasses__():
        yield from node_classes(subclass)


def words_and_prefixes() -> tuple[set[str], set[str]]:
    """Return the words in the program's strings, and prefixes such as `is-` of f-strings."""
    words, prefixes = set(), set()
    for path in Path(studio_tui.tui.__file__).parent.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= set(re.findall(r"[\w-]+", node.value))
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                prefixes |= set(re.findall(r"^[a-z][\w-]*-$", str(node.values[0].value)))
    return words, prefixes


@pytest.fixture(scope="module")
def selected() -> dict[SelectorType, set[str]]:
    """The names in all style sheets, by the type of selector; imports all modules of the TUI."""
    for module in pkgutil.walk_packages(studio_tui.tui.__path__, "studio_tui.tui."):
        importlib.import_module(module.name)
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
    assert types - {node_class.__name__ for node_class in node_classes()} == set()


def test_each_class_and_id_in_a_style_sheet_occurs_in_the_program(
    selected: dict[SelectorType, set[str]],
) -> None:
    words, prefixes = words_and_prefixes()
    components = {
        name
        for node_class in node_classes()
        for name in getattr(node_class, "COMPONENT_CLASSES", ())
    }

    def occurs(name: str) -> bool:
        if name in words | components:
            return True
        suffixes = (name.removeprefix(each) for each in prefixes if name.startswith(each))
        return any(suffix.replace("-", "_") in words for suffix in suffixes)

    names = selected[SelectorType.CLASS] | selected[SelectorType.ID]
    assert len(names) > 100
    assert {name for name in names if not occurs(name)} == set()
