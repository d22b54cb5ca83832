"""Commands that write files: schedule and generate."""

from __future__ import annotations

import click

from polyunroll.cli.arguments import build, made_for, method_arguments, steps_wanted
from polyunroll.cli.group import MethodCommand, busy, examples
from polyunroll.output.files import require_new

__all__ = ["generate", "schedule"]


@click.command(
    cls=MethodCommand,
    short_help="Formulas, coefficients or step sizes as a file.",
    epilog=examples(
        "schedule chebyshev --spectrum 1/100,1 --steps 50 -o schedule.json",
        "schedule chebyshev --spectrum 1/100,1 --steps 50 --form momentum -o steps.csv",
        "schedule sobolev --spectrum 1/100,1 --steps 50 --form richardson -o steps.npz",
        "schedule minimax --horizon 20 --no-burn-in --spectrum 1/100,1 -o steady.json",
    ),
)
@method_arguments
@made_for
@steps_wanted
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="The file to write: .json, .csv, .npz or .py; - is standard output, as JSON.",
)
@click.option(
    "--form",
    default="program",
    metavar="NAME",
    show_default=True,
    help="What the file holds: program, momentum, richardson or chebyshev-series.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def schedule(
    method: str, spectrum: str, steps: int | None, output: str, form: str, force: bool, **options: str | None
) -> None:
    """Write a method's exact formulas and the correctly rounded coefficients of one form of it."""
    from polyunroll.schedules.formats import format_of
    from polyunroll.schedules.make import schedule as make

    if output != "-":
        format_of(output)
        require_new(output, force)
    built = build(method, spectrum, options)

    with busy(f"making the schedule of {built.label}"):
        made = make(built, steps, form)
    if output == "-":
        click.echo(made.to_json(), nl=False)
        return
    click.echo(f"{made.write(output, force)}: {made.steps} steps of {built.label}")
    if made.horizon is not None:
        click.echo(made.horizon_note)


@click.command(
    cls=MethodCommand,
    short_help="A standalone solver as source code.",
    epilog=examples(
        "generate chebyshev --spectrum 1/100,1 --steps 50 -o solver.py",
        "generate sobolev --measure gegenbauer:1/2 --spectrum 1/100,1 --steps 50 --target c --derivative jvp",
    ),
)
@method_arguments
@made_for
@steps_wanted
@click.option(
    "--target",
    default="numpy",
    show_default=True,
    metavar="NAME",
    help="Library or language it is for: numpy, numba, c, jax, torch or array-api.",
)
@click.option(
    "--derivative", metavar="KIND", help="jvp or vjp: derivatives carried along, or by a reverse sweep.  [none]"
)
@click.option("-o", "--output", default="-", show_default=True, metavar="FILE", help="- is standard output.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def generate(
    method: str,
    spectrum: str,
    steps: int | None,
    target: str,
    derivative: str | None,
    output: str,
    force: bool,
    **options: str | None,
) -> None:
    """Write a solver that runs without polyunroll, with its proved worst case in its text."""
    from polyunroll.codegen.generate import generate as make

    if output != "-":
        require_new(output, force)
    built = build(method, spectrum, options)
    with busy(f"writing the solver of {built.label}, with its proved bound"):
        made = make(built, steps, target, derivative)
    if output == "-":
        click.echo(str(made), nl=False)
    else:
        click.echo(f"{made.write(output, force)}: {made.steps} steps of {built.label} for {target}")
