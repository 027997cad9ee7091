"""UDFs with `workers`; the tests of the published client run them in DataChain itself."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from studio_tui.local.run import environment

FOLDER = Path(environment.__file__).with_name("udf_workers")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module as a job imports it, beside as much of DataChain as it names."""
    catalog, query, udf = (
        ModuleType(f"datachain.{name}") for name in ("catalog", "query", "query.udf")
    )
    vars(catalog).update(QUERY_SCRIPT_ABORTED_EXIT_CODE=1, QUERY_SCRIPT_CANCELED_EXIT_CODE=2)
    vars(query).update(dataset=ModuleType("dataset"))
    vars(udf).update(AbstractUDFDistributor=object, UdfInfo=dict)
    for name, module in (("", ModuleType("datachain")), (".catalog", catalog), (".query", query),
                         (".query.udf", udf)):  # fmt: skip
        monkeypatch.setitem(sys.modules, f"datachain{name}", module)
    monkeypatch.syspath_prepend(str(FOLDER))
    import studio_udf_workers  # type: ignore[import-not-found]

    yield studio_udf_workers
    del sys.modules["studio_udf_workers"]


def test_the_class_is_none_to_a_udf_without_workers(workers: Any) -> None:
    def asks(workers_wanted: object) -> bool:
        workers = workers_wanted  # the name that DataChain has for it
        return bool(distributor) and workers is workers_wanted

    distributor = workers.Distributor
    assert asks(3)
    assert not asks(False)
    assert bool(distributor) or "workers" in locals()


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"workers": 3}, 3),
        ({"workers": 2, "processes": 4}, 8),
        ({"workers": 20, "min_task_size": 10}, 10),
        ({"workers": 20, "min_task_size": "1000"}, 1),
        ({"workers": 500}, 100),
        ({"workers": 1, "processes": 0, "use_cache": True}, 1),
    ],
)
def test_workers_are_as_many_processes(workers: Any, asked: dict[str, Any], count: int) -> None:
    assert workers._processes(**asked, rows_to_process=100) == count
