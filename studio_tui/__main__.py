"""Entry point: without arguments it opens the dashboard; `click` parses all other command lines.

Importing `click` takes longer than all else that is done before Textual is imported.
"""

import os
import sys

from studio_tui.arguments import Arguments


def main() -> None:
    """Run the program as its command line says, and exit."""
    if sys.argv[1:] or "_STUDIO_TUI_COMPLETE" in os.environ:
        from studio_tui import commands

        commands.main()
    from studio_tui.composition import dashboard
    from studio_tui.errors import ConfigError

    try:
        sys.exit(dashboard(Arguments(), None, local=False, data_dir=None, samples=False))
    except ConfigError as error:
        from studio_tui.text import safe_block

        sys.stderr.write(f"studio-tui: {safe_block(str(error))}\n")
        sys.exit(2)
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nAborted!\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
