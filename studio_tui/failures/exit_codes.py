"""The meaning of an exit code by itself: the signal it may stand for, and no culprit."""

_SIGNALS = {
    2: ("SIGINT", "interrupted"),
    3: ("SIGQUIT", ""),
    4: ("SIGILL", "illegal instruction"),
    5: ("SIGTRAP", ""),
    6: ("SIGABRT", "the program aborted"),
    7: ("SIGBUS", "invalid memory access"),
    8: ("SIGFPE", "arithmetic error"),
    9: ("SIGKILL", "often out of memory"),
    11: ("SIGSEGV", "invalid memory access"),
    13: ("SIGPIPE", "its output was closed"),
    14: ("SIGALRM", ""),
    15: ("SIGTERM", "told to stop"),
}
"""By number on Linux, where jobs run, whatever this machine is (`man 7 signal`).

Without SIGHUP: 129 is the code of git for wrong arguments.
"""

ABORTED = 6
"""The signal of `abort()`, which is called after printing why."""

CRASHES = frozenset({4, 5, ABORTED, 7, 8, 11})
"""Signals caused by a program's own fault, so that a failure in its output explains them."""


def signal_of(code: int) -> int | None:
    """Return the number of the signal that an exit code stands for; `None` if for none.

    Shells and containers use 128 + n, Python -n. A program may also choose such a code itself.
    """
    number = -code if code < 0 else code - 128
    return number if number in _SIGNALS else None


def exit_code_words(code: int, *, is_brief: bool = False, has_sum: bool = True) -> str:
    """Return an exit code in words: `exit code 137 (128+9: SIGKILL, often out of memory)`.

    If brief, only the name of the signal is beside it; without the sum, `128+9` is left out.
    """
    number = signal_of(code)
    if number is None:
        return f"exit code {code}"
    name, meaning = _SIGNALS[number]
    if is_brief:
        return f"exit code {code} ({name})"
    sum_and_name = f"128+{number}: {name}" if code > 0 and has_sum else name
    return f"exit code {code} ({sum_and_name}{f', {meaning}' if meaning else ''})"
