"""Registers a job in DataChain's database: `datachain_job.py begin JOBDIR | end JOBDIR STATUS`.

The job's interpreter runs this file, so it imports nothing of this package. DataChain links a
script's dataset versions to the job named in `DATACHAIN_JOB_ID` only if its database has that job.
DataChain does not update the status of the job by itself.
"""

import json
import sys
from pathlib import Path

from datachain.catalog import get_catalog
from datachain.data_storage.job import JobStatus


def main() -> None:
    """Insert the job, or set its status."""
    action, folder = sys.argv[1:3]
    job = json.loads((Path(folder) / "datachain.json").read_bytes())
    metastore = get_catalog().metastore
    if action == "begin":
        metastore.create_job(status=JobStatus.RUNNING, **job)
    else:
        metastore.set_job_status(job["job_id"], JobStatus[sys.argv[3]])


if __name__ == "__main__":
    main()
