import re
from pathlib import Path

import pytest
from textual.binding import Binding

from tests.keymap import ACTIVE_TOGETHER, NAMES, NEAREST_WINS, OWNERS, commands_on, keys_of

ROOT = Path(__file__).parent.parent


def test_every_documented_key_is_bound_on_the_screens_it_names() -> None:
    tables = (ROOT / "docs" / "keys.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \| ([a-z, ]+) \|", tables, re.MULTILINE)
    assert len(rows) > 70
    for keys, screens in rows:
        for key in re.findall(r"`(\S+)`", keys):
            for screen in screens.split(", "):
                assert NAMES.get(key, key) in keys_of(OWNERS[screen]), f"{key} on {screen}"


def test_links_in_the_documents_point_to_existing_files_and_headings() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    assert len(documents) > 5
    for document in documents:
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text("utf-8")):
            path, _, heading = target.partition("#")
            file = document.parent / path if path else document
            assert file.exists(), f"{document.name} points to {target}"
            if heading:
                text = file.read_text("utf-8").lower().replace(" ", "-")
                assert f"#-{heading}\n" in text, f"{document.name} points to {target}"


def test_every_binding_has_a_dotted_id_and_an_explanation() -> None:
    for owners in OWNERS.values():
        for owner in owners:
            for binding in vars(owner).get("BINDINGS", ()):
                assert isinstance(binding, Binding)
                assert binding.id, f"{binding.key} of {owner.__name__}"
                assert re.fullmatch(r"[a-z]+\.[a-z_]+", binding.id)
                assert binding.description or binding.tooltip


@pytest.mark.parametrize("screen", ACTIVE_TOGETHER)
def test_no_key_has_two_commands_on_one_screen(screen: str) -> None:
    shared = {key: ids for key, ids in commands_on(screen).items() if len(ids - NEAREST_WINS) > 1}
    assert not shared
