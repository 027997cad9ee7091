"""UDFs with the setting `workers`, with a stand-in for DataChain.

`tests/local/http/test_published_client.py` runs such UDFs with DataChain itself.
"""

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
    """The module as a job imports it, with stand-ins for the names of DataChain that it uses."""
    catalog, query, udf = (
        ModuleType(f"datachain.{name}") for name in ("catalog", "query", "query.udf")
    )
    vars(catalog).update(QUERY_SCRIPT_ABORTED_EXIT_CODE=1, QUERY_SCRIPT_CANCELED_EXIT_CODE=2)
    vars(query).update(dataset=ModuleType("dataset"))
    vars(udf).update(AbstractUDFDistributor=object, UdfInfo=dict)
    for module in (ModuleType("datachain"), catalog, query, udf):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.syspath_prepend(str(FOLDER))
    import studio_udf_workers  # type: ignore[import-not-found]

    yield studio_udf_workers
    del sys.modules["studio_udf_workers"]


def test_the_distributor_is_false_in_a_function_whose_variable_workers_is_false(
    workers: Any,
) -> None:
    distributor = workers.Distributor

    def is_true_with(setting: object) -> bool:
        workers = setting  # the local variable of DataChain that the class reads
        return bool(distributor) and workers is setting

    def is_true_without_the_variable() -> bool:
        return bool(distributor)

    assert is_true_with(3)
    assert not is_true_with(False)
    assert is_true_without_the_variable()


@pytest.mark.parametrize(
    ("udf_settings", "count"),
    [
        ({"workers": 3}, 3),
        ({"workers": 2, "processes": 4}, 8),
        ({"workers": 20, "min_task_size": 10}, 10),
        ({"workers": 20, "min_task_size": "1000"}, 1),
        ({"workers": 500}, 100),
        ({"workers": 1, "processes": 0, "use_cache": True}, 1),
    ],
)
def test_the_number_of_processes_follows_from_the_settings_and_the_rows(
    workers: Any, udf_settings: dict[str, Any], count: int
) -> None:
    assert workers._processes(**udf_settings, rows_to_process=100) == count
