"""Commands that look for the best: compare and tune."""

from __future__ import annotations

import click

from polyunroll.cli.arguments import (
    count,
    counts,
    format_option,
    read_spectrum,
    size_g,
    size_r,
    spectrum_option,
    split_option,
)
from polyunroll.cli.group import busy, examples
from polyunroll.errors import InvalidInput

__all__ = ["compare", "tune"]

_digits = click.option(
    "--digits", default="6", show_default=True, metavar="N", callback=count("digits", 1), help="Digits wanted."
)


@click.command(
    short_help="Methods against the least worst case possible.",
    epilog=examples(
        "compare --spectrum 1/100,1 -t 50 -R 1 -G 0",
        "compare --spectrum 1/1000,1 -t 10,50,100 -G 1/10 --format json",
        "compare --spectrum 1/100,1 -t 60 --plot compare.png",
    ),
)
@spectrum_option
@click.option(
    "-t",
    "t",
    required=True,
    metavar="T",
    callback=counts("t", 1),
    help="All steps up to T; or some, separated by commas.",
)
@size_r
@size_g
@split_option
@_digits
@click.option("--plot", metavar="FILE", help="Draw the multiples too, into FILE ending in .png or .svg.")
@format_option
def compare(
    spectrum: str, t: list[int], R: str, G: str, split: str, digits: int, plot: str | None, format: str
) -> None:
    """Proved worst cases of the usual methods, as multiples of the least that any method can have."""
    from polyunroll.optimal.compare import compare as find
    from polyunroll.report.comparison import comparison_page, comparison_picture

    ending = None if plot is None else plot.rpartition(".")[2].lower()
    if ending not in (None, "png", "svg"):
        raise InvalidInput(f"--plot {plot} is no picture that can be made; give a name ending in .png or .svg")
    with busy("comparing with the minimax limit"):
        found = find(read_spectrum(spectrum), t if len(t) > 1 else t[0], None, R, G, split, digits)
        picture = None if ending is None else comparison_picture(found, ending)
    comparison_page(found, format).show()
    if plot is not None and picture is not None:
        from polyunroll.output.files import write_atomic

        click.echo(f"{write_atomic(plot, picture)}: the multiples drawn", err=True)


@click.command(
    short_help="The best parameters of a family of methods.",
    epilog=examples(
        "tune sobolev --spectrum 1/100,1 -t 50",
        "tune jacobian-kernel --spectrum 1/1000,1 -t 100,200 -G 1/10",
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
@_digits
@format_option
def tune(family: str, spectrum: str, t: list[int], R: str, G: str, split: str, digits: int, format: str) -> None:
    """Search a family's parameters for the least worst case; the answer's worst case is proved."""
    from polyunroll.methods import family as named
    from polyunroll.optimal.tuning import tune as find
    from polyunroll.report.tuning import tuned_page

    chosen = named(family)
    with busy(f"tuning {family}"):
        found = find(chosen, read_spectrum(spectrum), t, R, G, split, digits=digits)
    tuned_page(found, format).show()
