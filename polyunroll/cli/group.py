"""The command group: what went wrong in one sentence, and the exit status that belongs to it."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, NoReturn

import click

from polyunroll.errors import PolyunrollError

__all__ = ["NOT_PROVED", "FamilyCommand", "Group", "MethodCommand", "busy", "examples"]

NOT_PROVED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


class Group(click.Group):
    """Says what went wrong in one sentence, and leaves with the exit status that belongs to it."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command and leave the process with its status."""
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
        """Run a command; whoever stops reading its output ends it quietly."""
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


class MethodCommand(click.Command):
    """A command on a method; its help lists the methods there are, found when it is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of methods below the help."""
        super().format_epilog(ctx, formatter)
        from polyunroll.cli.arguments import family
        from polyunroll.methods import families

        methods = {**families(), "minimax": family("minimax")}
        with formatter.section("Methods"):
            formatter.write_dl([(name, _about(cls)) for name, cls in sorted(methods.items()) if self.takes(cls)])

    def takes(self, family: type[Any]) -> bool:
        """Whether the command is about methods of this family."""
        return True


class FamilyCommand(MethodCommand):
    """A command on the parameters of a family of methods; its help lists those that have some to choose."""

    def takes(self, family: type[Any]) -> bool:
        """Whether the family has parameters to choose."""
        return family.free is not None


def _about(family: type[Any]) -> str:
    """The first line of a family's documentation, and its options."""
    first = (family.__doc__ or "").strip().partition("\n")[0]
    options = ", ".join(f"--{option}" for option in family.options)
    return f"{first}  [{options}]" if options else first


def busy(doing: str) -> AbstractContextManager[Any]:
    """A line on the terminal while an answer cannot come at once; nothing where there is no terminal."""
    from rich.console import Console

    return Console(stderr=True, highlight=False).status(doing) if sys.stderr.isatty() else nullcontext()


def examples(*commands: str) -> str:
    """An epilog that click does not wrap."""
    return "\n".join(("\b", "Examples:", *(f"  polyunroll {command}" for command in commands)))
