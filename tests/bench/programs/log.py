"""A screen with nothing but a log: `python -m tests.bench.programs.log FILE`.

With `--on-key` it opens the file when `o` is pressed, with `--index` once all lines are counted;
with `--feed RATE` the log grows by RATE lines a second in the folder named instead of a file, and
with `--unseen` nothing shows it.
"""

import gc


def main() -> None:
    """Run the app; as in the dashboard, no garbage is collected before the first paint."""
    gc.disable()
    from tests.bench.programs import log_app

    log_app.main()


if __name__ == "__main__":
    main()
