"""What the environment says about the capabilities of the terminal."""

import pytest

from studio_tui.tui.terminal import probe


@pytest.mark.parametrize(
    ("environ", "is_usable"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm", "LANG": "en_US.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "de_DE.utf8"}, True),
        ({"TERM": "xterm", "LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LC_ALL": "C", "PYTHONUTF8": "1"}, True),
        ({}, True),
        ({"TERM": "dumb", "LANG": "en_US.UTF-8"}, False),
        ({"TERM": "unknown"}, False),
        ({"TERM": "xterm", "LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, False),
        ({"TERM": "xterm", "LANG": "de_DE.ISO\x1b[31mé"}, False),
    ],
)
def test_a_terminal_that_cannot_show_the_dashboard_is_refused_with_a_reason_in_plain_ascii(
    environ: dict[str, str], is_usable: bool
) -> None:
    reason = probe.why_unusable(environ)
    assert (reason is None) is is_usable
    assert reason is None or (reason.isascii() and reason.isprintable())
