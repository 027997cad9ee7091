import re
from pathlib import Path

import pytest
from textual.binding import Binding

from tests.keymap import NAMES, NEARER, OWNERS, TOGETHER, commands_at, keys_of

ROOT = Path(__file__).parent.parent


def test_every_key_in_the_readme_is_bound_on_the_screens_it_names() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \| ([a-z, ]+) \|", readme.split("<!-- keys")[1], re.MULTILINE)
    assert len(rows) > 15
    for shown, places in rows:
        for key in re.findall(r"`(\S+)`", shown):
            for place in places.split(", "):
                assert NAMES.get(key, key) in keys_of(OWNERS[place]), f"{key} on {place}"


def test_links_in_the_documents_point_to_existing_files() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / target).exists(), f"{name} points to {target}"


def test_every_binding_has_a_dotted_id_and_an_explanation() -> None:
    for owners in OWNERS.values():
        for owner in owners:
            for binding in vars(owner).get("BINDINGS", ()):
                assert isinstance(binding, Binding)
                assert binding.id, f"{binding.key} of {owner.__name__}"
                assert re.fullmatch(r"[a-z]+\.[a-z_]+", binding.id)
                assert binding.description or binding.tooltip


@pytest.mark.parametrize("place", TOGETHER)
def test_no_key_has_two_commands_on_one_screen(place: str) -> None:
    shared = {key: ids for key, ids in commands_at(place).items() if len(ids - NEARER) > 1}
    assert not shared
