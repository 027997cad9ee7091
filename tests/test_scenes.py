from pathlib import Path

import pytest

from tests.scenes import SCENES, draw
from tests.soak import at_length

pytestmark = pytest.mark.draws_dashboards

GALLERY = Path(__file__).parent.parent / "screenshots"
WIDEST = {name for name, scene in SCENES.items() if scene.size[0] >= 200}
"""Pictures of 200 columns. A smaller picture shows the same screen, so the suite omits them."""


@pytest.mark.parametrize(
    "name", at_length([name for name in SCENES if name not in WIDEST], [*SCENES])
)
async def test_each_scene_looks_like_its_picture_in_the_gallery(name: str) -> None:
    drawn = await draw(name)
    expected = (GALLERY / f"{name}.svg").read_text("utf-8")
    assert drawn == expected, f"look at the new picture: make screenshots, then {name}.svg"


def test_the_gallery_has_exactly_one_picture_of_each_scene() -> None:
    assert {path.stem for path in GALLERY.glob("*.svg")} == set(SCENES)


def test_no_picture_shows_a_secret() -> None:
    for path in GALLERY.glob("*.svg"):
        assert "hf_secret" not in path.read_text("utf-8")
