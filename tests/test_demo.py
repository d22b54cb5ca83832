"""The demonstration: what it computes, what it writes, and what it says when it cannot."""

from __future__ import annotations

import io
import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

import matplotlib

import polyunroll.demo as demo
from polyunroll import InvalidInput, PolyunrollError, Sobolev, Spectrum
from polyunroll.demo import story, study
from polyunroll.report import plots
from polyunroll.schedules.read import read_schedule

FILES = ["curse_of_unrolling.png", "curse_of_unrolling.svg", "sobolev_schedule.json"]
SHORT = 600  # steps: both humps, and all of Chebyshev and Sobolev


@pytest.fixture(scope="module")
def short():
    return [demo.compute(problem, SHORT) for problem in demo.problems()]


@pytest.fixture(scope="module")
def long():
    return [demo.compute(problem) for problem in demo.problems()]


def curve(errors, **given):
    values = np.array(errors, dtype=float)
    times = np.arange(len(values))
    data = {"times": times, "predicted": values, "bound_times": times, "bound": values, **given}
    return plots.ErrorCurve("a method", "#d55e00", values, **data)


def shown(folder, most=SHORT, **console):
    text = io.StringIO()
    demo.run_demo(folder, Console(file=text, highlight=False, width=100, **console), most)
    return text.getvalue()


# -- what it computes ----------------------------------------------------------------------------
def test_measured_and_predicted_agree(short):
    for each in short:
        assert each.disagreement <= demo.AGREEMENT == 1e-8
        for name, c in each.curves.items():
            assert c.times[: min(c.steps, 300) + 1].tolist() == list(range(min(c.steps, 300) + 1)), name
            assert c.times[-1] == c.steps
            assert c.errors[0] == 1


def test_the_bounds_hold_for_every_method_at_every_step_looked_at(short):
    weights, penalty = short
    assert not weights.problem.commutes
    assert penalty.problem.commutes
    for each in short:
        for name, c in each.curves.items():
            k = c.bound_times <= c.steps
            assert k.sum() >= 280, name
            # sampled, and rounded: the ends of the spectrum, where most maxima are, are among the samples
            assert np.all(c.errors[c.bound_times[k]] <= c.bound[k] * (1 + 1e-9)), name


def test_each_problem_has_the_bound_that_is_valid_for_it(short):
    weights, penalty = short
    for name in weights.curves:
        first = weights.curves[name].bound[:2]  # (P, P'): R, then more by max|P_1'|·G
        assert first[0] == pytest.approx(1, rel=1e-12)
        assert first[1] > 1.2
        assert penalty.curves[name].bound[:2] == pytest.approx([1, 1], rel=1e-12)  # (E, D): E_1 ≡ 1, and G = 0


def test_the_spectrum_holds_the_eigenvalues_in_ten_digits(short):
    for each in short:
        H = each.problem.dense_hessian()
        found = Spectrum.of(H)
        assert each.spectrum.ell <= found.ell
        assert found.L <= each.spectrum.L
        assert float(each.spectrum.condition_number) == pytest.approx(991.0722, rel=1e-6)
        assert float(each.spectrum.condition_number) == pytest.approx(np.linalg.cond(H), rel=1e-8)
        assert each.spectrum.L.denominator <= 10**8


class TestTheory9:
    """The figures of the theory's section on real data; sample weights unless said otherwise."""

    def test_the_humps(self, short):
        curves = short[0].curves
        assert curves["fast"].peak == pytest.approx(20.36, abs=5e-3)
        assert curves["fast"].peak_at == 496
        assert curves["fast"].burn_in is None  # not over after 600 steps
        assert curves["chebyshev"].peak == pytest.approx(29.4, abs=0.05)
        assert curves["chebyshev"].peak_at == 32
        assert curves["chebyshev"].steps_to(1e-3) == 261

    def test_sobolev_has_none(self, short):
        c = short[0].curves["sobolev"]
        assert (c.peak, c.peak_at, c.burn_in) == (1, 0, 0)
        assert (c.steps_to(0.1), c.steps_to(1e-3)) == (87, 168)

    def test_sobolev_with_a_larger_eta(self, short):
        c = curve(study.measure(short[0].problem, Sobolev(short[0].spectrum, eta=1), SHORT))
        assert (c.peak, c.steps_to(0.1), c.steps_to(1e-3)) == (1, 109, 168)

    def test_the_penalty_shows_almost_none(self, short):
        assert max(c.peak for c in short[1].curves.values()) == 1
        c = curve(study.measure(short[1].problem, Sobolev(short[1].spectrum, eta=1), SHORT))
        assert c.peak == pytest.approx(1.0017, abs=5e-5)

    def test_its_worst_case_would(self, short):
        worst = {name: float(c.bound.max()) for name, c in short[1].curves.items()}
        assert worst["chebyshev"] == pytest.approx(527.3, abs=0.1)
        assert worst["fast"] == pytest.approx(364.5, abs=0.1)
        assert worst["sobolev"] == pytest.approx(5.92, abs=0.01)
        assert worst["safe"] == 1

    @pytest.mark.slow
    def test_the_long_runs(self, long):
        curves = long[0].curves
        assert curves["fast"].errors[2857] > 1 >= curves["fast"].errors[2858:].max()
        assert curves["fast"].burn_in == 2858
        safe = curves["safe"]
        assert (safe.peak, safe.burn_in, safe.steps_to(0.1)) == (1, 0, 1150)
        rows = [re.sub(r"  +", "  ", line) for line in str(story.table(long[0])).splitlines()[3:]]
        assert rows == [
            "Gradient descent, step 2/(L+ℓ)  2858  20.36  496  6703  10341",
            "Chebyshev  130  29.43  32  261  381",
            "Gradient descent, step 1/L  0  1.00  0  5069  11569",
            "Sobolev, η = 1/100  0  1.00  0  168  285",
            "Heavy ball  144  26.02  39  283  408",
            "Nesterov  0  1.00  0  235  450",
        ]


@pytest.mark.slow
def test_agreement_and_bounds_hold_to_the_end(long):
    for each in long:
        assert each.disagreement <= demo.AGREEMENT
        for name, c in each.curves.items():
            k = c.bound_times <= c.steps
            assert np.all(c.errors[c.bound_times[k]] <= c.bound[k] * (1 + 1e-9)), name


def test_steps_and_peaks():
    c = curve([1, 3, 0.5, 1.5, 0.2, 0.01, 0.02, 0.005], predicted=np.array([1, 3, 0.5, 1.5, 0.2, 0.01, 0.02, 0.006]))
    assert (c.steps, c.peak, c.peak_at, c.burn_in) == (7, 3, 1, 4)
    assert (c.steps_to(0.2), c.steps_to(0.01), c.steps_to(5), c.steps_to(1e-3)) == (4, 7, 0, None)
    assert c.disagreement == pytest.approx(1e-3)
    assert curve([1, 2]).burn_in is None


# -- the picture ---------------------------------------------------------------------------------
def test_the_picture_says_what_was_found(short):
    told = story.picture(*short)
    assert "20–29 times worse" in told.title
    assert "L/ℓ = 991" in told.subtitle
    notes = [note.name + ": " + note.text for panel in told.panels for note in panel.notes]
    assert "Gradient descent, step 2/(L+ℓ): 20× worse than doing nothing at t = 496" in notes
    assert "Chebyshev: 29× worse than doing nothing at t = 32" in notes
    assert ": 168 steps" in notes
    assert [len(panel.curves) for panel in told.panels] == [4, 4]


@pytest.mark.parametrize("runs", ["short", pytest.param("long", marks=pytest.mark.slow)])
def test_no_text_lies_on_another_or_on_a_curve_or_leaves_the_picture(runs, request):
    told = story.picture(*request.getfixturevalue(runs))
    figure = plots.draw(told)
    figure.draw_without_rendering()

    def box(text):
        return text.get_window_extent().padded(-1)  # a box is a little larger than its letters

    texts = [*figure.texts, *figure.legends[0].get_texts()]
    for axes, panel in zip(figure.axes, told.panels, strict=True):
        labels = [axes.xaxis.label, axes.yaxis.label]
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            labels += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        texts += [t for t in (*axes.texts, axes.title, *labels) if t.get_text() and t.get_visible()]
        for c in panel.curves:
            t = np.geomspace(1, c.steps, 5000)
            points = axes.transData.transform(np.stack([t, np.interp(t, np.arange(c.steps + 1), c.errors)], axis=1))
            for text in axes.texts:
                (x0, y0), (x1, y1) = box(text).get_points()
                inside = np.all((points > [x0, y0]) & (points < [x1, y1]), axis=1)
                assert not inside.any(), (text.get_text(), c.label)
    for i, text in enumerate(texts):
        assert figure.bbox.x0 <= box(text).x0, text
        assert box(text).x1 <= figure.bbox.x1, text
        for other in texts[:i]:
            assert not box(text).overlaps(box(other)), (text, other)


def test_the_users_settings_do_not_matter_and_stay(short):
    told = story.picture(*short)
    expected = plots.encode(plots.draw(told), "svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "none"}):
        before = dict(matplotlib.rcParams)
        assert plots.encode(plots.draw(told), "svg") == expected
        assert dict(matplotlib.rcParams) == before


def test_points_are_thinned_evenly_and_the_last_one_stays():
    few = plots._thinned(np.arange(1, 10_001), 10)
    assert few[0] == 1
    assert few[-1] == 10_000
    assert 30 < len(few) <= 42
    assert np.all(np.diff(few) > 0)
    assert len(plots._thinned(np.arange(0), 10)) == 0


# -- files and words -----------------------------------------------------------------------------
def test_it_writes_its_files_and_twice_the_same(tmp_path):
    text = shown(tmp_path / "a", 150)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == FILES
    assert all(name in text for name in FILES)
    shown(tmp_path / "b", 150)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert (tmp_path / "a" / FILES[0]).read_bytes().startswith(b"\x89PNG\r\n")
    drawn = (tmp_path / "a" / FILES[1]).read_text(encoding="utf-8")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "date" not in drawn.lower()
    made = read_schedule(tmp_path / "a" / FILES[2])
    assert (made.method["name"], made.method["parameters"]["eta"], made.steps) == ("sobolev", "1/100", 150)


def test_it_says_what_it_did(tmp_path):
    text = shown(tmp_path)
    assert re.search(r"step 2/\(L\+ℓ\) +> 600 +20\.36 +496 +> 600 +> 600", text)
    assert re.search(r"Chebyshev +130 +29\.43 +32 +261 +381", text)
    assert re.search(r"Sobolev, η = 1/100 +0 +1\.00 +0 +168 +285", text)
    assert re.search(r"differs from them by at most \de-\d\d \(1e-08 is allowed\)", text)
    assert max(map(len, text.splitlines()[:-3])) <= 83
    assert read_schedule(tmp_path / FILES[2]).steps == 285


def test_a_terminal_sees_progress(tmp_path):
    text = shown(tmp_path, 40, force_terminal=True)
    assert "100 %" in text
    assert "worse than doing nothing" in text


@pytest.mark.parametrize("library", ["matplotlib", "sklearn"])
def test_without_its_libraries_it_says_what_to_install(library, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(PolyunrollError, match=r'pip install "polyunroll\[demo\]"'):
        shown(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="file is not a folder"):
        shown(tmp_path / "file")

    (tmp_path / "taken" / FILES[1]).mkdir(parents=True)
    with pytest.raises(InvalidInput, match=r"curse_of_unrolling\.svg is in the way"):
        shown(tmp_path / "taken")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == [FILES[1]]

    def refuse(**given):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(demo.tempfile, "TemporaryFile", refuse)
    (tmp_path / "closed").mkdir()
    with pytest.raises(InvalidInput, match="closed cannot be written to: Permission denied"):
        shown(tmp_path / "closed")
    assert list((tmp_path / "closed").iterdir()) == []


def test_nothing_is_written_where_prediction_and_measurement_differ(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "AGREEMENT", 0.0)
    with pytest.raises(PolyunrollError, match="measurement and prediction differ by"):
        shown(tmp_path, 40)
    assert list(tmp_path.iterdir()) == []
