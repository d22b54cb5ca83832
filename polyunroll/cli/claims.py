"""The command that verifies theorems."""

from __future__ import annotations

import click

from polyunroll.cli.arguments import count, format_option
from polyunroll.cli.group import NOT_PROVED, busy, examples
from polyunroll.errors import InvalidInput

__all__ = ["verify"]


def _check_claims(ctx: click.Context, parameter: click.Parameter, paths: tuple[str, ...]) -> None:
    """Verify certificates of claims, with the kernel alone; exit status 1 if one is not verified."""
    if not paths or ctx.resilient_parsing:
        return
    from polyunroll.claims.certificate import check_file

    verdicts = [check_file(path) for path in paths]
    for path, (good, words) in zip(paths, verdicts, strict=True):
        click.echo(f"{path}: {words if good else f'not verified: {words}'}")
    ctx.exit(0 if all(good for good, _ in verdicts) else NOT_PROVED)


@click.command(
    short_help="The theorems, verified.",
    epilog=examples(
        "verify",
        'verify "gd_*" --format json',
        "verify -o certificates",
        "verify --certificate certificates/gd_residual.json",
        'verify "gd_*" --mutate',
    ),
)
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@format_option
@click.option("-o", "--write", "folder", metavar="DIR", help="Write a certificate of each claim into this folder.")
@click.option("--mutate", is_flag=True, help="Decide false statements and altered proofs made from the claims.")
@click.option(
    "--most", metavar="N", callback=count("most", 1), help="With --mutate: so many of each kind from a claim.  [24]"
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

    with busy("deciding claims"):
        if mutate:
            good, page = mutants_page(patterns, format, most)
        else:
            good, page = claims_page(patterns, format, folder)
    page.show()
    ctx.exit(0 if good else NOT_PROVED)
