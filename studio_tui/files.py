"""Reads whole files that may not be what they should be, with errors that callers expect anyway.

A folder, a pipe or a device in a file's place is an `OSError`, as a missing file is; what is no
text, no JSON or no TOML, or is nested deeper than can be read, is a `ValueError`.
"""

import errno
import json
import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

READ_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that is read whole."""
_MACHINES_OWN = frozenset(
    {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ESTALE}
)
"""Errors of the machine, which say nothing about a file."""


def read_bytes(path: Path) -> bytes:
    """Return what is in a regular file.

    Raises:
        OSError: It is missing, no regular file, longer than `READ_LIMIT`, or cannot be read.
    """
    # A pipe would be waited for as it is opened.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            what = "it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file"
            raise OSError(errno.EINVAL, what, str(path))
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(READ_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(data) > READ_LIMIT:
        raise OSError(errno.EFBIG, "it is too long", str(path))
    return data


def is_of_machine(error: OSError) -> bool:
    """Whether a file could not be read for a reason that may pass, and that it is no part of."""
    return error.errno in _MACHINES_OWN


def read_text(path: Path) -> str:
    """Return the text in a file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no UTF-8.
    """
    return read_bytes(path).decode("utf-8")


def read_json(path: Path) -> Any:
    """Return the value in a file of JSON.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no JSON.
    """
    return _parsed(path, json.loads)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables in a file of TOML.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no TOML.
    """
    return _parsed(path, tomllib.loads)


def _parsed(path: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(read_text(path))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
