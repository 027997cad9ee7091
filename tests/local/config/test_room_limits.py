import pytest

from studio_tui.local.config.room_limits import byte_count


@pytest.mark.parametrize("text", ["96MiB", " 98304 kib", "100663296"])
def test_a_size_has_a_unit_or_is_in_bytes(text: str) -> None:
    assert byte_count(text) == 96 * 2**20
