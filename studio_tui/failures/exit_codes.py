"""The meaning of an exit code: the signal that it may stand for."""

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
"""The name of each signal on Linux, where jobs run, and its meaning if the name says too little.

See `man 7 signal`. SIGHUP is left out, as 129 is also git's exit code for wrong arguments.
"""

ABORTED = 6
"""The signal of `abort()`, which programs usually call after they have printed the reason."""

CRASHES = frozenset({4, 5, ABORTED, 7, 8, 11})
"""Signals caused by a fault of the program, which a failure in its output can explain."""


def signal_of(code: int) -> int | None:
    """Return the signal that an exit code can stand for; `None` if not in `_SIGNALS`.

    For signal n, shells and containers report 128 + n, Python -n.
    """
    number = -code if code < 0 else code - 128
    return number if number in _SIGNALS else None


def exit_code_words(code: int, *, is_brief: bool = False) -> str:
    """Return an exit code in words: `exit code 137 (SIGKILL, often out of memory)`.

    With `is_brief`, it is `exit code 137 (SIGKILL)`.
    """
    number = signal_of(code)
    if number is None:
        return f"exit code {code}"
    name, meaning = _SIGNALS[number]
    return f"exit code {code} ({name}{f', {meaning}' if meaning and not is_brief else ''})"
