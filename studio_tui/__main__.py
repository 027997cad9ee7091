"""Entry point: opens the dashboard for a simple command line; `click` parses any other.

Importing `click` takes longer than all else that is done before Textual is imported.
"""

import os
import sys
from typing import NoReturn

from studio_tui import arguments


def main() -> None:
    """Run the program as its command line says, and exit."""
    simple = arguments.parse_simple(sys.argv[1:], os.environ)
    if simple is not None:
        _run_dashboard(simple)
    from studio_tui import commands

    commands.main()


def _run_dashboard(command_line: arguments.SimpleCommandLine) -> NoReturn:
    from studio_tui.composition import dashboard
    from studio_tui.errors import ConfigError

    try:
        sys.exit(
            dashboard(
                command_line.arguments,
                command_line.theme,
                local=command_line.local,
                data_dir=None,
                samples=command_line.samples,
            )
        )
    except ConfigError as error:
        from studio_tui.text import safe_block

        sys.stderr.write(f"studio-tui: {safe_block(str(error))}\n")
        sys.exit(2)
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nAborted!\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
