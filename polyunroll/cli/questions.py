"""Commands that answer a question about a method: derive, bound, burn-in."""

from __future__ import annotations

import click

from polyunroll.cli.arguments import (
    build,
    count,
    digits_option,
    format_option,
    made_for,
    method_arguments,
    size_g,
    size_r,
    split_option,
    steps_taken,
)
from polyunroll.cli.group import NOT_PROVED, MethodCommand, busy, examples

__all__ = ["bound", "burn_in", "derive"]


@click.command(
    cls=MethodCommand,
    short_help="P_t, E_t, D_t and the recurrence, exactly.",
    epilog=examples(
        "derive chebyshev --spectrum 1/100,1 -t 5",
        'derive gd --step "2/(L+ell)" --spectrum 1/100,1 -t 3 --format latex',
        "derive sobolev --measure legendre --eta 1/10 --spectrum 1/100,1 -t 4",
        "derive polynomial --coefficients 1,-3/2,1/2 --spectrum 1/100,1 -t 2",
    ),
)
@method_arguments
@made_for
@steps_taken
@format_option
def derive(method: str, spectrum: str, t: int, format: str, **options: str | None) -> None:
    """The residual polynomial P_t, E_t and D_t of the Jacobian error, and the recurrence; all exact."""
    built = build(method, spectrum, options)
    from polyunroll.report.derivation import derivation

    derivation(built, t, format).show()


def _check_certificate(ctx: click.Context, parameter: click.Parameter, path: str | None) -> None:
    """Verify a certificate instead of making one; exit status 1 if it is not verified."""
    if path is None or ctx.resilient_parsing:
        return
    from polyunroll.report.bound import verdict

    good, page = verdict(path)
    page.show()
    ctx.exit(0 if good else NOT_PROVED)


_check_option = click.option(
    "--check",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_check_certificate,
    help="Verify the certificate in FILE, which --format json wrote, and do nothing else.",
)


@click.command(
    cls=MethodCommand,
    short_help="The worst case of the Jacobian error, proved.",
    epilog=examples(
        "bound chebyshev --spectrum 1/100,1 -t 100 -R 1 -G 0 --digits 30",
        "bound sobolev --measure gegenbauer:1/2 --spectrum 1/100,1 -t 50 --split partial",
        "bound gd --step 1,1/2,1/3,1/4 --spectrum 1/100,1 -t 4",
        "bound minimax --horizon 20 --max-residual 1/2 --spectrum 1/100,1 -t 20",
        "bound sobolev --spectrum 1/100,1 -t 50 --format json > bound.json",
        "bound --check bound.json",
    ),
)
@method_arguments
@steps_taken
@size_r
@size_g
@digits_option
@click.option(
    "--criterion",
    type=click.Choice(["exact", "pointwise", "separate"]),
    default="exact",
    show_default=True,
    help="exact: the largest error. pointwise: what minimax makes least, no bound if R, G > 0. "
    "separate: R's part + G's.",
)
@split_option
@click.option(
    "--estimator",
    type=click.Choice(["unrolled", "truncated", "implicit"]),
    default="unrolled",
    show_default=True,
    help="Every step is differentiated; the last T only; or none, and T steps solve a linear system.",
)
@click.option(
    "--plain-steps",
    default="0",
    show_default=True,
    metavar="N",
    callback=count("plain-steps", 0),
    help="Steps before differentiation starts (truncated, implicit).",
)
@format_option
@_check_option
def bound(
    method: str,
    spectrum: str,
    t: int,
    R: str,
    G: str,
    digits: int,
    criterion: str,
    split: str,
    estimator: str,
    plain_steps: int,
    format: str,
    **options: str | None,
) -> None:
    """A proved enclosure of the worst Jacobian error after t steps, over all problems with this spectrum.

    The split total bounds the error only where the derivative of H commutes with H, the split partial always.
    """
    built = build(method, spectrum, options, R=R, G=G, split=split)
    from polyunroll.report.bound import bound as report

    with busy(f"enclosing the worst case at t = {t}"):
        page = report(built, t, R, G, digits, criterion, split, estimator, plain_steps, format=format)
    page.show()


@click.command(
    "burn-in",
    cls=MethodCommand,
    short_help="How long the error stays above its start, proved.",
    epilog=examples(
        'burn-in gd --step "2/(L+ell)" --spectrum 1/1000,1',
        "burn-in chebyshev --spectrum 1/100,1 -G 1 --split partial",
    ),
)
@method_arguments
@size_r
@size_g
@split_option
@digits_option
@format_option
def burn_in(
    method: str, spectrum: str, R: str, G: str, split: str, digits: int, format: str, **options: str | None
) -> None:
    """The burn-in: from when on the worst Jacobian error is never above its start, and how large it gets before."""
    built = build(method, spectrum, options)
    from polyunroll.report.burn_in import burn_in as report

    with busy(f"proving the burn-in of {built.label}"):
        page = report(built, R, G, split, digits, format)
    page.show()
