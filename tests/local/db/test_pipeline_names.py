import re

from studio_tui.local.db.new_pipeline import make_name


def test_a_pipeline_name_is_two_words_of_four_letters() -> None:
    names = {make_name() for _ in range(200)}
    assert len(names) > 190
    assert all(re.fullmatch(r"[a-z]{4}-[a-z]{4}", name) for name in names)
