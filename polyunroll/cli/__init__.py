"""The command line: argument parsing only. What a command needs is imported when it runs."""

from __future__ import annotations

import click

from polyunroll import __version__
from polyunroll.cli.advise import advise
from polyunroll.cli.best import compare, tune
from polyunroll.cli.claims import verify
from polyunroll.cli.files import generate, schedule
from polyunroll.cli.group import Group, examples
from polyunroll.cli.questions import bound, burn_in, derive

__all__ = ["main"]


@click.group(
    "polyunroll",
    cls=Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "derive chebyshev --spectrum 1/100,1 -t 5",
        'bound gd --step "2/(L+ell)" --spectrum 1/1000,1 -t 100 -R 1 -G 0',
        "schedule sobolev --eta 1 --spectrum 1/100,1 --steps 50 -o schedule.json",
        "demo",
    )
    + "\n\nExit status: 0 done, 1 a claim was not proved, 2 bad input.",
)
@click.version_option(__version__, prog_name="polyunroll")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Residual polynomials, Jacobian-error bounds and schedules of first-order methods.

    METHOD is a name such as gd, chebyshev or sobolev. Numbers are exact: 3, 1/100, 0.01 or 1e-8.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for _command in (derive, bound, burn_in, compare, tune, advise, schedule, generate, verify):
    main.add_command(_command)


@main.command(short_help="The curse of unrolling on real data.")
@click.option("--output-dir", default=".", show_default=True, metavar="DIR", help="Where the files go.")
def demo(output_dir: str) -> None:
    """Show the curse of unrolling on real data, and how to avoid it."""
    from polyunroll.demo import run_demo
    from polyunroll.output.files import make_folder
    from polyunroll.report.tables import Screen

    run_demo(make_folder(output_dir), Screen())
