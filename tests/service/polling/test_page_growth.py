import pytest

from studio_tui.service.polling.page_growth import with_more_pages


@pytest.mark.parametrize(("count", "more"), [(50, 150), (100, 200), (300, 600), (900, 1400)])
def test_the_number_doubles_within_one_and_five_pages(count: int, more: int) -> None:
    assert with_more_pages(count, 100) == more
