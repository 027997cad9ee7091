"""Runs UDFs with DataChain's setting `workers` in processes of this machine.

DataChain finds `Distributor` by `DATACHAIN_DISTRIBUTED`. The job's interpreter imports this module,
so it imports nothing of this package. See `UDFStep.process_udf` and `AbstractUDFDistributor` of the
published client 0.62.
"""

import os
import subprocess
import sys
from abc import ABCMeta
from pathlib import Path
from typing import Any

from datachain.catalog import QUERY_SCRIPT_ABORTED_EXIT_CODE, QUERY_SCRIPT_CANCELED_EXIT_CODE
from datachain.query import dataset
from datachain.query.udf import AbstractUDFDistributor, UdfInfo

_CANCELED = "UDF execution was canceled by the user."
_ABORTED = "UDF execution aborted: job already terminated."


class _OnlyForWorkers(ABCMeta):
    """Makes `Distributor` falsy for a UDF without workers, which then runs in the job's process.

    DataChain checks `if udf_distributor_class` in a function with a local variable `workers`.
    """

    def __bool__(cls) -> bool:
        return bool(sys._getframe(1).f_locals.get("workers", True))


class Distributor(AbstractUDFDistributor, metaclass=_OnlyForWorkers):  # type: ignore[misc] # unknown here
    """Distributes the rows of one UDF to processes, as DataChain's setting `parallel` does."""

    def __init__(self, **arguments: Any) -> None:
        """Take DataChain's keyword arguments, to which later versions may add."""
        catalog = arguments["catalog"]
        self._info = UdfInfo(
            udf_data=arguments["udf_data"],
            catalog_init=catalog.get_init_params(),
            metastore_clone_params=catalog.metastore.clone_params(),
            warehouse_clone_params=catalog.warehouse.clone_params(),
            table=arguments["table"],
            query=arguments["query"],
            udf_fields=arguments["udf_fields"],
            batching=arguments["batching"],
            processes=_processes(**arguments),
            is_generator=arguments.get("is_generator", False),
            cache=arguments.get("use_cache", False),
            rows_total=arguments["rows_to_process"],
            batch_size=arguments.get("batch_size"),
        )

    def __call__(self) -> None:
        """Run the UDF on all rows; on return the results are in the UDF's table."""
        # A separate process, so that the script needs no `if __name__ == "__main__"`.
        command = [*dataset.get_datachain_executable(), "internal-run-udf"]
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        data = dataset.filtered_cloudpickle_dumps(self._info)
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
            try:
                process.communicate(data)
            except KeyboardInterrupt:
                raise dataset.QueryScriptCancelError(_CANCELED) from None
        if process.returncode == QUERY_SCRIPT_CANCELED_EXIT_CODE:
            raise dataset.QueryScriptCancelError(_CANCELED)
        if process.returncode == QUERY_SCRIPT_ABORTED_EXIT_CODE:
            raise dataset.QueryScriptAbortError(_ABORTED)
        if process.returncode:
            raise RuntimeError(f"UDF Execution Failed! Exit code: {process.returncode}")

    @staticmethod
    def run_udf() -> int:
        """Raise, as there are no workers on other machines."""
        raise RuntimeError("The local Studio runs workers as processes of its own machine.")


def _processes(
    *,
    workers: bool | int,
    processes: bool | int | None = None,
    rows_to_process: int,
    min_task_size: str | int | None = None,
    **_more: Any,
) -> int:
    """Return the number of processes for all workers together, from 1 to the number of rows.

    `workers` is a number; `True` or negative means one per processor. `processes` is the number per
    worker; `True` or negative means at least one process per processor in total. Each process gets
    at least `min_task_size` rows.
    """
    cores = os.cpu_count() or 1
    count = cores if workers is True or workers < 0 else int(workers)
    if processes is True or (processes or 0) < 0:
        count = max(count, cores)
    elif processes:
        count *= int(processes)
    if min_task_size:
        count = min(count, rows_to_process // max(1, int(min_task_size)))
    return max(1, min(count, rows_to_process))
