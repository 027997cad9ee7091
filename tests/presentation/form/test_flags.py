import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio_tui.presentation.form.flags import shell_word
from studio_tui.text import safe_block
from tests.soak import at_length

HOSTILE = (
    "\n",
    "\r\n",
    "\t",
    "\x1b",
    "\u202e",
    "\udcff",
    "-",
    "%s",
    "'",
    "\\",
    "\\n",
    "\\c",
    "$HOME",
)
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
WORDS = st.lists(st.sampled_from(HOSTILE) | CHARACTERS, max_size=8).map("".join)
EDGES = ["", "\n", "\x1b\n\n", "\n\x1b", "-\x1b", "--\x1b%d\\c", "\x1b'\n", "a b\u202e\n", "\udcff"]


@pytest.mark.starts_processes
@pytest.mark.parametrize("shell", [each for each in ("sh", "bash", "zsh") if shutil.which(each)])
@settings(max_examples=at_length(5, 100), deadline=None)
@given(st.lists(WORDS, min_size=20, max_size=20))
@example(EDGES)
def test_every_shell_reads_any_text_unchanged(shell: str, words: list[str]) -> None:
    quoted = [shell_word(word) for word in words]
    assert all(safe_block(each) == each for each in quoted)
    command = f"printf '%s\\0' {' '.join(quoted)}"
    completed = subprocess.run([shell, "-c", command], capture_output=True, check=True)
    assert completed.stderr == b""
    expected = "".join(f"{word}\0" for word in words)
    assert completed.stdout == expected.encode("utf-8", "surrogateescape")


def test_half_a_character_that_is_no_byte_of_a_file_name_is_escaped_too() -> None:
    assert shell_word("a\ud800") == "a\"$(printf '\\355\\240\\200')\""
