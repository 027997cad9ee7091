import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.presentation.shell_commands import command
from studio_tui.text import safe_block
from tests.soak import at_length

HOSTILE = ("\n", "\r\n", "\t", "\x1b", "\u202e", "\udcff", "-", "%s", "'", "\\", "\\c", "$HOME")
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
WORDS = st.lists(st.sampled_from(HOSTILE) | CHARACTERS, max_size=8).map("".join)


@pytest.mark.starts_processes
@pytest.mark.parametrize("shell", [each for each in ("sh", "bash", "zsh") if shutil.which(each)])
@settings(max_examples=at_length(5, 100), deadline=None)
@given(st.lists(WORDS, min_size=20, max_size=20))
def test_every_shell_reads_printable_text_unchanged(shell: str, words: list[str]) -> None:
    text = command("printf '%s\\0'", words)
    assert safe_block(text) == text
    printable = [safe_block(word) for word in words]
    assert text.startswith("# Characters that cannot be printed") == (printable != words)
    completed = subprocess.run([shell, "-c", text], capture_output=True, check=True)
    assert completed.stderr == b""
    assert completed.stdout == "".join(f"{word}\0" for word in printable).encode()
