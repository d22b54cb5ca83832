"""The command that advises on how to differentiate."""

from __future__ import annotations

import click

from polyunroll.cli.arguments import count, few_digits_option, format_option, read_spectrum
from polyunroll.cli.group import busy, examples
from polyunroll.errors import InvalidInput

__all__ = ["advise"]


@click.command(
    short_help="The estimator with the least guaranteed error.",
    epilog=examples(
        "advise --spectrum 1/100,1 --budget 50",
        "advise --spectrum 1/100,1 --budget 50 -G 1/10 --split partial --memory 20",
        "advise --problem breast_cancer --budget 100 --format json",
        "advise --problem diabetes:penalty --budget 100",
    ),
)
@click.option("--spectrum", metavar="ELL,L", help="Ends of the spectrum, 0 < ELL < L.")
@click.option(
    "--problem",
    metavar="NAME[:OUTER]",
    help="Instead of a spectrum: ridge regression on breast_cancer, diabetes or digits, differentiated in the samples' "
    "weights, one penalty or the features' penalties (NAME:weights, NAME:penalty, NAME:penalties).",
)
@click.option(
    "--budget",
    required=True,
    metavar="N",
    callback=count("budget", 1),
    help="Gradient evaluations, the linear solver's steps included.",
)
@click.option(
    "--memory",
    metavar="N",
    callback=count("memory", 1),
    help="The most vectors kept for the derivative; as many as needed by default.",
)
@click.option("-R", "R", metavar="R", help="For a spectrum: bound on the Jacobian's error at the start; 1 by default.")
@click.option("-G", "G", metavar="G", help="For a spectrum: bound on what the iterate's start adds; 0 by default.")
@click.option(
    "--parameters",
    metavar="P",
    callback=count("parameters", 1),
    help="For a spectrum: number of outer parameters; without it forward mode is left out.",
)
@click.option(
    "--split",
    type=click.Choice(["total", "partial"]),
    help="By default total for a spectrum; for a problem the one that is valid.",
)
@few_digits_option
@format_option
def advise(
    spectrum: str | None,
    problem: str | None,
    budget: int,
    memory: int | None,
    R: str | None,
    G: str | None,
    parameters: int | None,
    split: str | None,
    digits: int,
    format: str,
) -> None:
    """Say which estimator, method and number of steps guarantee the least Jacobian error within a budget."""
    from polyunroll.advice.advise import advise as find
    from polyunroll.advice.advise import ridge_on
    from polyunroll.report.advice import advice_page

    if (spectrum is None) == (problem is None):
        raise InvalidInput("advise needs either --spectrum ELL,L or --problem NAME, and not both")
    try:
        subject = ridge_on(problem) if problem is not None else read_spectrum(spectrum or "")
    except ImportError as missing:
        raise InvalidInput(f"--problem {problem} cannot be read: {missing}") from None
    with busy("bounding the candidates"):
        found = find(subject, budget, memory, R, G, split, parameters=parameters, digits=digits)
    advice_page(found, format).show()
