"""Program tables: every double is the nearest one, and the file alone suffices to run the method."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction

import pytest
import sympy
from flint import fmpq
from reference.members import member

import polyunroll as pu
from polyunroll.arithmetic.exact import exact, sqrt
from polyunroll.arithmetic.expression import parse
from polyunroll.arithmetic.systems import EXACT
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods import families
from polyunroll.output.checksums import sha256_of_data
from polyunroll.output.literals import nearest_double
from polyunroll.schedules import rounding, table
from polyunroll.schedules.base import SCHEMA
from polyunroll.schedules.make import schedule
from polyunroll.schedules.read import read_schedule

S = pu.Spectrum("1/100", 1)
METHODS = {
    "chebyshev": pu.Chebyshev(S),
    "gd": pu.GradientDescent(S),
    "gd-list": pu.GradientDescent(S, [f"1/{n + 1}" for n in range(12)]),
    "heavy-ball": pu.HeavyBall(pu.Spectrum("1/3", 2)),
    "nesterov": pu.Nesterov(pu.Spectrum(1, 7)),
    "sobolev": pu.Sobolev(S),
    "sobolev-gegenbauer": pu.Sobolev(S, pu.measures.gegenbauer("3/2"), eta="1/10"),
}
methods = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def test_every_family_is_tried():
    assert {method.name for method in METHODS.values()} >= {"chebyshev", "gd", "heavy-ball", "nesterov", "sobolev"}


@pytest.mark.parametrize("name", families())
def test_every_family_of_defaults_has_a_schedule(name):
    method = member(name, S)
    made = schedule(method, 3)
    assert made.method["name"] == name
    assert made.method["parameters"]["ell"] == "1/100"


@methods
def test_registers_and_constants_are_correctly_rounded(method):
    made = schedule(method, 12)
    constants = constants_of(method.program, dict(method.values))
    assert made.constants == {name: nearest_double(value) for name, value in constants.items()}
    scalars = Scalars(method.program, constants, EXACT)
    before = {name: nearest_double(value) for name in made.history if (value := scalars[name]) is not None}
    assert {name: values[0] for name, values in made.history.items() if name in before} == before
    assert set(made.registers) == {register.name for register in method.program.registers}
    for t in range(1, 13):
        scalars.advance()
        for name, values in made.registers.items():
            assert len(values) == 12
            assert values[t - 1] == nearest_double(scalars[name]), (name, t)


def run_from_file(data, eigenvalue):
    """x_1 − x*, x_2 − x*, … for one eigenvalue and x_0 − x* = 1, by the data of the file alone."""
    program, registers, history = data["program"], data["registers"], data["history"]

    def value(text, t):
        def lookup(name, lag):
            if name == "t":
                return t - lag
            if name in registers:
                return registers[name][t - lag - 1] if t > lag else history[name][lag - t]
            return data["constants"][name]

        return parse(text).evaluate(lookup, lambda c: int(c.p) / int(c.q))

    states = {name: value(weight, 0) for name, weight in program["states"].items()}
    residuals = []
    for t in range(1, data["steps"] + 1):
        known = dict(states)
        known["gradient"] = eigenvalue * sum(value(c, t) * known[name] for name, c in program["query"].items())
        for assignment in program["assignments"]:
            known[assignment["target"]] = sum(value(c, t) * known[name] for name, c in assignment["terms"].items())
        states = {name: known[name] for name in states}
        residuals.append(states[program["output"]])
    return residuals


@methods
@pytest.mark.parametrize("place", ["0", "1/3", "1"])
def test_the_file_alone_runs_the_method(method, place, tmp_path):
    data = json.loads(schedule(method, 12).write(tmp_path / "schedule.json").read_text())
    low, high = method.spectrum.low, method.spectrum.high
    point = low + exact(place) * (high - low)
    machine = Machine(method, PolynomialModule())
    for t, found in enumerate(run_from_file(data, nearest_double(point)), 1):
        P = machine.run(t)
        P = P(point) if not hasattr(P, "d") else P.a(point) + P.b(point) * sqrt(fmpq(P.d))
        assert found == pytest.approx(nearest_double(P), rel=1e-11, abs=1e-13)


def test_an_exact_zero_that_no_ball_settles_is_zero():
    # S_3(0) = 0 for the Chebyshev weight, scaled η = 1 and L/ℓ = 9 + 4√5
    L = 9 + 4 * sqrt(fmpq(5))
    method = pu.Sobolev(pu.Spectrum(1, L), eta=(L - 1) ** 2 / 4)
    made = schedule(method, 5)
    assert made.registers["A"][2] == 0
    assert made.registers["A"][3] != 0


def test_more_bits_are_taken_until_they_suffice(monkeypatch):
    expected = schedule(METHODS["sobolev"], 30)
    monkeypatch.setattr(rounding, "BALL_BITS", (40, 56, 60, 256))
    assert schedule(METHODS["sobolev"], 30) == expected
    monkeypatch.setattr(rounding, "BALL_BITS", ())
    assert schedule(METHODS["sobolev"], 30) == expected


def test_a_program_that_divides_by_zero_is_refused(monkeypatch):
    def run(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(table, "_run", run)
    with pytest.raises(InvalidInput, match="divides by zero"):
        schedule(pu.Chebyshev(S), 3)


def test_a_method_with_a_horizon_needs_no_steps():
    assert schedule(METHODS["gd-list"]).steps == 12
    assert schedule(METHODS["gd-list"]).registers["h"][:3] == (1.0, 0.5, 1 / 3)
    with pytest.raises(HorizonError, match="t = 13"):
        schedule(METHODS["gd-list"], 13)


@pytest.mark.parametrize("steps", [None, 0, -1, 2.0, "5", True, 10**6 + 1, 10**30])
def test_steps_that_are_not_allowed(steps):
    with pytest.raises(InvalidInput, match="steps = "):
        schedule(pu.Chebyshev(S), steps)


@pytest.mark.parametrize("form", ["table", "", "Program", None])
def test_other_forms_are_refused(form):
    with pytest.raises(InvalidInput, match="give 'program', 'momentum', 'richardson' or 'chebyshev-series'"):
        schedule(pu.Chebyshev(S), 3, form)


def test_what_is_no_method_is_refused():
    with pytest.raises(InvalidInput, match="not a method"):
        schedule("chebyshev", 3)


def test_symbols_are_refused():
    with pytest.raises(InvalidInput, match="symbolic parameters"):
        schedule(pu.GradientDescent(S, step=sympy.Symbol("h")), 3)


def test_a_value_beyond_the_doubles_is_refused():
    with pytest.raises(InvalidInput, match="too large for a double"):
        schedule(pu.GradientDescent(pu.Spectrum("1e-400", "1e-390")), 1)


# -- the file ------------------------------------------------------------------------------------------------
@methods
def test_a_schedule_reads_back(method, tmp_path):
    made = schedule(method, 7)
    assert made.write(tmp_path / "schedule.json") == tmp_path / "schedule.json"
    assert read_schedule(str(tmp_path / "schedule.json")) == made


def test_the_text_is_the_same_in_every_process(tmp_path):
    code = "import polyunroll as pu; S = pu.Spectrum('1/100', 1);print(pu.schedule(pu.Sobolev(S), 4).to_json(), end='')"
    texts = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout
        for env in ({"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)} for seed in ("1", "2"))
    }
    assert texts == {schedule(METHODS["sobolev"], 4).to_json()}


def test_the_form_of_the_file():
    text = schedule(pu.Chebyshev(S), 2).to_json()
    data = json.loads(text)
    assert text.isascii()
    assert text.endswith("}\n")
    assert list(data) == sorted(data)
    assert data["schema"] == SCHEMA == "polyunroll/schedule/1"
    assert data["method"] == {"name": "chebyshev", "parameters": {"ell": "1/100", "L": "1"}}
    assert data["spectrum"] == {"ell": "1/100", "L": "1", "kappa": "1/100", "condition_number": "100"}
    assert data["program"] == pu.Chebyshev(S).program.as_data()
    omega = 1 / (1 - Fraction(99, 101) ** 2 / 2)
    assert data["registers"] == {"omega": [1.0, float(omega)], "momentum": [0.0, float(omega - 1)]}
    assert data["steps"] == 2


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "schedule.json"
    schedule(pu.Chebyshev(S), 3).write(path)
    return path


def test_a_changed_file_is_refused(written):
    written.write_text(written.read_text().replace("0.01", "0.02"))
    with pytest.raises(InvalidInput, match=r"was changed: its constants.ell is 0.02, but .* gives 0.01"):
        read_schedule(written)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"text"', "{}", '{"schema": "polyunroll/schedule/2"}', "\xff"])
def test_another_file_is_refused(written, text):
    written.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidInput, match="not a schedule"):
        read_schedule(written)


def test_a_file_without_a_key_is_refused(written):
    data = json.loads(written.read_text())
    del data["sha256"], data["steps"]
    data["sha256"] = sha256_of_data(data)
    written.write_text(json.dumps(data))
    with pytest.raises(InvalidInput, match="the key 'steps' is missing"):
        read_schedule(written)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_schedule(tmp_path / "none.json")
