"""Forms for tests, with the data that they refer to."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from studio_tui.api.models import Cluster
from studio_tui.presentation.form.checks import whole_number
from studio_tui.presentation.form.draft import Draft, FieldValue, FileFacts, FileState, FormContext
from studio_tui.presentation.form.field import Field, number_in
from studio_tui.presentation.form.fields import FIELDS

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in Berlin."""

MIB = 1024 * 1024

FILES = {
    "train.py": FileFacts(FileState.FILE, 8, "print(1)"),
    "list.sh": FileFacts(FileState.FILE, 2, "ls"),
    "gone.py": FileFacts(FileState.MISSING),
    "gone.py, a": FileFacts(FileState.MISSING),
    "secret.py": FileFacts(FileState.UNREADABLE),
    "src": FileFacts(FileState.FOLDER),
    "/srv/gone": FileFacts(FileState.MISSING),
    "/srv/r": FileFacts(FileState.FOLDER),
    "/srv/data.csv": FileFacts(FileState.FILE, 10),
    "pipe": FileFacts(FileState.OTHER),
    "latin.py": FileFacts(FileState.FILE, 9, None, bad_byte=5),
    "empty.py": FileFacts(FileState.FILE, 1, "\n"),
    "slow.py": FileFacts(FileState.FILE, 9),
    "long.py": FileFacts(FileState.FILE, MIB + 1),
    "null.py": FileFacts(FileState.FILE, 4, "a\n\0b"),
    "data.csv": FileFacts(FileState.FILE, 10),
    "old/data.csv": FileFacts(FileState.FILE, 10),
    "big.bin": FileFacts(FileState.FILE, 300_000_000),
    "full.bin": FileFacts(FileState.FILE, 256 * MIB),
}


def cluster(number: int, name: str, status: str = "ACTIVE", **fields: Any) -> Cluster:
    return Cluster.model_validate(
        {"id": str(number), "name": name, "status": status, "max_workers": 8, **fields}
    )


CLUSTERS = (
    cluster(1, "default", default=True),
    cluster(2, "gpu-large"),
    cluster(3, "gpu-small", "MODIFYING"),
    cluster(4, "old", "INACTIVE"),
    cluster(5, "broken", "FAILED"),
)

CONTEXT = FormContext("acme", NOW, BERLIN, CLUSTERS, files=FILES)

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=40)
"""Text with halves of surrogate pairs, which a path from the command line may contain."""

_CONTENTS: dict[FieldValue, st.SearchStrategy[FieldValue]] = {
    "": ANY_TEXT,
    (): st.lists(ANY_TEXT, max_size=3).map(tuple),
    False: st.booleans(),
}
"""The contents that a field may have, by the content of an empty field of its type."""

TIMEOUT = Field(
    label="time limit",
    meaning="Minutes after which the job is canceled.",
    accepts="A whole number. Empty: no limit.",
    example=("90",),
    check=whole_number("timeout", range(1, 1441), "A time limit is 1 to 1440", "Type minutes."),
    hint="Empty for no limit.",
    value=number_in("timeout"),
    flag="--timeout",
)
"""A field that the program does not have; tests add it to `FIELDS` as `timeout`."""

DRAFTS = st.fixed_dictionaries(
    {name: _CONTENTS[field.empty] for name, field in FIELDS.items()}
).map(Draft().with_values)
"""Forms with any contents, most of them invalid."""


def _optional(*texts: str) -> st.SearchStrategy[str]:
    return st.just("") | st.sampled_from(texts)


def filled(**values: FieldValue) -> Draft:
    """Return a form with these contents, including fields that are not attributes of `Draft`."""
    return Draft().with_values(values)


SENDABLE = st.builds(
    filled,
    query=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
    ).map("#{}".format),
    query_type=_optional("PYTHON", "shell"),
    query_name=_optional("n", "-x.py", "a'b $(c).sh", "名前.py", "a b", "--"),
    environment=st.lists(
        st.sampled_from(
            ["A=1", "B='x y'", "# note", "export C=$HOME", "D=a=b;`c`", "E=", "F=\x1b[1m"]
        )
    ).map("\n".join),
    workers=_optional("1", "8"),
    python_version=_optional("3.12"),
    requirements=st.lists(
        st.sampled_from(
            ["numpy", "pandas>=2 # x", "--index-url https://u:p@h.org/x", "a; os_name == 'nt'"]
        ),
        unique=True,
    ).map("\n".join),
    repository=_optional(
        "https://github.com/u/r@main", "https://u:hunter2@h.org/r", "git@h.org:u/r"
    ),
    files=st.lists(st.sampled_from(["data.csv", "train.py"]), unique=True).map(tuple),
    uploads=st.lists(st.sampled_from(["7", "8"]), unique=True).map(tuple),
    priority=_optional("0", "5"),
    compute_cluster_name=_optional("gpu-large"),
    credentials_name=_optional("mine", "it's"),
    start_after=_optional("tomorrow 3pm"),
    cron_expression=_optional("0 9 * * mon-fri", "@daily"),
    rerun_from_job_id=_optional("497f6eca"),
    reset=st.booleans(),
)
"""Forms without an error."""
