"""The least a program can do for a key: read it, write a character."""

import os
import sys
import tty


def main() -> None:
    """Echo until the terminal goes away."""
    tty.setraw(0)
    sys.stdout.write("\x1b[2J\x1b[Hready to echo")
    sys.stdout.flush()
    number = 0
    while os.read(0, 64):
        number += 1
        os.write(1, b"\x1b[2;1H%d" % number)


if __name__ == "__main__":
    main()
