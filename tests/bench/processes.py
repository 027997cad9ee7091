"""Resource usage of a program and its children, from Linux's /proc."""

import time
from pathlib import Path

_PROC = Path("/proc")
_CPU_CLOCK_OF_PROCESS = 2  # see clock_getcpuclockid(3)


def tree(pid: int) -> set[int]:
    """Return the ids of the process and all of its descendants."""
    parents: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            parents[int(entry.name)] = int(after_name[1])
    members = {pid}
    while new := {child for child, parent in parents.items() if parent in members} - members:
        members |= new
    return members


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of the process and its descendants, in seconds."""
    total = 0.0
    for member in tree(pid):
        try:
            total += time.clock_gettime((~member << 3) | _CPU_CLOCK_OF_PROCESS)
        except OSError:
            continue
    return total


def memory(pid: int) -> tuple[float, float]:
    """Return current and peak memory of the process and its descendants in MB."""
    now = peak = 0
    for member in tree(pid):
        try:
            lines = (_PROC / str(member) / "status").read_text().splitlines()
        except OSError:
            continue
        sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
        now += int(sizes.get("VmRSS", "0 kB").split()[0])
        peak += int(sizes.get("VmHWM", "0 kB").split()[0])
    return now / 1024, peak / 1024
