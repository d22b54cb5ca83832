"""Tables and pages: plain where there is no terminal, folded but complete where there is one."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from polyunroll.errors import InvalidInput
from polyunroll.report.tables import Page, Table, check_format, facts, wrap

TABLE = Table(
    ("method", "t", "value"), (("gd", "10", "-1/3"), ("chebyshev", "7", ""), ("Σ", "", "1e-21")), title="Steps"
)
LONG = "a long name of a method of many words"


def terminal(width):
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, highlight=False)


def shown(page, width):
    console = terminal(width)
    page.show(console)
    return console.file.getvalue()


def test_numbers_stand_to_the_right():
    assert TABLE.alignment() == "lrr"
    assert str(TABLE) == (
        "Steps\nmethod      t  value\n---------  --  -----\ngd         10   -1/3\nchebyshev   7\nΣ              1e-21"
    )
    assert TABLE.width == 20


def test_an_alignment_that_is_asked_for_and_a_column_without_cells():
    assert str(Table(("a", "b"), (("1", "2"),), align="lr")) == "a  b\n-  -\n1  2"
    assert Table(("a",), (("",),)).alignment() == "l"
    assert str(Table(("a", "b"), ())) == "a  b\n-  -"


def test_a_row_of_another_length_is_refused():
    with pytest.raises(InvalidInput, match="1 cells; the table has 2 columns"):
        Table(("a", "b"), (("1",),))


def test_a_page_that_is_no_terminal_gets_is_its_text():
    page = Page(("first", TABLE, "x" * 500))
    console = Console(file=io.StringIO(), width=20)
    page.show(console)
    assert console.file.getvalue() == str(page) == f"first\n\n{TABLE}\n\n{'x' * 500}\n"


def test_a_terminal_gets_everything_in_its_width():
    long = "1234567890" * 12
    printed = shown(Page((f"x := {long} y", Table(("n", "value"), (("0", long),)))), 50)
    assert max(map(len, printed.splitlines())) <= 50
    assert printed.replace("\n", "").replace(" ", "").count(long) == 2


def test_markup_is_not_interpreted():
    assert "[1/100, 1] [bold]" in shown(Page(("[1/100, 1] [bold]",)), 80)
    assert "[bold]" in shown(Page((Table(("[a]",), (("[bold]",),)),)), 80)


def test_data_is_printed_as_it_is_on_a_terminal_too():
    page = Page(('{"value": "' + "1 " * 200 + '"}',), verbatim=True)
    assert shown(page, 40) == str(page)


def test_a_table_that_does_not_fit_is_taken_apart():
    number = "1" * 60
    table = Table(("", "P", "D"), (("λ^0", "1", number), ("λ^1", number, "")), align="lrr", stacks=True)
    apart = f"     P\n---  {'-' * 60}\nλ^0  1\nλ^1  {number}\n\n     D\n---  {'-' * 60}\nλ^0  {number}\n"
    assert str(Page((table,))) == apart
    narrow = shown(Page((table,)), 80)
    assert narrow.count(number) == 2
    assert not any("P" in line and "D" in line for line in narrow.splitlines())
    whole = shown(Page((table,)), 200)
    assert any("P" in line and "D" in line for line in whole.splitlines())


def test_facts_are_aligned():
    assert facts([("t", "5"), ("L/ℓ", "100"), ("method", "gd")]) == "t       5\nL/ℓ     100\nmethod  gd"
    assert facts([]) == ""


@given(st.text(alphabet="0123456789/ ab\n", max_size=300), st.integers(0, 90))
def test_wrapping_leaves_nothing_out(text, width):
    wrapped = wrap(text, width)
    assert all(len(line) <= max(width, 20) for line in wrapped.split("\n"))
    pieces = [line.removeprefix("    ") for line in wrapped.split("\n")]
    assert "".join(pieces).replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_a_line_is_broken_at_a_space_then_after_a_slash_then_anywhere():
    assert wrap("a" * 15 + " " + "b" * 10, 20) == "a" * 15 + " \n    " + "b" * 10
    assert wrap("1" * 15 + "/" + "2" * 10, 20) == "1" * 15 + "/\n    " + "2" * 10
    assert wrap("1" * 25, 20) == "1" * 20 + "\n    " + "1" * 5


def test_formats():
    assert check_format("latex") == "latex"
    with pytest.raises(InvalidInput, match="format = 'html' is not allowed; give text, json, latex"):
        check_format("html")


def test_numbers_are_not_broken_where_there_is_room_for_them():
    numbers = tuple(f"{10**19 + i}" for i in range(3))
    table = Table(("t", "a", "b", "method"), ((*numbers, LONG),))
    printed = shown(Page((table,)), 80)
    assert max(map(len, printed.splitlines())) <= 80
    assert all(number in printed for number in numbers)
    assert {*LONG.split()} <= {*printed.split()}


def test_a_table_that_just_fits_is_not_folded():
    cell = "1" * 24
    table = Table(("x", "y", "z"), ((cell, cell, cell),))
    assert table.width == 76
    assert cell + "  " + cell + "  " + cell in shown(Page((table,)), 76)
    assert cell not in shown(Page((table,)), 60), "folded where nothing helps, not cut"
    assert shown(Page((table,)), 60).count("1") == 72


def test_a_title_has_the_whole_width():
    table = Table(("t",), (("1",),), title=LONG)
    assert shown(Page((table,)), 60).startswith(LONG + "\n")
    assert max(map(len, shown(Page((table,)), 30).splitlines())) <= 30


def test_a_long_word_gives_way_before_a_number():
    table = Table(("name", "value"), (("a" * 40, "1" * 20),))
    printed = shown(Page((table,)), 40)
    assert "1" * 20 in printed
    assert printed.count("a") == 40 + 2
