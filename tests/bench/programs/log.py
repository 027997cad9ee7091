"""A screen with nothing but a log: `python -m tests.bench.programs.log PATH`.

PATH is the file of the log. With `--on-key` it is shown when `o` is pressed, with `--index` after
all its lines have been counted. With `--feed RATE`, PATH is a folder, in which a log grows by RATE
lines per second; with `--unseen` that log is not shown.
"""

import gc


def main() -> None:
    """Run the app; as in the dashboard, no garbage is collected before the first paint."""
    gc.disable()
    from tests.bench.programs import log_app

    log_app.main()


if __name__ == "__main__":
    main()
