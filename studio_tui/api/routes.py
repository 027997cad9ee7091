"""Every endpoint of the REST API: one table for the client and the local Studio.

Paths are relative to the base URL, `https://HOST/api`. The 12 endpoints of the API document come
first, in its order.
"""

from typing import NamedTuple


class Route(NamedTuple):
    method: str
    path: str
    """Below `/api`; parameters are in braces."""


LIST_JOBS = Route("GET", "/datachain/jobs/")
CREATE_JOB = Route("POST", "/datachain/jobs/")
JOB_LOGS = Route("GET", "/datachain/jobs/{job_id}/logs")
CANCEL_JOB = Route("POST", "/datachain/jobs/{job_id}/cancel")
UPLOAD_FILE = Route("POST", "/datachain/jobs/files")
LIST_CLUSTERS = Route("GET", "/datachain/clusters/")
TRIGGER_PIPELINE = Route("POST", "/datachain/pipeline/trigger")
PIPELINE_STATUS = Route("GET", "/datachain/pipeline/status")
PAUSE_PIPELINE = Route("POST", "/datachain/pipeline/pause")
RESUME_PIPELINE = Route("POST", "/datachain/pipeline/resume")
REMOVE_JOB_FROM_PIPELINE = Route("POST", "/datachain/pipeline/remove-job")
LIST_PIPELINES = Route("GET", "/datachain/pipeline/list")


JOB_DATASET_VERSIONS = Route("GET", "/datachain/datasets/dataset_job_versions")
"""Not in the document; used by the published client after following a job."""

# The routes below are not in the document either. Only a local Studio has them; its responses have
# the `INSTANCE_HEADER`.
CHANGE_SCHEDULE = Route("POST", "/datachain/schedules/{job_id}/change")
RUN_SCHEDULE = Route("POST", "/datachain/schedules/{job_id}/run")
SUSPEND_SCHEDULE = Route("POST", "/datachain/schedules/{job_id}/suspend")
RESUME_SCHEDULE = Route("POST", "/datachain/schedules/{job_id}/resume")
RERUN_JOBS = Route("POST", "/datachain/pipeline/rerun")
SCHEDULE_PIPELINE = Route("POST", "/datachain/schedules/")
TRIGGER_SCHEDULE = Route("POST", "/datachain/schedules/{job_id}/trigger")
RESTORE_JOB = Route("POST", "/datachain/pipeline/restore-job")
DATASETS = Route("GET", "/datachain/datasets/list")
REFRESH_PIPELINE = Route("POST", "/datachain/pipeline/refresh")
"""Like `TRIGGER_PIPELINE`, but does not rebuild upstream datasets."""

INSTANCE_HEADER = "studio-instance"
"""Response header with the id of a running local Studio.

Before the token is sent, a request without the token checks this header, as another program may
have taken the port.
"""

REMOVED_LOG = b"(This log and the job's folder were removed to make room on the disk.)\n"
"""What a local Studio sends in place of a log that it has removed."""

FOLLOW_LOGS = "/logs/follow/"
"""Websocket of one job's log. Not in the document; used by the published client."""
