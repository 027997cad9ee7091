"""Plans the steps that a job needs before its query can run, and the variables of the query."""

import ast
import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import uv

from studio_tui.api.models import QueryType
from studio_tui.job_rules import repository_fault, split_repository
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.run.runner import StartFailed
from studio_tui.local.shim import lineage_file

_INHERITED = frozenset({"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL"})
"""Variables of the server that jobs inherit, besides `LC_*` and `_NETWORK`."""
_NETWORK = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
        *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    }
)

_RETRY_LIMITS = {"UV_HTTP_RETRIES": "2", "UV_HTTP_CONNECT_TIMEOUT": "4"}
"""Limits on uv's retries: without a network uv fails soon, so that the shim tries its cache."""

_OWN_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LOCAL_REQUIREMENT = re.compile(r"^\s*(?:-|\.|/)|file:")
"""Finds requirements that can name a local folder, such as `./tools` or `-r more.txt`."""
_ENVIRONMENT = "{environment}"
"""Placeholder for the folder of an environment, whose name the shim chooses."""
_UDF_WORKERS = Path(__file__).with_name("udf_workers")
_DATACHAIN_JOB_SCRIPT = Path(__file__).with_name("datachain_job.py")


class Build(TypedDict):
    """A Python environment, to be built unless it exists."""

    environments_folder: str
    """The parent of the folders of all environments."""
    key: str
    """Equal for jobs that share the environment: of one Python version, with equal requirements.

    A job whose requirements can name a local folder shares none.
    """
    requirements: str
    commands: list[list[str]]
    """Commands that build it; the shim replaces `{environment}` by the environment's folder."""


class Registration(TypedDict):
    """Commands that register a job with DataChain; if they fail, the job continues."""

    begin: list[str]
    end: list[str]
    """The final status is appended."""
    environment: dict[str, str]
    """Variables for the query if `begin` succeeds."""


class ShimInstructions(TypedDict):
    """The commands, files and variables of each step of a job."""

    clone: list[list[str]]
    files: list[tuple[str, str]]
    """For each file its name in the working directory, and the path to copy it from."""
    build: Build | None
    """`None` if the job uses the interpreter of the local Studio."""
    registration: Registration | None
    """`None` for a shell script, and for a Python query that does not import DataChain."""
    query: str
    script: tuple[str, str]
    """Stem and suffix of the file that the query is written to."""
    command: list[str]
    """The script's name is appended."""
    environment: dict[str, str]
    """Variables of the query and of the commands in `registration`."""
    setup_environment: dict[str, str]
    """Variables of the commands that clone and build."""
    temporary: str
    """The job's TMPDIR, which the shim creates."""


Job = Mapping[str, Any]
"""The row of a job in the database."""


def plan(
    job: Job, files: Sequence[tuple[str, Path]], folder: Path, data: DataDir
) -> ShimInstructions:
    """Plan the job in `folder`.

    `files` has names in the working directory, and where each is stored; of equal names the last
    counts.

    Raises:
        StartFailed: A required program is not installed, or the repository's URL is invalid.
    """
    is_python = job["query_type"] == QueryType.PYTHON
    uses_datachain = is_python and imports_datachain(job["query"])
    build = _plan_build(job, folder, data.cache, uses_datachain=uses_datachain)
    interpreter = str(folder / "env" / "bin" / "python") if build else sys.executable
    environment = _query_environment(job, folder, data, has_own_python=build is not None)
    return ShimInstructions(
        clone=_clone_commands(job["repository"]) if job["repository"] else [],
        files=[(name, str(path)) for name, path in files],
        build=build,
        registration=_plan_registration(job["id"], folder, interpreter) if uses_datachain else None,
        query=job["query"],
        script=("query", ".py" if is_python else ".sh"),
        command=[interpreter, "-u"] if is_python else [_find_program("bash")],
        environment=environment,
        setup_environment=_setup_environment(environment),
        temporary=str(temporary_folder(folder)),
    )


def imports_datachain(query: str) -> bool:
    """Whether the text of a Python query has an import of datachain."""
    if "datachain" not in query:
        return False
    try:
        tree = ast.parse(query)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # Python reports the error when the query runs
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        if any(name.partition(".")[0] == "datachain" for name in names):
            return True
    return False


def temporary_folder(folder: Path) -> Path:
    """Return the TMPDIR of the job in `folder`: a short path, as paths of sockets are limited."""
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()
    return Path(tempfile.gettempdir()) / f"studio-{digest[:16]}"


def base_environment() -> dict[str, str]:
    """Return the server's own variables that every process of a job inherits."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name in _NETWORK or name.startswith("LC_")
    } | {"PATH": os.environ.get("PATH") or os.defpath}


def _clone_commands(repository: str) -> list[list[str]]:
    # Checked here too, as an earlier version of this program may have accepted the job.
    if fault := repository_fault(repository):
        raise StartFailed(f"The repository {fault}.")
    git = _find_program("git")
    url, revision = split_repository(repository)
    commands = [[git, "-c", "gc.auto=0", "clone", "--", url, "."]]
    if revision:
        commands.append([git, "-c", "advice.detachedHead=false", "checkout", revision, "--"])
    return commands


def _plan_build(job: Job, folder: Path, cache_dir: Path, *, uses_datachain: bool) -> Build | None:
    """Plan the job's own environment, unless the interpreter of the local Studio suffices."""
    requirements = _significant_lines(job["requirements"] or "")
    lacks_datachain = uses_datachain and (requirements or not _has_datachain())
    names = {match[0].lower() for line in requirements if (match := _REQUIREMENT_NAME.match(line))}
    if lacks_datachain and "datachain" not in names:
        requirements.append("datachain")
    version = job["python_version"] or _OWN_PYTHON
    if not requirements and version == _OWN_PYTHON:
        return None
    uv_program = _find_uv()
    interpreter = sys.executable if version == _OWN_PYTHON else version
    commands = [[uv_program, "venv", "--no-project", "--python", interpreter, _ENVIRONMENT]]
    if requirements:
        install = [uv_program, "pip", "install", "--python", f"{_ENVIRONMENT}/bin/python"]
        commands.append([*install, "--requirement", str(folder / "requirements.txt")])
    parts = [version, sys.version, *requirements]
    if any(_LOCAL_REQUIREMENT.search(line) and ".whl" not in line for line in requirements):
        # The content of a local folder may change, so no other job may use this environment.
        parts.append(job["id"])
    key = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return Build(
        environments_folder=str(cache_dir / "environments"),
        key=key,
        requirements="\n".join(requirements) + "\n",
        commands=commands,
    )


def _plan_registration(job_id: str, folder: Path, interpreter: str) -> Registration:
    command = [interpreter, "-I", str(_DATACHAIN_JOB_SCRIPT)]
    return Registration(
        begin=[*command, "begin", str(folder)],
        end=[*command, "end", str(folder)],
        environment={"DATACHAIN_JOB_ID": job_id, "DATACHAIN_IS_STUDIO": "1"},
    )


def _query_environment(
    job: Job, folder: Path, data: DataDir, *, has_own_python: bool
) -> dict[str, str]:
    required = {
        "PYTHONUNBUFFERED": "1",
        "DATACHAIN_NO_ANALYTICS": "1",
        "DATACHAIN_ROOT_DIR": str(data.datachain / "root"),
        "DATACHAIN_GLOBAL_CONFIG_DIR": str(data.datachain / "global"),
        "DATACHAIN_SYSTEM_CONFIG_DIR": str(data.datachain / "system"),
        "DATACHAIN_DISTRIBUTED": "studio_udf_workers.Distributor",
        "DATACHAIN_DISTRIBUTED_PYTHONPATH": str(_UDF_WORKERS),
        "STUDIO_LINEAGE": str(folder / lineage_file.FILE_NAME),
        "STUDIO_DATASETS": str(data.datasets),
    }
    if job["ignore_checkpoints"]:
        required["DATACHAIN_IGNORE_CHECKPOINTS"] = "1"
    of_job: dict[str, str] = json.loads(job["environment"])
    environment = {"PYTHONUTF8": "1"} | base_environment() | of_job | required
    if has_own_python:
        virtual_environment = folder / "env"
        environment["VIRTUAL_ENV"] = str(virtual_environment)
        environment["PATH"] = f"{virtual_environment / 'bin'}{os.pathsep}{environment['PATH']}"
    return environment


def _setup_environment(query_environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of uv and git, which include the query's."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("UV_", "PIP_")) or name == "SSH_AUTH_SOCK"
    }
    quiet = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1", "GIT_TERMINAL_PROMPT": "0"}
    return _RETRY_LIMITS | inherited | dict(query_environment) | quiet


def _significant_lines(requirements: str) -> list[str]:
    lines = (line.strip() for line in requirements.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@cache
def _has_datachain() -> bool:
    """Whether the local Studio's interpreter has DataChain, not only a folder of that name."""
    spec = importlib.util.find_spec("datachain")
    return spec is not None and spec.origin is not None


def _find_program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise StartFailed(f"The job needs {name}, which is not installed on this machine.")
    return path


def _find_uv() -> str:
    try:
        return os.fsdecode(uv.find_uv_bin())
    except FileNotFoundError as error:
        raise StartFailed(
            "The job needs uv, which is not installed beside this program."
        ) from error
