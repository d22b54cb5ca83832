"""Pictures: what is drawn against exact polynomials and proved bounds, and what is left alone."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from math import log10

import numpy as np
import pytest
import sympy

import polyunroll as pu

matplotlib = pytest.importorskip("matplotlib")
from matplotlib.figure import Figure  # noqa: E402

S = pu.Spectrum("1/100", 1)
WIDE = pu.Spectrum("1/5000", 2)
METHODS = (pu.GradientDescent(S, "2/(L+ell)"), pu.Chebyshev(S), pu.Sobolev(S, eta="1/10"))
CONDITION = "condition number L/ℓ = 100"


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture(autouse=True)
def nothing_global_changes():
    """No picture on given axes touches settings, or loads pyplot's state."""
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}


def names(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def on_grid(polynomial, points):
    """An exact polynomial at doubles, exactly, then rounded."""
    return np.array([float(polynomial.eval(sympy.Rational(*point.as_integer_ratio()))) for point in points.tolist()])


def test_residuals_are_the_exact_polynomials(ax):
    assert pu.plot.residual(METHODS, 7, ax) is ax
    drawn = lines(ax)
    assert list(drawn) == names(ax) == [method.label for method in METHODS]
    for method in METHODS:
        x, y = drawn[method.label].get_data()
        assert np.array_equal(y, pu.jets(method, 7, x, order=0).derivative())
        assert y[::97] == pytest.approx(on_grid(pu.residual(method, 7), x[::97]), abs=1e-12)
    assert (x[0], x[-1], ax.get_xscale()) == (0.01, 1.0, "linear")
    assert ax.get_title() == f"t = 7, {CONDITION}"


@pytest.mark.parametrize("t", [0, 1, 90])
def test_the_grid_shows_every_oscillation(ax, t):
    method = pu.Chebyshev(S)
    x, y = lines(pu.plot.residual(method, t, ax))["Chebyshev"].get_data()
    assert np.all(np.diff(x) > 0)
    assert np.count_nonzero(np.diff(np.sign(y))) == t
    top = float(pu.worst_case(method, t, split="partial"))
    extremes = np.flatnonzero(np.diff(np.sign(np.diff(y)))) + 1
    assert len(extremes) == max(t - 1, 0)
    assert np.abs(y[extremes]) == pytest.approx(top, rel=5e-3)


def test_a_wide_spectrum_has_a_logarithmic_axis(ax):
    assert pu.plot.residual(pu.Nesterov(WIDE), 10, ax).get_xscale() == "log"
    x = lines(ax)["Nesterov"].get_xdata()
    assert np.max(np.diff(np.log(x))) < 0.01  # no gap at ℓ, where Chebyshev points are wide apart by their ratios
    assert pu.plot.residual(pu.Nesterov(WIDE), 10, Figure().subplots(), log=False).get_xscale() == "linear"
    assert pu.plot.jacobian_error(pu.Nesterov(S), 10, ax=Figure().subplots(), log=True).get_xscale() == "log"


def test_small_values_are_drawn_in_units_that_the_axis_names(ax):
    method = pu.Chebyshev(S)
    pu.plot.residual(method, 4000, ax)
    top = pu.worst_case(method, 4000, split="partial", digits=20).upper
    assert Fraction(1, 10**349) < top < Fraction(1, 10**348)  # no double
    assert ax.get_ylabel().endswith("in units of $10^{-349}$")
    y = lines(ax)["Chebyshev"].get_ydata()
    assert np.max(np.abs(y)) == pytest.approx(float(top * 10**349), rel=1e-9)


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize(("R", "G"), [(1, 0), (2, "1/3"), (0, 1)])
def test_errors_and_their_proved_largest_value(ax, split, R, G):
    pu.plot.jacobian_error(METHODS, 12, R, G, split, ax)
    drawn, R, G = lines(ax), float(R), float(Fraction(G))
    dotted = [line for line in ax.get_lines() if line.get_linestyle() == ":" and len(line.get_xdata())]
    dots = [line for line in ax.get_lines() if line.get_marker() == "o" and len(line.get_xdata())]
    for method, level, dot in zip(METHODS, dotted, dots, strict=True):
        x, y = drawn[method.label].get_data()
        P = pu.residual(method, 12)
        A = pu.jacobian_error(method, 12)[0] if split == "total" else P
        some = x[::61]
        exact = np.abs(on_grid(A, some)) * R + np.abs(on_grid(P.diff(), some)) * G
        assert y[::61] == pytest.approx(exact, rel=1e-9, abs=1e-10)
        W = pu.worst_case(method, 12, R, Fraction(G).limit_denominator(9), 6, criterion="pointwise", split=split)
        assert set(level.get_ydata()) == {float(W)}
        assert (dot.get_xdata().item(), dot.get_ydata().item()) == (float(W.at), float(W))
        assert level.get_color() == dot.get_color() == drawn[method.label].get_color()
        assert float(W) * 0.995 <= y.max() <= float(W.upper) * (1 + 1e-9)
        low, high = ax.get_ylim()
        assert low < float(W) < high
    assert ax.get_yscale() == "log"
    assert names(ax)[-1] == "proved largest value $W_t$"
    assert ("P_t'" in ax.get_ylabel()) == (split == "partial")
    assert CONDITION in ax.get_title()


@pytest.mark.parametrize("criterion", ["exact", "pointwise", "separate"])
def test_worst_cases_at_the_steps_asked_for(ax, criterion):
    how = {"G": "1/2", "split": "partial", "criterion": criterion}
    pu.plot.worst_case(METHODS, [20, 0, 5, 5], ax=ax, **how)
    drawn = lines(ax)
    for method in METHODS:
        assert drawn[method.label].get_xdata().tolist() == [0, 5, 20]
        proved = pu.worst_case(method, [0, 5, 20], digits=6, **how)
        assert drawn[method.label].get_ydata().tolist() == [float(one) for one in proved]
    assert set(drawn["start: the error of no derivative"].get_ydata()) == {1.0}
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert ax.get_ylabel().startswith("proved")
    assert ax.get_title() == f"R = 1, G = 0.5, {CONDITION}"


def test_one_number_means_a_geometric_selection(ax):
    pu.plot.worst_case(METHODS[0], 1000, ax=ax)
    steps = lines(ax)[METHODS[0].label].get_xdata()
    assert (steps[0], steps[-1], ax.get_xscale()) == (1, 1000, "log")
    assert 30 <= len(steps) <= 37
    assert max(b / a for a, b in pairwise(steps[10:])) < 1.3
    assert lines(pu.plot.worst_case(METHODS[0], 1, ax=Figure().subplots()))[METHODS[0].label].get_xdata() == [1]


def test_fixed_horizons(ax):
    whole, listed = pu.Minimax(S, 10), pu.GradientDescent(S, ["1/L", "2/L", "1/2/L", "1/L"])
    pu.plot.worst_case([METHODS[1], whole, listed], [2, 8, 20], ax=ax)
    drawn = lines(ax)
    assert drawn[METHODS[1].label].get_xdata().tolist() == [2, 8, 20]
    dot = drawn[whole.label]
    assert (dot.get_marker(), dot.get_linestyle(), dot.get_xdata().tolist()) == ("o", "None", [10])
    assert dot.get_ydata() == [float(pu.worst_case(whole, 10, digits=6))]
    assert drawn[listed.label].get_xdata().tolist() == [2, 4]
    shorter = pu.plot.worst_case(listed, [1, 2], ax=Figure().subplots())
    assert lines(shorter)[listed.label].get_xdata().tolist() == [1, 2]


def test_no_start_line_without_a_start_and_no_values_beyond_the_axis(ax):
    pu.plot.worst_case(pu.GradientDescent(S, "5/L"), [1, 2000], R=0, G=1, ax=ax)
    drawn = lines(ax)
    assert list(drawn) == ["GD h=5/L"]
    assert np.isnan(drawn["GD h=5/L"].get_ydata()).tolist() == [False, True]


def test_a_comparison(ax):
    whole = pu.Minimax(S, 6)
    elsewhere = pu.Minimax(S, 7)
    found = pu.compare(S, [2, 6, 9], [*METHODS[:2], whole, elsewhere])
    pu.plot.comparison(found, ax)
    drawn = lines(ax)
    for i, method in enumerate(METHODS[:2]):
        values = [float(found.multiple(i, k)) for k in range(3)]
        assert drawn[method.label].get_data()[0].tolist() == [2, 6, 9]
        assert drawn[method.label].get_ydata().tolist() == values
    assert drawn[whole.label].get_xdata().tolist() == [6]
    assert drawn[whole.label].get_ydata() == pytest.approx([1], rel=1e-5)
    assert names(ax) == [*(method.label for method in METHODS[:2]), whole.label]  # the other one has no value here
    assert ax.get_title().endswith(CONDITION)


@pytest.mark.parametrize("steps", [None, ["1/L", "sqrt(2)/L"], [f"{k}/40/L" for k in range(40, 78)]])
def test_a_frontier(ax, steps):
    points = pu.step_frontier(S, steps)
    pu.plot.frontier(iter(points), ax)
    for collection, kind in zip(ax.collections, (True, False), strict=True):
        chosen = [point for point in points if point.is_efficient == kind]
        assert bool(len(collection.get_facecolors())) == kind
        expected = [[point.burn_in.length, -1 / log10(float(point.rate))] for point in chosen]
        assert np.asarray(collection.get_offsets()) == pytest.approx(np.array(expected), rel=1e-9)
        peaks = [float(point.burn_in.peak) for point in chosen]
        assert (np.diff(collection.get_sizes())[np.diff(peaks) > 0] > 0).all()
    assert names(ax)[:3] == ["efficient", "not efficient", "peak 1"]
    largest = max(float(point.burn_in.peak) for point in points)
    assert names(ax)[-1] == f"peak {largest:.3g}"
    efficient = [point.method.label for point in points if point.is_efficient]
    assert [text.get_text() for text in ax.texts] == (efficient if len(efficient) <= 8 else [])
    assert ax.get_title() == CONDITION


def test_a_rate_next_to_one_is_no_infinity(ax):
    narrow = pu.Spectrum("1e-20", 1)
    pu.plot.frontier(
        [pu.FrontierPoint(m, pu.burn_in(METHODS[0]), pu.rate(m), True) for m in [pu.GradientDescent(narrow)]], ax
    )
    assert ax.collections[0].get_offsets()[0][1] == pytest.approx(np.log(10) * 1e20)


def test_schedules(ax):
    spectrum = pu.Spectrum("1/25", 4)
    momentum = pu.schedule(pu.Chebyshev(spectrum), 9, "momentum")
    h, m = pu.plot.schedule(momentum, ax).get_lines()
    assert (h.get_linestyle(), h.get_xdata().tolist()) == ("-", list(range(1, 10)))
    assert h.get_ydata().tolist() == [4 * value for value in momentum.step_sizes]
    assert m.get_ydata().tolist() == list(momentum.momenta)
    assert names(ax) == ["step size $h_t$, times L", "momentum $m_t$"]
    assert (ax.get_yscale(), ax.get_title()) == ("linear", "Chebyshev, condition number L/ℓ = 100")
    richardson = pu.schedule(pu.Chebyshev(spectrum), 9, "richardson")
    other = pu.plot.schedule(richardson, Figure().subplots())
    (dots,) = other.get_lines()  # no momenta to draw
    assert dots.get_ydata().tolist() == [4 * value for value in richardson.step_sizes]
    assert (dots.get_marker(), dots.get_linestyle(), other.get_yscale()) == ("o", "None", "symlog")


def test_without_axes_pyplot_makes_some_in_the_users_style():
    code = (
        "import matplotlib as mpl; mpl.use('Agg'); mpl.rcParams['axes.facecolor'] = 'lightblue';"
        "import polyunroll as pu; m = pu.Chebyshev(pu.Spectrum('1/9', 1));"
        "from matplotlib.figure import Figure; import sys;"
        "pu.plot.residual(m, 3, Figure().subplots());"
        "assert 'matplotlib.pyplot' not in sys.modules;"
        "before = dict(mpl.rcParams); axes = pu.plot.residual(m, 3); assert dict(mpl.rcParams) == before;"
        "import matplotlib.pyplot as plt; assert plt.gcf() is axes.figure and len(plt.get_fignums()) == 1;"
        "assert axes.get_facecolor() == mpl.colors.to_rgba('lightblue')\n"
        "try: pu.plot.worst_case(m, 'x')\n"
        "except pu.InvalidInput: assert len(plt.get_fignums()) == 1\n"
        "else: raise SystemExit('not refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_matplotlib_is_loaded_only_to_draw_and_its_absence_said():
    code = (
        "import sys, polyunroll as pu; from polyunroll import plot; assert pu.plot is plot;"
        "assert not any(name.split('.')[0] == 'matplotlib' for name in sys.modules);"
        "sys.modules['matplotlib'] = None\n"
        "try: plot.residual(pu.Chebyshev(pu.Spectrum('1/9', 1)), 3)\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == 'polyunroll.plot needs matplotlib; install it with pip install "polyunroll[demo]"\n'


GD = METHODS[0]
SYMBOLIC = pu.Chebyshev(pu.Spectrum(*sympy.symbols("ell L", positive=True)))


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda ax: pu.plot.residual([], 3, ax), r"methods = \[\] is not allowed; give at least one method"),
        (lambda ax: pu.plot.residual("gd", 3, ax), "'g' is not a method"),
        (lambda ax: pu.plot.residual(SYMBOLIC, 3, ax), "has symbols; a picture needs numbers"),
        (lambda ax: pu.plot.jacobian_error([GD, pu.Chebyshev(WIDE)], 3, ax=ax), "one picture shows methods on one"),
        (lambda ax: pu.plot.residual(GD, -1, ax), "t = -1 is not allowed"),
        (lambda ax: pu.plot.jacobian_error(GD, 5001, ax=ax), "t = 5001 is not allowed; .* at most t = 5000"),
        (lambda ax: pu.plot.residual(pu.GradientDescent(pu.Spectrum(1, 1)), 3, ax), "is one point; a picture over it"),
        (lambda ax: pu.plot.residual(pu.GradientDescent(pu.Spectrum("1e-400", 1)), 3, ax), "its ends must be differ"),
        (lambda ax: pu.plot.jacobian_error(GD, 3, split="both", ax=ax), "split = 'both' is not known"),
        (lambda ax: pu.plot.jacobian_error(GD, 3, R=-1, ax=ax), "R = -1 is not allowed"),
        (lambda ax: pu.plot.worst_case(GD, [], ax=ax), r"steps = \[\] is not allowed"),
        (lambda ax: pu.plot.worst_case(GD, 0, ax=ax), "steps = 0 is not allowed"),
        (lambda ax: pu.plot.worst_case(GD, 9, criterion="best", ax=ax), "criterion = 'best' is not known"),
        (lambda ax: pu.plot.comparison(3, ax), "3 is no Comparison; give what compare"),
        (lambda ax: pu.plot.frontier([], ax), r"points = \[\] is not allowed"),
        (lambda ax: pu.plot.frontier([3], ax), "3 is no FrontierPoint"),
        (lambda ax: pu.plot.schedule(GD, ax), "is no Schedule"),
        (lambda ax: pu.plot.schedule(pu.schedule(GD, 3), ax), "'program' has no step_sizes"),
        (lambda ax: pu.plot.residual(GD, 3, [ax, ax]), "give one matplotlib Axes, or None"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_is_drawn(ax, draw, said):
    with pytest.raises(pu.InvalidInput, match=said):
        draw(ax)
    assert not ax.has_data()
    assert ax.get_title() == ""


@pytest.mark.parametrize("draw", [pu.plot.residual, pu.plot.jacobian_error])
def test_a_method_made_for_another_horizon(ax, draw):
    with pytest.raises(pu.HorizonError, match="t = 3 is not this method's horizon"):
        draw([GD, pu.Minimax(S, 4)], 3, ax=ax)
    assert not ax.has_data()
