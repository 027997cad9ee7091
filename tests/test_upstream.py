"""Each module that uses private parts of Textual, Rich or uvicorn links to a report about it.

In `docs/upstream`, the reports explain to the developers of these libraries why this is necessary.
"""

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import studio_tui
import studio_tui.local.server
import studio_tui.tui

ROOT = Path(studio_tui.__file__).parent.parent
REPORTS = ROOT / "docs" / "upstream"
SECTIONS = (
    "# ",
    "## What happens",
    "## Known reports",
    "## Reproduction",
    "## Proposed change",
    "## Versions",
)
KNOWN_REPORTS = re.compile(r"github\.com/[\w./-]+/(issues|pull)/\d+|None found \(\d{4}-\d\d-\d\d\)")
LIBRARIES = ("textual", "rich", "uvicorn")
OWN_OBJECTS = {"self", "cls", "super()"}
NOT_PRIVATE = re.compile(r"__|_replace$|_make$|_fields$|_asdict$")
MODULES = [
    module.name
    for package in (studio_tui.tui, studio_tui.local.server)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@cache
def attributes_of(library_class: type) -> set[str]:
    """Return the attributes of a class of a library; cached, as finding its source is slow."""
    source = inspect.getsource(library_class)
    return vars(library_class).keys() | set(re.findall(r"self\.(_\w+)\b[^=\n]*=", source))


def inherited_private_names(own_class: type) -> set[str]:
    """Return the private attributes that a class of the program inherits from the libraries."""
    bases = [base for base in own_class.__mro__ if base.__module__.split(".")[0] in LIBRARIES]
    names = set().union(*map(attributes_of, bases))
    return {name for name in names if name.startswith("_") and not NOT_PRIVATE.match(name)}


def private_uses_of_class(module: ModuleType, node: ast.ClassDef) -> Iterator[str]:
    """Yield the private attributes of the libraries that a class overrides or uses."""
    if inspect.isclass(own_class := vars(module).get(node.name)):
        private = inherited_private_names(own_class)
        yield from private & {getattr(each, "name", "") for each in node.body}
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute) and each.attr in private:
                yield each.attr


def is_library_attribute(module: ModuleType, target: ast.expr) -> bool:
    """Whether an expression is an attribute of a module of a library."""
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return False
    owner = getattr(module, target.value.id, None)
    return inspect.ismodule(owner) and owner.__name__.startswith(LIBRARIES)


def private_uses(name: str) -> Iterator[str]:
    """Yield what a module uses, overrides or replaces of the libraries although it is private."""
    module = importlib.import_module(name)
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.ImportFrom(module=str(path)) if path.startswith(LIBRARIES) and "._" in path:
                yield path
            case ast.Assign(targets=targets):
                yield from (
                    ast.unparse(each) for each in targets if is_library_attribute(module, each)
                )
            case ast.Attribute(value=owner, attr=attribute) if attribute.startswith("_"):
                if not NOT_PRIVATE.match(attribute) and ast.unparse(owner) not in OWN_OBJECTS:
                    yield ast.unparse(node)
            case ast.ClassDef():
                yield from private_uses_of_class(module, node)


def linked_reports(name: str) -> set[str]:
    """Return the reports that a module's docstring links to."""
    return set(
        re.findall(r"docs/upstream/([\w-]+)\.md", importlib.import_module(name).__doc__ or "")
    )


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_uses_private_parts_links_to_a_report(name: str) -> None:
    uses = set(private_uses(name))
    assert not uses or linked_reports(name), uses


def test_each_report_is_complete_and_belongs_to_one_module() -> None:
    modules_by_report = defaultdict(list)
    for name in MODULES:
        for report in linked_reports(name):
            modules_by_report[report].append(name)
    assert {path.stem for path in REPORTS.glob("*.md")} == modules_by_report.keys()
    assert not {report: names for report, names in modules_by_report.items() if len(names) > 1}
    for path in REPORTS.glob("*.md"):
        text = path.read_text("utf-8")
        assert all(
            re.search(rf"^{re.escape(section)}", text, re.MULTILINE) for section in SECTIONS
        ), path
        assert KNOWN_REPORTS.search(text), path
