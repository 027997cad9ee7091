"""The program: the dashboard at once if the command line is a usual one, else as `click` reads it.

Importing `click` takes longer than everything else that is done before Textual is imported.
"""

import os
import sys
from typing import NoReturn

from studio_tui import arguments


def main() -> None:
    """Run the program as its command line says, and exit."""
    usual = arguments.parse_simple(sys.argv[1:], os.environ)
    if usual is not None:
        _run(usual)
    from studio_tui import commands

    commands.main()


def _run(usual: arguments.Usual) -> NoReturn:
    """Run the dashboard and exit, with the messages and codes of `click`."""
    from studio_tui.composition import dashboard
    from studio_tui.errors import ConfigError

    try:
        sys.exit(
            dashboard(
                usual.arguments,
                usual.theme,
                local=usual.local,
                data_dir=None,
                samples=usual.samples,
            )
        )
    except ConfigError as error:
        sys.stderr.write(f"studio-tui: {error}\n")
        sys.exit(2)
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nAborted!\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
