"""Help for each field of the job form: its meaning, allowed input, and an example."""

from collections.abc import Mapping
from typing import NamedTuple

from studio_tui import cron
from studio_tui.presentation.form.checks import PRIORITIES, PYTHON_VERSIONS, REQUEST_LIMIT
from studio_tui.presentation.form.file_checks import QUERY_LIMIT, UPLOAD_LIMIT
from studio_tui.presentation.format import size


class FieldHelp(NamedTuple):
    """Help for one field."""

    meaning: str
    takes: str
    """Allowed input, and the meaning of an empty field."""
    example: tuple[str, ...] = ()
    """An example as typed, line by line."""


FIELD_HELP: Mapping[str, FieldHelp] = {
    "query_file": FieldHelp(
        "The script that the job runs, read from this machine.",
        f"A path to UTF-8 text of at most {size(QUERY_LIMIT)}; ~ is your home, and tab completes. "
        "While a file is named, its text stands below and cannot be typed over; it is read again "
        "when the form is sent.",
        ("~/jobs/train.py",),
    ),
    "query": FieldHelp(
        "The script that the job runs, typed here.",
        f"At most {size(QUERY_LIMIT)}; the whole request may have {size(REQUEST_LIMIT)}. f4 opens "
        "it in $EDITOR.",
        ("import datachain as dc", 'dc.read_storage("gs://bucket/").save("files")'),
    ),
    "query_type": FieldHelp(
        "Whether Python or a shell runs the query.",
        "PYTHON or SHELL. Empty: PYTHON where the name ends in .py or there is none, else SHELL.",
        ("PYTHON",),
    ),
    "query_name": FieldHelp(
        "What the job is called in lists.",
        "One line. Empty: the name of the query's file.",
        ("nightly-embeddings.py",),
    ),
    "environment": FieldHelp(
        "Variables that the job finds in its environment.",
        "NAME=VALUE a line; lines with # are comments. Values are hidden while the field has no "
        "focus (f7 shows them), and are not kept on disk; all who see the job can read them.",
        ("MODE=full", "HF_HOME=/data/cache"),
    ),
    "workers": FieldHelp(
        "How many machines share the work.",
        "A whole number from 1 up to what the cluster has. Empty: Studio's default.",
        ("4",),
    ),
    "python_version": FieldHelp(
        "The Python that runs the job.",
        f"{', '.join(PYTHON_VERSIONS)}. Empty: Studio's default.",
        (PYTHON_VERSIONS[-2],),
    ),
    "requirements": FieldHelp(
        "Packages that are installed before the job runs.",
        "Lines as in a requirements file; options such as --index-url too. Files it names are "
        "looked for among the job's files.",
        ("numpy>=1.24", "pandas==2.2.3"),
    ),
    "repository": FieldHelp(
        "A git repository that is cloned, and in which the job begins.",
        "URL, or URL@REVISION.",
        ("https://github.com/user/project@main",),
    ),
    "files": FieldHelp(
        "Files of this machine that are uploaded and put beside the query.",
        f"A path a line, each at most {size(UPLOAD_LIMIT)}, no two of one name; ~ is your home, "
        "and tab completes.",
        ("data/labels.csv", "~/jobs/helpers.py"),
    ),
    "uploads": FieldHelp(
        "Files that Studio has already.", "An id a line, as the upload gave it.", ("42",)
    ),
    "priority": FieldHelp(
        "Which of the waiting jobs starts first.",
        f"{min(PRIORITIES)}, which goes first, to {max(PRIORITIES)}, which goes last and is the "
        "default.",
        ("0",),
    ),
    "compute_cluster_name": FieldHelp(
        "The cluster that the job runs on.",
        "A name of the Clusters screen; a cluster is named by its name or its id, not both. "
        "Empty: the team's default.",
        ("gpu-large",),
    ),
    "compute_cluster_id": FieldHelp(
        "The cluster that the job runs on, by its id.",
        "An id of the Clusters screen, while no name is typed above.",
        ("2",),
    ),
    "credentials_name": FieldHelp(
        "The credentials that the job uses for storage.",
        "The name of credentials that the team has in Studio. Empty: Studio's default.",
        ("team-s3-reader",),
    ),
    "start_after": FieldHelp(
        "When the job runs, or its schedule begins.",
        "A time to come, in words or as an ISO time; in your zone unless another is named. Empty: "
        "at once.",
        ("tomorrow 15:00", "in 2 hours", "2027-03-04T15:00+01:00"),
    ),
    "cron_expression": FieldHelp(
        "When the job runs again and again. Studio then makes a job of its own each time; all of "
        "it stands in the Schedules screen.",
        "Minute, hour, day of month, month, day of week, in UTC; or one of "
        f"{', '.join(cron.ALIASES)}. Empty: it runs once.",
        ("0 3 * * 1-5", "*/15 * * * *"),
    ),
    "rerun_from_job_id": FieldHelp(
        "A job that this one goes on from: what that has finished is not done again.",
        "A job's whole id; c copies it in a list. R in a list fills it in by itself.",
        ("497f6eca-6276-4993-bfeb-53cbbbba6f08",),
    ),
    "reset": FieldHelp(
        "Whether checkpoints are ignored, so that everything is done again.", "Space changes it."
    ),
}
"""Help for every field of a draft."""
