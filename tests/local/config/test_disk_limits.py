import pytest

from studio_tui.local.config.disk_limits import parse_size


@pytest.mark.parametrize("text", ["96MiB", " 98304 kib", "100663296"])
def test_a_size_has_a_unit_or_is_in_bytes(text: str) -> None:
    assert parse_size(text) == 96 * 2**20
