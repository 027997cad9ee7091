"""The tests of this folder expect local time to be UTC."""

import os
import time
from collections.abc import Iterator
from unittest import mock

import pytest


@pytest.fixture(scope="module", autouse=True)
def local_time_is_utc() -> Iterator[None]:
    with mock.patch.dict(os.environ, {"TZ": "UTC"}):
        time.tzset()
        yield
    time.tzset()
