import sys
from pathlib import Path
from typing import Any

import pytest

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.run import environment
from studio_tui.local.run.environment import ShimInstructions, imports_datachain, plan
from studio_tui.local.run.runner import StartFailed
from tests.local.job_rows import job_row
from tests.local.run.test_local_runner import Bench, clean_up
from tests.local.wheels import write_wheel

OWN_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def planned_environment(tmp_path: Path, query: str = "print(1)", **fields: Any) -> ShimInstructions:
    job = job_row(query, **fields)
    return plan(job, (), tmp_path / "jobs" / job["id"], DataDir(tmp_path))


@pytest.mark.parametrize(
    ("query", "has_import"),
    [
        ("import datachain as dc", True),
        ("from datachain.lib import x", True),
        ("def f():\n    import os, datachain", True),
        ("print('import datachain')", False),
        ("import datachainlike", False),
        ("from . import datachain", False),
        ("import datachain as", False),
        ("", False),
    ],
)
def test_an_import_of_datachain_is_found_in_a_query(query: str, has_import: bool) -> None:
    assert imports_datachain(query) is has_import


@pytest.mark.parametrize("repository", ["https://h/r@--orphan=x", "/r@-f", "-u@main"])
def test_no_part_of_a_repository_reaches_git_as_an_option(tmp_path: Path, repository: str) -> None:
    with pytest.raises(StartFailed, match="repository"):
        planned_environment(tmp_path, repository=repository)


def test_a_script_without_requirements_runs_on_the_interpreter_of_the_server(
    tmp_path: Path,
) -> None:
    for fields in ({}, {"python_version": OWN_VERSION}, {"requirements": "\n# nothing\n"}):
        environment_plan = planned_environment(tmp_path, **fields)
        assert environment_plan["build"] is None
        assert environment_plan["command"] == [sys.executable, "-u"]


def test_another_python_version_or_a_requirement_needs_a_new_environment(tmp_path: Path) -> None:
    for fields in ({"python_version": "3.99"}, {"requirements": "pyjokes"}):
        environment_plan = planned_environment(tmp_path, **fields)
        assert environment_plan["build"] is not None
        assert environment_plan["command"] == [str(tmp_path / "jobs/job/env/bin/python"), "-u"]
        assert environment_plan["environment"]["VIRTUAL_ENV"] == str(tmp_path / "jobs/job/env")


def test_jobs_with_equal_requirements_and_version_share_an_environment(tmp_path: Path) -> None:
    def key(**fields: Any) -> str:
        build = planned_environment(tmp_path, **fields)["build"]
        assert build
        return build["key"]

    first = key(requirements="pyjokes\n\n# comment\nnumpy==1.24")
    assert key(requirements="  pyjokes\nnumpy==1.24\n", job_id="other") == first
    assert key(requirements="pyjokes\nnumpy==1.25") != first
    assert key(requirements="pyjokes\nnumpy==1.24", python_version="3.99") != first


@pytest.mark.parametrize(
    "line", ["./package", "-e .", "-r more.txt", "p @ file:///srv/p", "/srv/p"]
)
def test_environments_with_requirements_from_local_paths_are_not_shared(
    tmp_path: Path, line: str
) -> None:
    builds = [
        planned_environment(tmp_path, requirements=line, job_id=name)["build"]
        for name in ("a", "b")
    ]
    assert builds[0]
    assert builds[1]
    assert builds[0]["key"] != builds[1]["key"]


def test_a_query_that_imports_datachain_has_it_installed_and_is_registered(tmp_path: Path) -> None:
    environment_plan = planned_environment(
        tmp_path, "import datachain as dc", requirements="pyjokes"
    )
    assert environment_plan["build"]
    assert environment_plan["build"]["requirements"].split() == ["pyjokes", "datachain"]
    assert environment_plan["registration"]
    variables = environment_plan["registration"]["environment"]
    assert variables == {"DATACHAIN_JOB_ID": "job", "DATACHAIN_IS_STUDIO": "1"}


def test_a_requirement_of_a_datachain_version_is_not_changed(tmp_path: Path) -> None:
    environment_plan = planned_environment(
        tmp_path, "import datachain", requirements="DataChain[torch]==0.62"
    )
    assert environment_plan["build"]
    assert environment_plan["build"]["requirements"] == "DataChain[torch]==0.62\n"


def test_datachain_in_a_job_does_not_use_the_folders_of_the_user(tmp_path: Path) -> None:
    user_variables = {
        "DATACHAIN_ROOT_DIR": "/home/user",
        "DATACHAIN_GLOBAL_CONFIG_DIR": "/home/user",
    }
    variables = planned_environment(tmp_path, environment=user_variables, ignore_checkpoints=1)[
        "environment"
    ]
    for name in ("ROOT", "GLOBAL_CONFIG", "SYSTEM_CONFIG"):
        assert Path(variables[f"DATACHAIN_{name}_DIR"]).is_relative_to(tmp_path)
    assert variables["DATACHAIN_NO_ANALYTICS"] == "1"
    assert variables["DATACHAIN_IGNORE_CHECKPOINTS"] == "1"
    assert "DATACHAIN_IGNORE_CHECKPOINTS" not in planned_environment(tmp_path)["environment"]


def test_a_job_has_only_allowed_variables_of_the_server_and_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATACHAIN_STUDIO_TOKEN", "canary")
    monkeypatch.setenv("UV_INDEX_URL", "https://canary@index")
    monkeypatch.setenv("LC_TIME", "de_DE.UTF-8")
    environment_plan = planned_environment(tmp_path, environment={"A": "1"})
    assert environment_plan["environment"]["A"] == "1"
    assert environment_plan["environment"]["LC_TIME"] == "de_DE.UTF-8"
    assert "canary" not in str(environment_plan["environment"])
    assert environment_plan["setup_environment"]["UV_INDEX_URL"] == "https://canary@index"
    assert "DATACHAIN_STUDIO_TOKEN" not in environment_plan["setup_environment"]


def test_a_missing_program_is_reported_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartFailed, match="needs git"):
        planned_environment(tmp_path, repository="https://example.org/r")


def test_the_path_of_the_temporary_folder_is_short_enough_for_sockets(tmp_path: Path) -> None:
    folder = environment.temporary_folder(tmp_path / ("deep/" * 20))
    assert len(str(folder / "pymp-12345678" / "listener-12345678")) < 100


def make_wheel(folder: Path) -> str:
    """Write a wheel with one module; return a requirement that installs it from the file."""
    path = write_wheel(folder, "tinything", {"tinything.py": "VALUE = 'from the wheel'\n"})
    return f"tinything @ {path.as_uri()}"


@pytest.mark.starts_processes
async def test_a_requirement_is_installed_once_and_shown_in_the_log(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    requirement = make_wheel(tmp_path / "wheels")
    query = "import tinything, sys; print(tinything.VALUE, sys.prefix)"
    for job_id in ("first", "second"):
        report = await bench.run(query, job_id, requirements=requirement)
        assert report.exit_code == 0, bench.log(job_id)
        assert [step.name for step in report.steps] == ["virtualenv", "running_query"]
    assert "tinything" in bench.log("first").split("from the wheel")[0]
    assert bench.log("second").startswith("from the wheel")
    assert len(list((tmp_path / "cache" / "environments").glob("*.made"))) == 1
    await clean_up(bench)


@pytest.mark.starts_processes
async def test_two_concurrent_jobs_create_their_common_environment_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    requirement = make_wheel(tmp_path / "wheels")
    for job_id in ("one", "two"):
        await bench.start("import tinything; print('done')", job_id, requirements=requirement)
    reports = [await bench.until_ended(job_id) for job_id in ("one", "two")]
    assert [report.exit_code for report in reports] == [0, 0]
    folders = [path for path in (tmp_path / "cache" / "environments").iterdir() if path.is_dir()]
    assert len(folders) == 1
    await clean_up(bench)


@pytest.mark.starts_processes
async def test_a_missing_package_fails_the_job_with_the_message_of_the_resolver(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    report = await bench.run(
        "print('never')",
        requirements="no-such-package==1.0",
        environment={"UV_NO_INDEX": "1", "UV_OFFLINE": "1"},
    )
    assert report.exit_code not in {0, None}
    assert report.started_at is None
    assert report.error_message
    assert report.error_message.startswith("No solution found")
    assert "no-such-package" in report.error_message
    assert "never" not in bench.log()
    assert not [path for path in (tmp_path / "cache/environments").iterdir() if path.is_dir()]
    await clean_up(bench)


@pytest.mark.starts_processes
async def test_a_missing_python_version_fails_the_job_with_the_message_of_uv(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    report = await bench.run(
        "print('never')", python_version="3.99", environment={"UV_OFFLINE": "1"}
    )
    assert report.exit_code not in {0, None}
    assert report.error_message
    assert "3.99" in report.error_message
    await clean_up(bench)


@pytest.mark.starts_processes
async def test_a_job_can_be_canceled_while_its_environment_is_created(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
        '[project]\nname = "slow"\nversion = "1"\n'
    )
    (package / "slow.py").write_text(
        f"import time\nopen({str(tmp_path / 'building')!r}, 'w').close()\ntime.sleep(300)\n"
    )
    await bench.start("print('never')", requirements=f"slow @ {package.as_uri()}")
    await bench.until(lambda _report: (tmp_path / "building").exists())
    await bench.runner.cancel("job")
    report = await bench.until_ended()
    assert report.canceled
    assert report.started_at is None
    assert not bench.processes()
    assert not [path for path in (tmp_path / "cache/environments").iterdir() if path.is_dir()]
    await clean_up(bench)


def test_a_folder_named_datachain_is_not_taken_for_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datachain").mkdir()
    # Only this folder is on the path, since DataChain may be installed elsewhere on it.
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    environment._has_datachain.cache_clear()
    environment_plan = planned_environment(tmp_path, "import datachain as dc")
    assert environment_plan["build"] is not None
    environment._has_datachain.cache_clear()
