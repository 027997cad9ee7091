"""The command line in full: options, commands, and which of them exclude each other."""

import sys
from pathlib import Path
from typing import Any

import click

from studio_tui import __version__
from studio_tui.arguments import THEMES, Arguments
from studio_tui.composition import dashboard
from studio_tui.errors import ConfigError
from studio_tui.text import safe_block


class _Commands(click.Group):
    """Imports the commands of the local Studio and of recordings on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), "local", "record", "replay"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "local":
            from studio_tui.local.server.cli import local  # noqa: PLC0415 (imports the server)

            return local
        if cmd_name in {"record", "replay"}:
            from studio_tui import recordings  # noqa: PLC0415 (only for these commands)

            return recordings.record if cmd_name == "record" else recordings.replay
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(f"studio-tui: {safe_block(str(error))}", err=True)
            ctx.exit(2)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--local", is_flag=True, help="Use the local Studio; start it if it is not running.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the local Studio keeps its data.",
)
@click.option(
    "--samples", is_flag=True, help="With --local: run the sample jobs if there are no jobs yet."
)
@click.option("--url", help="Base URL of Studio, such as https://studio.example.com.")
@click.option("--team", help="Name of the team.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that contains the token.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates to trust, for a self-hosted Studio.",
)
@click.option("--read-only", is_flag=True, help="Change nothing: no cancel, no new jobs.")
@click.option("--quiet", is_flag=True, help="No notices and no bell when jobs or pipelines end.")
@click.option(
    "--theme",
    type=click.Choice(THEMES),
    help="Colors; auto follows the terminal. Default: the theme chosen last.",
)
@click.version_option(__version__, prog_name="studio-tui")
@click.pass_context
def main(
    context: click.Context,
    /,
    *,
    local: bool,
    data_dir: Path | None,
    samples: bool,
    theme: str | None,
    **options: Any,
) -> None:
    """Watch and run DataChain Studio jobs from the terminal."""
    context.obj = arguments = Arguments(**options)
    takes_local = context.invoked_subcommand in {None, "doctor"}
    if (local and not takes_local) or (context.invoked_subcommand and (data_dir or samples)):
        raise click.UsageError(
            "--local, --data-dir and --samples are options of the dashboard; the commands of the "
            "local Studio are `studio-tui local ...`"
        )
    if samples and not local:
        raise click.UsageError("--samples needs --local")
    if data_dir is not None and not local:
        raise click.UsageError("--data-dir needs --local, or belongs after `studio-tui local`")
    if local and (arguments.url or arguments.team or arguments.token_file):
        raise click.UsageError("--local cannot be combined with --url, --team or --token-file")
    if context.invoked_subcommand is None:
        context.exit(dashboard(arguments, theme, local=local, data_dir=data_dir, samples=samples))


@main.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check settings, Studio and terminal. Shows no secrets.

    After --local, it checks the local Studio instead of the settings.
    """
    from studio_tui.doctor import examine  # noqa: PLC0415 (only for this command)

    sys.exit(examine(context.obj, local=context.find_root().params["local"]))
