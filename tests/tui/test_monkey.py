import os
from pathlib import Path

import pytest

from tests import needs
from tests.studios import ThreadStudio
from tests.tui import monkey

SIZES = [(80, 24), (120, 40), (200, 60)]
KEYS = 20
"""Keys of the short form at each size."""
MINUTES = float(os.environ.get("STUDIO_TUI_MONKEY_MINUTES", "2"))
"""Minutes of the soak at each size."""
FIRST = int(os.environ.get("STUDIO_TUI_MONKEY_SEED", "1"))
"""The first seed of the soak."""


@pytest.fixture
def busy_studio(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ThreadStudio:
    """A Studio with something of each kind, and an environment that reaches no further."""
    for variable, value in monkey.hold_back(tmp_path).items():
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    monkey.fill(studio)
    return studio


async def test_random_keys_end_nothing(busy_studio: ThreadStudio, tmp_path: Path) -> None:
    for seed, size in enumerate(SIZES, start=1):
        await monkey.play(busy_studio, tmp_path, seed, size=size, keys=KEYS)


@needs.time
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_random_keys_end_nothing_for_minutes(
    busy_studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    assert await monkey.play_on(busy_studio, tmp_path, FIRST, size=size, minutes=MINUTES)
