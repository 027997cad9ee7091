"""Input that is not UTF-8, such as text pasted in Latin-1, in a real terminal."""

import os
from pathlib import Path

import pytest

from tests.e2e.test_program import program
from tests.studios import ProcessStudio

pytestmark = pytest.mark.starts_processes


def test_input_that_is_not_utf8_does_not_end_the_program(tmp_path: Path) -> None:
    studio = ProcessStudio(tmp_path / "studio")
    try:
        with program(studio, tmp_path) as terminal:
            terminal.press("/")
            os.write(terminal._master, b"ab\xff\x9bcd")
            terminal.wait_for_text("ab.*cd")
            terminal.settle(0.3)
            assert not terminal.exited
    finally:
        studio.stop()
