"""Names and versions of datasets, as DataChain writes them: `[@]namespace.project.name@version`."""

import re
from typing import NamedTuple

DEFAULT_NAMESPACE = "local"
DEFAULT_PROJECT = "local"

LISTING = "lst__"
"""How the names of datasets begin that are listings of a storage."""

FIRST_VERSION = "1.0.0"

_PART_LIMIT = 255
_PARTS = 3
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


class DatasetName(NamedTuple):
    """What a text names: a dataset, or one version of it."""

    dataset: str
    """`namespace.project.name`; an @ in front says nothing and is left out."""
    version: str | None
    """`None` for the latest."""


def read_name(text: str) -> DatasetName | None:
    """Return what a text names, with defaults for missing parts; `None` if it is no such name."""
    name, _at, version = text.removeprefix("@").partition("@")
    parts = name.split(".")
    if len(parts) > _PARTS or not all(map(_is_part, parts)) or (_at and not is_version(version)):
        return None
    defaults = [DEFAULT_NAMESPACE, DEFAULT_PROJECT]
    return DatasetName(".".join([*defaults[: _PARTS - len(parts)], *parts]), version or None)


def is_version(text: str) -> bool:
    """Tell whether a text is a version, such as 1.0.2."""
    return _VERSION.fullmatch(text) is not None


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions are ordered by; a text that is none comes before all others."""
    match = _VERSION.fullmatch(version)
    return tuple(map(int, match.groups())) if match else ()


def version_after(version: str) -> str:
    """Return the version that is made next."""
    major, minor, patch = version_key(version)
    return f"{major}.{minor}.{patch + 1}"


def is_listing(dataset: str) -> bool:
    """Tell whether a dataset is the listing of a storage, which every job can make anew."""
    return dataset.rpartition(".")[2].startswith(LISTING)


def _is_part(text: str) -> bool:
    return 0 < len(text) <= _PART_LIMIT and text.isprintable() and text.strip() == text
