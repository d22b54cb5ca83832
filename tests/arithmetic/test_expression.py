"""Formulas: what the parser takes, what it refuses, and that it never evaluates anything as Python."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
import sympy
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from polyunroll.arithmetic.exact import sqrt
from polyunroll.arithmetic.expression import Const, Name, Op, parse, parse_step
from polyunroll.errors import InvalidInput, OutsideField
from polyunroll.methods.base import step_size
from polyunroll.spectrum import Spectrum

KNOWN = {"x": fmpq(3), "y": fmpq(1, 2), "kappa": fmpq(1, 4)}


def value(text):
    return parse(text).evaluate(lambda name, lag: KNOWN[name] - 10 * lag, lambda c: c, sqrt)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", fmpq(1)),
        ("  1 + 2*3 ", fmpq(7)),
        ("(1+2)*3", fmpq(9)),
        ("1/3", fmpq(1, 3)),
        ("2 - 3 - 4", fmpq(-5)),
        ("2/3/4", fmpq(1, 6)),
        ("(2**3)**2", fmpq(64)),
        ("2^3", fmpq(8)),
        ("-2**2", fmpq(-4)),
        ("2**-2", fmpq(1, 4)),
        ("+x", fmpq(3)),
        ("−x", fmpq(-3)),
        ("x*y", fmpq(3, 2)),
        ("0.1", fmpq(1, 10)),
        ("0.1000000000000000055511151231257827", fmpq(1, 10) + fmpq(55511151231257827, 10**34)),
        ("1e-8", fmpq(1, 10**8)),
        ("1e400", fmpq(10**400)),
        ("1_000", fmpq(1000)),
        ("sqrt(4/9)", fmpq(2, 3)),
        ("1 - sqrt(kappa)", fmpq(1, 2)),
        ("x[t]", fmpq(3)),
        ("x[t-2]", fmpq(-17)),
        ("(1\n+2)", fmpq(3)),
    ],
)
def test_arithmetic_is_taken(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 +", "1 2", "(1", ")", "1; 2", "x = 1", "x := 1", "(x := 1)", "1 # x\n2", "1\0", "\ud800"),
        *("__import__('os')", "exit()", "sin(x)", "sqrt", "sqrt()", "sqrt(1, 2)", "sqrt(x=1)", "sqrt(*x)", "x()"),
        *("x.real", "(1).real", "x.__class__", "'a'", "b'a'", "f'{x}'", "1j", "True", "None", "...", "0x10", "0b1"),
        *("[x]", "(x, y)", "{x}", "{x: y}", "[z for z in x]", "(z for z in x)", "{**x}", "*x"),
        *("lambda: x", "lambda z: z", "x if y else x", "x and y", "not x", "x < y", "x == y", "x in y", "await x"),
        *("x % 2", "x // 2", "x @ y", "x | y", "x & y", "x << 2", "~x", "yield x"),
        *("x**y", "x**0.5", "x**(1/2)", "2**1001", "2**-1001", "2**(2**99)", "x**sqrt(4)", "2**3**2"),
        *("x[0]", "x[t+1]", "x[t-y]", "x[t-0.5]", "x[t-True]", "x[1-t]", "x[t:2]", "x[t, t]", "x[t][t]", "sqrt(x)[t]"),
        *("1e100001", "nan", "1e-999999999"),
    ],
)
def test_all_else_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_step(text, tuple(KNOWN))


@pytest.mark.parametrize("index", ["t+1", "t-True", "t-1.0", "t-(1)*1", "1-t", "s-1", "0", "t-x"])
def test_indices_look_back_by_whole_numbers_only(index):
    with pytest.raises(InvalidInput, match="index that is not t or t-k"):
        parse(f"x[{index}]")


def test_nothing_is_run(tmp_path):
    target = tmp_path / "made"
    for text in (
        f"open({str(target)!r}, 'w')",
        f"__import__('pathlib').Path({str(target)!r}).touch()",
        f"[open({str(target)!r}, 'w') for x in (1,)]",
        f"(lambda: open({str(target)!r}, 'w'))()",
    ):
        with pytest.raises(InvalidInput, match="allowed are numbers, names"):
            parse(text)
    assert not target.exists()


@pytest.mark.parametrize(
    "text",
    [
        "((2**1000)**1000)**1000",
        "(((x**1000)**1000)**1000)**1000",
        "(1e-100000)**1000",
        "*".join(["1e99999"] * 200),
        "(" * 900 + "1" + ")" * 900,
        "-" * 1900 + "1",
        "sqrt(" * 300 + "1" + ")" * 300,
        "+".join(["x"] * 900),
        "x" * 2001,
        "1+" * 100_000 + "1",
    ],
    ids=range(10),
)
def test_towers_and_depths_are_refused_at_once(text):
    begin = time.perf_counter()
    with pytest.raises(InvalidInput):
        parse(text)
    assert time.perf_counter() - begin < 10


def test_a_long_but_honest_expression_is_taken():
    assert value("+".join(["x"] * 150)) == 450
    assert value("2**1000") == fmpq(2**1000)


def test_a_division_by_zero_is_an_error():
    with pytest.raises(ZeroDivisionError):
        value("1/(x-3)")
    with pytest.raises(ZeroDivisionError):
        value("(x-3)**-1")


def test_trees_are_plain_data():
    expression = parse("-omega[t-1]/4")
    # a unary minus binds tighter than a division
    assert expression.tree == Op("/", (Op("neg", (Name("omega", 1),)), Const(fmpq(4))))
    assert expression.names() == {("omega", 1)}
    assert expression == parse(" -omega[t-1]/4 ")
    assert hash(expression) == hash(parse("-omega[t-1]/4"))
    assert parse("-3").constant == -3
    assert parse("x").constant is None


def test_a_law_has_no_roots():
    with pytest.raises(InvalidInput, match="sqrt is allowed in constants"):
        parse("sqrt(2)").evaluate(lambda name, lag: fmpq(1), lambda c: c)


trees = st.recursive(
    st.sampled_from(["x", "y"]) | st.integers(0, 99).map(str),
    lambda inner: (
        st.builds(lambda a, b, o: f"({a}){o}({b})", inner, inner, st.sampled_from(["+", "-", "*"]))
        | inner.map(lambda a: f"-({a})")
        | st.builds(lambda a, n: f"({a})**{n}", inner, st.integers(0, 3))
    ),
    max_leaves=12,
)


@given(trees)
def test_values_are_those_of_python_fractions(text):
    # the reference may evaluate: the text was made above
    names = {"x": Fraction(3), "y": Fraction(1, 2)}
    expected = eval(text, {"__builtins__": {}}, names)  # noqa: S307
    assert Fraction(str(value(text))) == expected


# -- step sizes ----------------------------------------------------------------------------------
S = Spectrum("1/4", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/L", fmpq(1)),
        ("2/(L+ell)", fmpq(8, 5)),
        ("sqrt(kappa)/L", fmpq(1, 2)),
        ("4/(1+sqrt(ell))^2", fmpq(16, 9)),
        ("0.3", fmpq(3, 10)),
        ("1/3", fmpq(1, 3)),
    ],
)
def test_step_sizes(text, expected):
    assert step_size(text, S) == expected


def test_step_sizes_with_a_root():
    assert step_size("sqrt(2)", S) == sqrt(fmpq(2))
    assert step_size("sqrt(ell*L)", Spectrum(1, 2)) == sqrt(fmpq(2))
    with pytest.raises(OutsideField, match="different fields"):
        step_size("1/(sqrt(ell)+sqrt(L))", Spectrum(2, 3))


@pytest.mark.parametrize("text", ["eta", "h", "t", "x", "L[t-1]", "__builtins__", "Sqrt(L)", "pi", "lambda"])
def test_step_sizes_name_the_spectrum_only(text):
    with pytest.raises(InvalidInput):
        step_size(text, S)


@pytest.mark.parametrize("text", ["0", "-1/L", "ell-L", "1/(L-1)", "L-L", "1/(4*ell-L)"])
def test_step_sizes_are_positive(text):
    with pytest.raises(InvalidInput, match=r"must be > 0|divides by zero"):
        step_size(text, S)


def test_a_refused_name_is_told_with_what_is_allowed():
    with pytest.raises(InvalidInput, match="'eta'; it may name only L, ell, kappa and sqrt"):
        step_size("eta/L", S)


# -- with symbols --------------------------------------------------------------------------------
ell, L = sympy.symbols("ell L")
SYMBOLIC = Spectrum(ell, L)


def test_a_spectrum_of_symbols():
    assert SYMBOLIC.kappa == ell / L
    assert SYMBOLIC.condition_number == L / ell
    assert (SYMBOLIC.ell, SYMBOLIC.L) == (ell, L)
    assert SYMBOLIC.is_symbolic
    assert Spectrum(ell, L) == SYMBOLIC
    assert hash(Spectrum(ell, L)) == hash(SYMBOLIC)
    assert str(SYMBOLIC) == "[ell, L]"
    assert "\\ell" in SYMBOLIC._repr_latex_()


def test_step_sizes_with_symbols():
    assert step_size("2/(L+ell)", SYMBOLIC).expr == 2 / (L + ell)
    assert step_size("sqrt(kappa)/L", SYMBOLIC).expr == sympy.sqrt(L * ell) / L**2
    assert step_size(sympy.Symbol("h"), SYMBOLIC).expr == sympy.Symbol("h")
    assert step_size("(L+ell)/(L+ell)", SYMBOLIC) == fmpq(1)
    with pytest.raises(InvalidInput, match="divides by zero"):
        step_size("1/((L+ell)^2 - L^2 - 2*L*ell - ell^2)", SYMBOLIC)
    with pytest.raises(OutsideField, match="different fields"):
        step_size("1/(sqrt(L)+sqrt(ell))", SYMBOLIC)
