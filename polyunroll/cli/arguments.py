"""Arguments and options that several commands share, and the method they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from polyunroll.errors import InvalidInput

if TYPE_CHECKING:
    from polyunroll.methods.base import Method
    from polyunroll.spectrum import Spectrum

__all__ = [
    "build",
    "count",
    "counts",
    "digits_option",
    "family",
    "few_digits_option",
    "format_option",
    "made_for",
    "method_arguments",
    "read_spectrum",
    "size_g",
    "size_r",
    "spectrum_option",
    "split_option",
    "steps_taken",
    "steps_wanted",
]

_MAX_DIGITS = 9  # of a count
_SIZES = {"G": "-G", "R": "-R", "split": "--split"}
"""What minimax is the best for, where a command does not ask about it anyway."""

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def count(name: str, minimum: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """A reader of whole numbers that refuses anything else with polyunroll's own sentence."""

    def read(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        digits = text.strip().replace("−", "-").removeprefix("+")
        if digits.removeprefix("-").isdecimal() and len(digits) <= _MAX_DIGITS and int(digits) >= minimum:
            return int(digits)
        most = 10**_MAX_DIGITS - 1
        raise InvalidInput(f"{name} = {text!r} is not allowed; give a whole number >= {minimum} and <= {most}")

    return read


def counts(name: str, minimum: int) -> Callable[[click.Context, click.Parameter, str | None], list[int]]:
    """A reader of one whole number or several, separated by commas; a last comma separates nothing."""
    read_one = count(name, minimum)

    def read(ctx: click.Context, parameter: click.Parameter, text: str | None) -> list[int]:
        parts = (text or "").split(",")
        if len(parts) > 1 and not parts[-1].strip():
            parts.pop()
        found = [read_one(ctx, parameter, part) for part in parts]
        return [number for number in found if number is not None]

    return read


def family(name: str) -> type[Method]:
    """The family of a name; minimax is found by searching with bounds, and lives above the others."""
    from polyunroll.methods import family as named

    if name == "minimax":
        from polyunroll.optimal.minimax import Minimax

        return Minimax
    try:
        return named(name)
    except InvalidInput:
        from polyunroll.methods import families

        known = ", ".join(sorted({*families(), "minimax"}))
        raise InvalidInput(f"{name!r} is not a method; choose from {known}") from None


def build(name: str, spectrum: str, options: Mapping[str, str | None], **question: str) -> Method:
    """The method that the arguments name; minimax is the best for the question that is asked."""
    cls = family(name)
    given = {option.replace("_", "-"): text for option, text in options.items() if text is not None}
    asked = {size: given.pop(size) for size in _SIZES if size in given}
    for option in given:
        if option not in cls.options:
            takes = " and ".join(f"--{o}" for o in cls.options) or "no options of its own"
            raise InvalidInput(f"the method {name} takes no --{option}; it takes {takes}")
    if name != "minimax":
        if asked:
            raise InvalidInput(f"the method {name} takes no {_SIZES[min(asked)]}; it is not made for a question")
        return cls.from_options(read_spectrum(spectrum), given)
    from polyunroll.optimal.options import minimax_from_options

    return minimax_from_options(read_spectrum(spectrum), {**given, **asked, **question})


spectrum_option = click.option("--spectrum", required=True, metavar="ELL,L", help="Ends of the spectrum, 0 < ELL <= L.")


def read_spectrum(text: str) -> Spectrum:
    """The spectrum of --spectrum ELL,L."""
    from polyunroll.spectrum import Spectrum

    ends = text.split(",")
    if len(ends) != 2:
        raise InvalidInput(f"--spectrum {text!r} is not a spectrum; give two numbers ELL,L such as 1/100,1")
    return Spectrum(*ends)


def method_arguments(command: AnyFunction) -> AnyFunction:
    """METHOD, its spectrum, and the options of all families."""
    decorators = (
        click.argument("method"),
        spectrum_option,
        click.option(
            "--step",
            metavar="STEP",
            help="Of gd: the step size, a number or an expression in L, ell, kappa and sqrt; or several, separated by "
            "commas, for so many steps only.  [1/L]",
        ),
        click.option(
            "--measure",
            metavar="MEASURE",
            help="Weight on the spectrum: chebyshev, legendre, gegenbauer:a, jacobi:alpha,beta, "
            "marchenko-pastur:ratio, eigenvalues:FILE, or mixed:share,FILE (eigenvalues and a share of the Chebyshev "
            "weight).  [chebyshev; of jacobi legendre]",
        ),
        click.option(
            "--horizon",
            metavar="T",
            help="Number of steps that minimax, or a measure such as eigenvalues:FILE, is for.",
        ),
        click.option("--eta", metavar="ETA", help="Of sobolev: weight of the derivative term, a number >= 0.  [1]"),
        click.option("--c", metavar="C", help="Of jacobian-kernel: weight of its second term, a number > 0.  [1]"),
        click.option("--coefficients", metavar="P0,P1,...", help="Of polynomial: its coefficients, ascending, P0 = 1."),
        click.option(
            "--base",
            metavar="NAME",
            help="Of partial-sums, --no-burn-in, --peak: the method whose moves are scaled.",
        ),
        click.option("--max-residual", metavar="C", help="minimax with max|P| <= C: the iterate converges too."),
        click.option("--no-burn-in", flag_value="yes", help="minimax that at no step is above its start: V_n <= R."),
        click.option("--peak", metavar="V", help="minimax that at no step before the last is above V >= R."),
        click.option("--real-roots", flag_value="yes", help="minimax by plain steps of gradient descent, by a search."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def made_for(command: AnyFunction) -> AnyFunction:
    """The question that minimax is the best for, in commands that ask none."""
    decorators = (
        click.option("-R", "R", metavar="R", help="Of minimax: bound on the Jacobian's error at the start.  [1]"),
        click.option("-G", "G", metavar="G", help="Of minimax: bound on what the iterate's start adds.  [0]"),
        click.option("--split", type=click.Choice(["total", "partial"]), help="Of minimax.  [total]"),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


steps_taken = click.option(
    "-t", "t", required=True, metavar="T", callback=count("t", 0), help="Number of gradient evaluations."
)
format_option = click.option(
    "--format",
    type=click.Choice(["text", "json", "latex"]),
    default="text",
    show_default=True,
    help="Output format.",
)
size_r = click.option(
    "-R", "R", metavar="R", default="1", show_default=True, help="Bound on the Jacobian's error at the start."
)
size_g = click.option(
    "-G", "G", metavar="G", default="0", show_default=True, help="Bound on what the iterate's start adds."
)
split_option = click.option(
    "--split",
    type=click.Choice(["total", "partial"]),
    default="total",
    show_default=True,
    help="total: the derivative of H commutes with H, G bounds |d(grad f(x_0))|. "
    "partial: any, G bounds |dH| |x_0 - x*|.",
)
digits_option = click.option(
    "--digits", default="15", show_default=True, metavar="N", callback=count("digits", 1), help="Digits wanted."
)
few_digits_option = click.option(
    "--digits", default="6", show_default=True, metavar="N", callback=count("digits", 1), help="Digits wanted."
)
steps_wanted = click.option(
    "--steps",
    metavar="N",
    callback=count("steps", 1),
    help="Number of steps; a list of --step and --horizon have their own.",
)
