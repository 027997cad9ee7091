"""The minimum that a program can do for a key: read it, and write a number."""

import os
import sys
import tty


def main() -> None:
    """Write a number for each key, until the terminal is closed."""
    tty.setraw(0)
    sys.stdout.write("\x1b[2J\x1b[Hready to echo")
    sys.stdout.flush()
    count = 0
    while os.read(0, 64):
        count += 1
        os.write(1, b"\x1b[2;1H%d" % count)


if __name__ == "__main__":
    main()
