import os
from pathlib import Path

import pytest

from tests import needs
from tests.studios import ThreadStudio
from tests.tui import monkey

SIZES = [(80, 24), (120, 40), (200, 60)]
KEYS_PER_SIZE = 20
"""Number of keys at each size in the suite."""
MINUTES_PER_SIZE = float(os.environ.get("STUDIO_TUI_MONKEY_MINUTES", "2"))
"""Minutes at each size in a soak run."""
FIRST_SEED = int(os.environ.get("STUDIO_TUI_MONKEY_SEED", "1"))
"""The first seed in a soak run."""


@pytest.fixture
def busy_studio(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ThreadStudio:
    """A Studio with items of each kind, whose dashboard affects nothing outside `tmp_path`."""
    for variable, value in monkey.isolated_environment(tmp_path).items():
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    monkey.fill(studio)
    return studio


async def test_the_dashboard_survives_random_keys(
    busy_studio: ThreadStudio, tmp_path: Path
) -> None:
    for seed, size in enumerate(SIZES, start=1):
        await monkey.play(busy_studio, tmp_path, seed, size=size, keys=KEYS_PER_SIZE)


@needs.time
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_dashboard_survives_random_keys_for_minutes(
    busy_studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    assert await monkey.play_seeds(
        busy_studio, tmp_path, FIRST_SEED, size=size, minutes=MINUTES_PER_SIZE
    )
