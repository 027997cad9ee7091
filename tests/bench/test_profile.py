import cProfile
import pstats

import pytest

from studio_tui.text import safe_line
from tests.bench.profile import imports, main, table
from tests.soak import at_length


def test_a_profile_is_summed_by_package_and_names_functions() -> None:
    profile = cProfile.Profile()
    profile.runcall(lambda: [safe_line("\x1b[31mred") for _ in range(100)])
    lines = table(pstats.Stats(profile), 1.0).splitlines()
    assert lines[0].startswith("busy ")
    assert any(line.endswith("%  studio_tui/text") for line in lines)
    assert any("studio_tui/text.py:" in line and line.endswith("safe_line") for line in lines)


@pytest.mark.starts_processes
def test_the_profile_of_the_start_lists_the_imports() -> None:
    lines = imports().splitlines()
    assert lines[0].endswith("ms in all")
    assert any("textual" in line or "pydantic" in line for line in lines)


@pytest.mark.starts_processes
@pytest.mark.draws_dashboards
@pytest.mark.parametrize(
    "activity", at_length(["page"], ["cursor", "page", "idle", "poll", "follow"])
)
def test_an_activity_of_the_dashboard_is_profiled(
    activity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([activity, "--seconds", "0.5"]) == 0
    assert "own ms" in capsys.readouterr().out
