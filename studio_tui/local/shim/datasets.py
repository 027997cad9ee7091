"""Names and versions of datasets as in DataChain: `[@][[namespace.]project.]name[@version]`."""

import re
from typing import NamedTuple

DEFAULT_NAMESPACE = "local"
DEFAULT_PROJECT = "local"

LISTING = "lst__"
"""Prefix of the names of listings: datasets of the files in a storage."""

FIRST_VERSION = "1.0.0"

_PART_LIMIT = 255
_PARTS = 3
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


class DatasetName(NamedTuple):
    """The parsed name of a dataset, or of one of its versions."""

    dataset: str
    """As `namespace.project.name`."""
    version: str | None
    """`None` for the latest."""


def read_name(text: str) -> DatasetName | None:
    """Parse a name, with `local` for a missing namespace or project; `None` if it is invalid."""
    name, separator, version = text.removeprefix("@").partition("@")
    parts = name.split(".")
    if (
        len(parts) > _PARTS
        or not all(map(_is_part, parts))
        or (separator and not is_version(version))
    ):
        return None
    defaults = [DEFAULT_NAMESPACE, DEFAULT_PROJECT]
    return DatasetName(".".join([*defaults[: _PARTS - len(parts)], *parts]), version or None)


def is_version(text: str) -> bool:
    """Whether a text is a version, such as 1.0.2."""
    return _VERSION.fullmatch(text) is not None


def version_key(version: str) -> tuple[int, ...]:
    """Return the sort key of a version; invalid versions come before all others."""
    match = _VERSION.fullmatch(version)
    return tuple(map(int, match.groups())) if match else ()


def version_after(version: str) -> str:
    """Return the next patch version of a valid version, such as 1.0.3 after 1.0.2."""
    major, minor, patch = version_key(version)
    return f"{major}.{minor}.{patch + 1}"


def is_listing(dataset: str) -> bool:
    """Whether a dataset is the listing of a storage, which every job can recreate."""
    return dataset.rpartition(".")[2].startswith(LISTING)


def _is_part(text: str) -> bool:
    return 0 < len(text) <= _PART_LIMIT and text.isprintable() and text.strip() == text
