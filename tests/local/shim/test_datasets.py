import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.local.shim.datasets import (
    is_listing,
    is_version,
    read_name,
    version_after,
    version_key,
)


@pytest.mark.parametrize(
    ("text", "dataset", "version"),
    [
        ("cats", "local.local.cats", None),
        ("animals.cats", "local.animals.cats", None),
        ("dev.animals.cats", "dev.animals.cats", None),
        ("@dev.animals.cats", "dev.animals.cats", None),
        ("@dev.animals.cats@1.0.2", "dev.animals.cats", "1.0.2"),
        ("cats@2.0.0", "local.local.cats", "2.0.0"),
        ("@cats", "local.local.cats", None),
        ("Katzen und Käter", "local.local.Katzen und Käter", None),
    ],
)
def test_missing_parts_of_a_dataset_name_have_defaults(
    text: str, dataset: str, version: str | None
) -> None:
    assert read_name(text) == (dataset, version)


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "a.b.c.d", "a..b", ".a", "cats\n", "ca\x1bts", " cats", "x" * 256),
        *("cats@", "cats@banana", "cats@1", "cats@1.0.0@2.0.0"),
    ],
)
def test_an_invalid_dataset_name_is_not_parsed(text: str) -> None:
    assert read_name(text) is None


@given(st.tuples(*[st.integers(0, 10**8)] * 3))
def test_versions_are_ordered_as_numbers(parts: tuple[int, int, int]) -> None:
    version = ".".join(map(str, parts))
    assert is_version(version)
    assert version_key(version) == parts
    assert version_key(version) < version_key(version_after(version))


def test_an_invalid_version_is_ordered_before_all_versions() -> None:
    assert version_key("banana") < version_key("0.0.0")
    assert not any(map(is_version, ["01.0.0", "1.0", "1.0.0.0", "v1.0.0", "1.0.0\n", "١.0.0"]))


def test_a_listing_of_a_storage_is_recognized_by_its_name() -> None:
    assert is_listing("system.listing.lst__s3://bucket/")
    assert not is_listing("local.lst__x.cats")
