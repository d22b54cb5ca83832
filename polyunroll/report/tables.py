"""Tables and pages of text: styled on a terminal, plain and never wrapped anywhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from polyunroll.errors import InvalidInput

__all__ = ["FORMATS", "Page", "Screen", "Table", "check_format", "facts", "wrap"]

FORMATS = ("text", "json", "latex")

_NUMBER = re.compile(r"[-+−]?(\d|\.\d|sqrt\()")
_GAP = "  "
_INDENT = "    "
_BOUNDLESS = 10**6
_ROOM = 100  # places for a table where there is no terminal
_FOLDED = 12  # places that a text keeps at least, so that numbers stay whole


class Screen(Console):
    """A rich console that leaves numbers as they are, and a broken pipe to its caller."""

    def __init__(self) -> None:
        super().__init__(highlight=False)

    def on_broken_pipe(self) -> None:
        """Go on with the error, which rich would end the process for."""
        raise BrokenPipeError


@dataclass(frozen=True)
class Table:
    """A table of texts; a column of numbers is aligned to the right.

    Parameters
    ----------
    headers : tuple of str
    rows : tuple of tuple of str
        As many cells as there are headers; an empty cell says nothing about its column's alignment.
    title : str
    align : str, optional
        "l" or "r" for each column, instead of the alignment that the cells suggest.
    stacks : bool
        Whether, where there is no room for the whole, each column is shown in a table of its own, beside the
        first column.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    align: str = ""
    stacks: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.headers):
                raise InvalidInput(f"the row {row!r} has {len(row)} cells; the table has {len(self.headers)} columns")

    def alignment(self) -> str:
        """One "l" or "r" for each column."""
        if self.align:
            return self.align
        columns = ([row[i] for row in self.rows if row[i]] for i in range(len(self.headers)))
        return "".join("r" if cells and all(map(_NUMBER.match, cells)) else "l" for cells in columns)

    def widths(self) -> list[int]:
        """How many places each column needs."""
        return [max(map(cell_len, column)) for column in zip(self.headers, *self.rows, strict=True)]

    @property
    def width(self) -> int:
        """How many places a line of the table needs."""
        return sum(self.widths()) + len(_GAP) * (len(self.headers) - 1)

    def _shares(self, room: int) -> list[int | None]:
        """The columns' widths in a terminal: the widest texts give way first; None for all where nothing helps."""
        widths, sides = self.widths(), self.alignment()
        texts = [max(map(_longest_word, column)) for column in zip(self.headers, *self.rows, strict=True)]
        most = room - len(_GAP) * (len(widths) - 1)
        for shortest in (_BOUNDLESS, _FOLDED):
            floors = [w if side == "r" else min(t, shortest) for w, t, side in zip(widths, texts, sides, strict=True)]
            if sum(floors) > most:
                continue
            while sum(widths) > most:
                widest = max((i for i in range(len(widths)) if widths[i] > floors[i]), key=widths.__getitem__)
                widths[widest] -= 1
            return [*widths]
        return [None] * len(widths)

    def __str__(self) -> str:
        widths, alignment = self.widths(), self.alignment()
        rule = tuple("-" * width for width in widths)
        lines = [self.title] if self.title else []
        for row in (self.headers, rule, *self.rows):
            places = zip(row, widths, alignment, strict=True)
            lines.append(_GAP.join(_padded(*place) for place in places).rstrip())
        return "\n".join(lines)

    def stacked(self) -> tuple[Table, ...]:
        """A table for each column but the first, aligned to the left and without empty cells."""
        return tuple(
            Table((self.headers[0], header), tuple((row[0], row[i]) for row in self.rows if row[i]), align="ll")
            for i, header in enumerate(self.headers[1:], start=1)
        )

    def rich(self, room: int = _BOUNDLESS) -> RichTable:
        """The table without its title as rich draws it; cells too wide are folded, never cut, numbers last.

        Parameters
        ----------
        room : int
            The width of the terminal.
        """
        drawn = RichTable(
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            show_edge=False,
            collapse_padding=True,
        )
        for header, side, width in zip(self.headers, self.alignment(), self._shares(room), strict=True):
            drawn.add_column(Text(header), justify="right" if side == "r" else "left", overflow="fold", width=width)
        for row in self.rows:
            drawn.add_row(*map(Text, row))
        return drawn


def _longest_word(cell: str) -> int:
    return max(map(cell_len, cell.split()), default=0)


def _padded(cell: str, width: int, side: str) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if side == "r" else cell + space


@dataclass(frozen=True)
class Page:
    """Texts and tables, one below the other.

    Parameters
    ----------
    parts : tuple of str and Table
    verbatim : bool
        Whether to print it as it is on a terminal too, as data for programs.
    """

    parts: tuple[str | Table, ...]
    verbatim: bool = False

    def __str__(self) -> str:
        return "\n\n".join(map(str, self._stacked(lambda table: table.width <= _ROOM))) + "\n"

    def _stacked(self, fits: Callable[[Table], bool]) -> list[str | Table]:
        """The parts, with tables that do not fit taken apart where they may be."""
        parts: list[str | Table] = []
        for part in self.parts:
            if isinstance(part, Table) and part.stacks and not fits(part):
                parts += part.stacked()
            else:
                parts.append(part)
        return parts

    def show(self, console: Console | None = None) -> None:
        """Print the page: on a terminal in its width, elsewhere exactly `str(page)`."""
        console = Screen() if console is None else console
        if self.verbatim or not console.is_terminal:
            console.file.write(str(self))
            console.file.flush()
            return
        roomy = console.options.update(width=_BOUNDLESS)
        parts = self._stacked(lambda t: Measurement.get(console, roomy, t.rich()).maximum <= console.width)
        for number, part in enumerate(parts):
            if number:
                console.print()
            if isinstance(part, Table):
                if part.title:
                    console.print(Text(wrap(part.title, console.width)), soft_wrap=True)
                console.print(part.rich(console.width))
            else:
                console.print(Text(wrap(part, console.width)), soft_wrap=True)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values in two columns."""
    listed = list(pairs)
    width = max((cell_len(name) for name, _ in listed), default=0)
    return "\n".join(f"{_padded(name, width, 'l')}{_GAP}{value}" for name, value in listed)


def wrap(text: str, width: int) -> str:
    """Break the lines that are too long, at a space or after a slash where there is one, else between digits.

    What follows a break is indented; without breaks and indents the text is as before.
    """
    return "\n".join(piece for line in text.split("\n") for piece in _broken(line, max(width, 20)))


def _broken(line: str, width: int) -> Sequence[str]:
    pieces: list[str] = []
    lead = ""
    while cell_len(lead + line) > width:
        room = width - len(lead)
        # at least half a line is filled before a good place to break is preferred to a full one
        at = next((place + 1 for mark in " /" if (place := line.rfind(mark, room // 2, room)) >= 0), room)
        pieces.append(lead + line[:at])
        line, lead = line[at:], _INDENT
    return [*pieces, lead + line]


def check_format(format: str) -> str:
    """The format, if there is such a one.

    Raises
    ------
    InvalidInput
    """
    if format not in FORMATS:
        raise InvalidInput(f"format = {format!r} is not allowed; give {', '.join(FORMATS)}")
    return format
