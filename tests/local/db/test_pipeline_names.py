import random
import re

from studio_tui.local.db.pipeline_additions import make_name


def test_a_pipeline_name_is_two_words_of_four_letters() -> None:
    chance = random.Random(1)
    names = {make_name(chance.choice) for _ in range(200)}
    assert len(names) > 190
    assert all(re.fullmatch(r"[a-z]{4}-[a-z]{4}", name) for name in names)
