"""`python -m tests.bench`: performance as seen by the user, with the machine's baseline beside it.

Figures of one run can be compared with each other; those of two runs only by their ratios.
"""

import argparse
import compileall
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import studio_tui
from tests.bench.probes import Program
from tests.bench.report import as_json, as_text
from tests.bench.studio import studio_with
from tests.bench.suite import FULL, QUICK, Bench
from tests.bench.suite_dag import DagBench
from tests.bench.suite_help import HelpBench
from tests.bench.suite_hold import HoldBench
from tests.bench.suite_keys import KeyBench
from tests.bench.suite_logs import LogBench, roomy_folder
from tests.bench.suite_recorder import RecorderBench
from tests.bench.suite_start import StartBench
from tests.studios import ProcessStudio

KEPT = Path(__file__).parents[2] / ".bench.json"
"""Figures of the last whole run of each section."""


def main(arguments: Sequence[str]) -> int:
    """Measure the requested sections and print them; return 1 if a goal is missed."""
    asked = _parsed(arguments)
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    before = kept if asked.baseline else None
    effort = QUICK if asked.quick else FULL
    # An installed program is compiled, but a checkout may not be.
    compileall.compile_dir(str(Path(studio_tui.__file__).parent), quiet=1)
    with tempfile.TemporaryDirectory(prefix="studio-tui-bench-") as folder:
        root = Path(folder)
        with (
            studio_with(effort.known, root / "studio") as studio,
            tempfile.TemporaryDirectory(dir=roomy_folder(effort)) as logs,
        ):
            dashboard = _dashboard(studio, root)
            bench = StartBench(effort, dashboard).sections()
            bench |= KeyBench(effort, dashboard).sections()
            bench |= HoldBench(effort, _dashboard).sections()
            bench |= Bench(effort, studio, dashboard).sections()
            bench |= HelpBench(effort, studio, dashboard).sections()
            bench |= LogBench(effort, studio, dashboard, Path(logs)).sections()
            bench |= DagBench(effort).sections()
            bench |= RecorderBench(effort, dashboard, root).sections()
            if unknown := set(asked.only) - bench.keys():
                known = ", ".join(bench)
                sys.exit(f"There is no section {', '.join(unknown)}. Sections are {known}.")
            sections = []
            for name, measured in bench.items():
                if not asked.only or name in asked.only:
                    begun = time.perf_counter()
                    sections.append(measured())
                    if not asked.json:
                        print(as_text(sections[-1], before))
                        print(f"  {name} took {time.perf_counter() - begun:.0f} s\n", flush=True)
    if asked.json:
        print(as_json(sections))
    if not asked.quick:  # figures of so little would be a poor baseline
        KEPT.write_text(json.dumps({**kept, **json.loads(as_json(sections))}))
    missed = [m for section in sections for m in section.measures if m.is_met is False]
    return 1 if missed and asked.strict else 0


def _dashboard(studio: ProcessStudio, root: Path) -> Program:
    """Return the dashboard as started by a user, with empty state folders."""
    places = {
        f"STUDIO_TUI_{place}_DIR": str(root / place.lower())
        for place in ("CONFIG", "STATE", "CACHE", "LOG", "DATA")
    }
    settings = {
        "DATACHAIN_STUDIO_URL": studio.url,
        "DATACHAIN_STUDIO_TEAM": studio.team,
        "DATACHAIN_STUDIO_TOKEN": studio.token,
        "DATACHAIN_GLOBAL_CONFIG_DIR": str(root / "none"),
        "DATACHAIN_SYSTEM_CONFIG_DIR": str(root / "none"),
    }
    return Program((sys.executable, "-m", "studio_tui"), "● live", {**places, **settings})


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little of everything, in seconds")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a goal is missed")
    parser.add_argument("--baseline", action="store_true", help="beside the last run's figures")
    parser.add_argument("only", nargs="*", help="sections: start, keys, cpu, ..., open, page, ...")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    sys.exit(main(sys.argv[1:]))
