"""Commands that look for the best: compare and tune."""

from __future__ import annotations

import click

from polyunroll.cli.arguments import (
    counts,
    few_digits_option,
    format_option,
    read_spectrum,
    size_g,
    size_r,
    spectrum_option,
    split_option,
)
from polyunroll.cli.group import FamilyCommand, busy, examples
from polyunroll.errors import InvalidInput

__all__ = ["compare", "tune"]


def _steps(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | list[int]:
    """The steps to compare at: without a comma the last of all."""
    found = counts("t", 1)(ctx, parameter, text)
    return found if "," in (text or "") else found[0]


@click.command(
    short_help="Methods against the least worst case possible.",
    epilog=examples(
        "compare --spectrum 1/100,1 -t 50 -R 1 -G 0",
        "compare --spectrum 1/100,1 -t 10,20,40 -G 1/10 --format json",
        "compare --spectrum 1e-6,1 -t 300,",
        "compare --spectrum 1/100,1 -t 60 --plot compare.png",
    ),
)
@spectrum_option
@click.option(
    "-t",
    "t",
    required=True,
    metavar="T",
    callback=_steps,
    help="T: every step up to T. T1,T2: these steps. T, with a comma: this step.",
)
@size_r
@size_g
@split_option
@few_digits_option
@click.option("--plot", metavar="FILE", help="Draw the multiples too, into FILE ending in .png or .svg.")
@format_option
def compare(
    spectrum: str, t: int | list[int], R: str, G: str, split: str, digits: int, plot: str | None, format: str
) -> None:
    """Proved worst cases of the usual methods, as multiples of the least that any method can have.

    The search for that takes seconds; with both R and G, where it is near R, minutes from t = 100 on.
    """
    from polyunroll.optimal.compare import compare as find
    from polyunroll.report.comparison import comparison_page, comparison_picture

    ending = None if plot is None else plot.rpartition(".")[2].lower()
    if ending not in (None, "png", "svg"):
        raise InvalidInput(f"--plot {plot} is no picture that can be made; give a name ending in .png or .svg")
    with busy("comparing with the minimax limit"):
        found = find(read_spectrum(spectrum), t, None, R, G, split, digits)
        picture = None if ending is None else comparison_picture(found, ending)
    comparison_page(found, format).show()
    if plot is not None and picture is not None:
        from polyunroll.output.files import write_atomic

        click.echo(f"{write_atomic(plot, picture)}: the multiples drawn", err=True)


@click.command(
    cls=FamilyCommand,
    short_help="The best parameters of a family of methods.",
    epilog=examples(
        "tune sobolev --spectrum 1/100,1 -t 50",
        "tune jacobian-kernel --spectrum 1/100,1 -t 25,50",
    ),
)
@click.argument("family")
@spectrum_option
@click.option(
    "-t",
    "t",
    required=True,
    metavar="T",
    callback=counts("t", 1),
    help="The horizon; or several, separated by commas.",
)
@size_r
@size_g
@split_option
@few_digits_option
@format_option
def tune(family: str, spectrum: str, t: list[int], R: str, G: str, split: str, digits: int, format: str) -> None:
    """Search a family's parameters for the least worst case; the answer's worst case is proved."""
    from polyunroll.cli.arguments import family as named
    from polyunroll.optimal.tuning import tune as find
    from polyunroll.report.tuning import tuned_page

    chosen = named(family)
    with busy(f"tuning {family}"):
        found = find(chosen, read_spectrum(spectrum), t, R, G, split, digits=digits)
    tuned_page(found, format).show()
