"""The command line: argument parsing only. What a command needs is imported when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from polyunroll import __version__
from polyunroll.errors import InvalidInput, PolyunrollError

if TYPE_CHECKING:
    from polyunroll.methods.base import Method

__all__ = ["main"]

NOT_PROVED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141
_MAX_DIGITS = 9  # of a count

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class _Group(click.Group):
    """Says what went wrong in one sentence, and leaves with the exit status that belongs to it."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        _show_any_character()
        try:
            status: int = super().main(*args, **{"prog_name": self.name, **extra, "standalone_mode": False}) or 0
            sys.stdout.flush()
        except PolyunrollError as error:
            status = _say(str(error))
        except click.exceptions.Abort:
            status = INTERRUPTED
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            hint = f" (see '{context.command_path} --help')" if context else ""
            status = _say(error.format_message().rstrip(".") + hint)
        except BrokenPipeError:
            status = _leave_pipe()
        sys.exit(status)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # before click takes it for a failure
            return _leave_pipe()


def _say(sentence: str) -> int:
    click.echo(f"polyunroll: {' '.join(sentence.split())}", err=True)
    return BAD_INPUT


def _leave_pipe() -> int:
    """Whoever read our output has stopped: nothing more is written, not even at the interpreter's end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _show_any_character() -> None:
    """Where a stream cannot encode λ or √, its number is written instead."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _MethodCommand(click.Command):
    """A command on a method; its help lists the methods there are, found when it is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        from polyunroll.methods import families

        with formatter.section("Methods"):
            formatter.write_dl(
                [(name, " ".join(f"--{o}" for o in cls.options) or "-") for name, cls in families().items()]
            )


def _busy(doing: str) -> AbstractContextManager[Any]:
    """A line on the terminal while an answer cannot come at once; nothing where there is no terminal."""
    from rich.console import Console

    return Console(stderr=True, highlight=False).status(doing) if sys.stderr.isatty() else nullcontext()


def _examples(*commands: str) -> str:
    """An epilog that click does not wrap."""
    return "\n".join(("\b", "Examples:", *(f"  polyunroll {command}" for command in commands)))


def _count(name: str, minimum: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
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


def _build(name: str, spectrum: str, options: Mapping[str, str | None]) -> Method:
    """The method that the arguments name."""
    from polyunroll.methods import family
    from polyunroll.spectrum import Spectrum

    cls = family(name)
    given = {option: text for option, text in options.items() if text is not None}
    for option in given:
        if option not in cls.options:
            takes = " and ".join(f"--{o}" for o in cls.options) or "no options of its own"
            raise InvalidInput(f"the method {name} takes no --{option}; it takes {takes}")
    ends = spectrum.split(",")
    if len(ends) != 2:
        raise InvalidInput(f"--spectrum {spectrum!r} is not a spectrum; give two numbers ELL,L such as 1/100,1")
    return cls.from_options(Spectrum(*ends), given)


def _method_arguments(command: AnyFunction) -> AnyFunction:
    decorators = (
        click.argument("method"),
        click.option("--spectrum", required=True, metavar="ELL,L", help="Ends of the spectrum, 0 < ELL <= L."),
        click.option("--step", help="Step size: a number, or an expression in L, ell, kappa and sqrt."),
        click.option("--measure", help="Weight: chebyshev, legendre or gegenbauer:a with a > -1/2."),
        click.option("--eta", help="Weight of the derivative term, a number >= 0."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


_steps_taken = click.option(
    "-t", "t", required=True, metavar="T", callback=_count("t", 0), help="Number of gradient evaluations."
)
_format = click.option(
    "--format",
    type=click.Choice(["text", "json", "latex"]),
    default="text",
    show_default=True,
    help="Output format.",
)


@click.group(
    "polyunroll",
    cls=_Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
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


@main.command(
    cls=_MethodCommand,
    short_help="P_t, E_t, D_t and the recurrence, exactly.",
    epilog=_examples(
        "derive chebyshev --spectrum 1/100,1 -t 5",
        'derive gd --step "2/(L+ell)" --spectrum 1/100,1 -t 3 --format latex',
    ),
)
@_method_arguments
@_steps_taken
@_format
def derive(method: str, spectrum: str, t: int, format: str, **options: str | None) -> None:
    """The residual polynomial P_t, E_t and D_t of the Jacobian error, and the recurrence; all exact."""
    built = _build(method, spectrum, options)
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
_sizes = (
    click.option("-R", "R", default="1", show_default=True, help="Bound on the Jacobian's error at the start."),
    click.option("-G", "G", default="0", show_default=True, help="Bound on what the iterate's start adds."),
)
_split = click.option("--split", type=click.Choice(["total", "partial"]), default="total", show_default=True)
_digits = click.option(
    "--digits", default="15", show_default=True, metavar="N", callback=_count("digits", 1), help="Digits wanted."
)


@main.command(
    cls=_MethodCommand,
    short_help="The worst case of the Jacobian error, proved.",
    epilog=_examples(
        "bound chebyshev --spectrum 1/100,1 -t 100 -R 1 -G 0 --digits 30",
        "bound sobolev --measure gegenbauer:1/2 --spectrum 1/100,1 -t 50 --split partial",
        "bound sobolev --spectrum 1/100,1 -t 50 --format json > bound.json",
        "bound --check bound.json",
    ),
)
@_method_arguments
@_steps_taken
@_sizes[0]
@_sizes[1]
@_digits
@click.option("--criterion", type=click.Choice(["exact", "pointwise", "separate"]), default="exact", show_default=True)
@_split
@click.option(
    "--estimator", type=click.Choice(["unrolled", "truncated", "implicit"]), default="unrolled", show_default=True
)
@click.option(
    "--plain-steps",
    default="0",
    show_default=True,
    metavar="N",
    callback=_count("plain-steps", 0),
    help="Steps before differentiation starts (truncated, implicit).",
)
@_format
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
    built = _build(method, spectrum, options)
    from polyunroll.report.bound import bound as report

    with _busy(f"enclosing the worst case at t = {t}"):
        page = report(built, t, R, G, digits, criterion, split, estimator, plain_steps, format=format)
    page.show()


@main.command(
    "burn-in",
    cls=_MethodCommand,
    short_help="How long the error stays above its start, proved.",
    epilog=_examples(
        'burn-in gd --step "2/(L+ell)" --spectrum 1/1000,1',
        "burn-in chebyshev --spectrum 1/100,1 -G 1 --split partial",
    ),
)
@_method_arguments
@_sizes[0]
@_sizes[1]
@_split
@_digits
@_format
def burn_in(
    method: str, spectrum: str, R: str, G: str, split: str, digits: int, format: str, **options: str | None
) -> None:
    """The burn-in: from when on the worst Jacobian error is never above its start, and how large it gets before."""
    built = _build(method, spectrum, options)
    from polyunroll.report.burn_in import burn_in as report

    with _busy(f"proving the burn-in of {built.label}"):
        page = report(built, R, G, split, digits, format)
    page.show()


@main.command(
    cls=_MethodCommand,
    short_help="Formulas and coefficients as JSON.",
    epilog=_examples("schedule chebyshev --spectrum 1/100,1 --steps 50 -o schedule.json"),
)
@_method_arguments
@click.option(
    "--steps", metavar="N", callback=_count("steps", 1), help="Number of steps; a list of --step has its own."
)
@click.option("-o", "--output", required=True, metavar="FILE", help="The file to write; - is standard output.")
@click.option("--form", default="program", show_default=True, help="What the file holds.")
def schedule(method: str, spectrum: str, steps: int | None, output: str, form: str, **options: str | None) -> None:
    """Write a method's formulas, exact parameters and correctly rounded coefficients as JSON."""
    built = _build(method, spectrum, options)
    from polyunroll.schedules.program import schedule as make

    made = make(built, steps, form)
    if output == "-":
        click.echo(made.to_json(), nl=False)
    else:
        click.echo(f"{made.write(output)}: {made.steps} steps of {built.label}")


def _check_claims(ctx: click.Context, parameter: click.Parameter, paths: tuple[str, ...]) -> None:
    """Verify certificates of claims, with the kernel alone; exit status 1 if one is not verified."""
    if not paths or ctx.resilient_parsing:
        return
    from polyunroll.claims.certificate import check_file

    verdicts = [check_file(path) for path in paths]
    for path, (good, words) in zip(paths, verdicts, strict=True):
        click.echo(f"{path}: {words if good else f'not verified: {words}'}")
    ctx.exit(0 if all(good for good, _ in verdicts) else NOT_PROVED)


@main.command(
    short_help="The theorems, verified.",
    epilog=_examples(
        "verify",
        'verify "gd_*" --format json',
        "verify -o certificates",
        "verify --certificate certificates/gd_residual.json",
        'verify "gd_*" --mutate',
    ),
)
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@_format
@click.option("-o", "--write", "folder", metavar="DIR", help="Write a certificate of each claim into this folder.")
@click.option("--mutate", is_flag=True, help="Decide false statements and altered proofs made from the claims.")
@click.option(
    "--most", metavar="N", callback=_count("most", 1), help="With --mutate: so many of each kind from a claim.  [24]"
)
@click.option(
    "--certificate",
    metavar="FILE",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_check_claims,
    help="Verify the certificate in FILE with the kernel alone, and do nothing else; may be given again.",
)
@click.pass_context
def verify(
    ctx: click.Context, patterns: tuple[str, ...], format: str, folder: str | None, mutate: bool, most: int | None
) -> None:
    """Decide the claims whose id matches a PATTERN such as "gd_*", all of them without.

    Exit status 1 if one is not PROVED.
    """
    if mutate and folder is not None:
        raise InvalidInput("--mutate writes no certificates; leave --write out")
    if most is not None and not mutate:
        raise InvalidInput("--most is for --mutate; leave it out")
    from polyunroll.report.claims import claims_page, mutants_page

    with _busy("deciding claims"):
        if mutate:
            good, page = mutants_page(patterns, format, most)
        else:
            good, page = claims_page(patterns, format, folder)
    page.show()
    ctx.exit(0 if good else NOT_PROVED)


@main.command(short_help="The curse of unrolling on real data.")
@click.option("--output-dir", default=".", show_default=True, metavar="DIR", help="Where the files go.")
def demo(output_dir: str) -> None:
    """Show the curse of unrolling on real data, and how to avoid it."""
    from polyunroll.demo import run_demo
    from polyunroll.output.files import make_folder
    from polyunroll.report.tables import Screen

    run_demo(make_folder(output_dir), Screen())


if __name__ == "__main__":
    main()
