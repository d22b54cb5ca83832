"""Programs are data: what is malformed is refused, and what is kept can be read back."""

from __future__ import annotations

import json

import pytest
from flint import fmpq
from reference.cases import methods
from reference.fields import INTERVALS
from reference.members import member

import polyunroll as pu
from polyunroll.arithmetic.expression import parse
from polyunroll.errors import InvalidInput
from polyunroll.methods import families
from polyunroll.program import GRADIENT, Assignment, Program, Register, State


def gradient_descent(**changes):
    """The program of gradient descent with step 1, and what is changed in it."""
    parts = {
        "parameters": ("ell", "L"),
        "constants": {},
        "states": (State.of("x"),),
        "query": {"x": "1"},
        "assignments": {"x": {"x": "1", "gradient": "-1"}},
    }
    return Program.of(**{**parts, **changes})


def tabulated(name, *values):
    return Register.tabulated(name, tuple(fmpq(v) for v in values))


def test_what_is_well_formed_is_taken():
    program = gradient_descent()
    assert program.horizon is None
    assert program == gradient_descent()
    assert hash(program) == hash(gradient_descent())
    assert program != gradient_descent(query={"x": "2"})


UNDEFINED = {
    "constant": {"constants": {"h": "step"}},
    "law": {"registers": (Register.of("r", "2*q"),)},
    "start": {"registers": (Register.of("r", "1", "q"),)},
    "delayed": {"registers": (Register.of("r", "q[t-1]"),)},
    "weight": {"states": (State.of("x", "m"),)},
    "query state": {"query": {"z": "1"}},
    "query coefficient": {"query": {"x": "h"}},
    "query of a temporary": {"query": {"next": "1"}, "assignments": {"next": {"x": "1"}, "x": {"next": "1"}}},
    "query of the gradient": {"query": {GRADIENT: "1"}},
    "assignment state": {"assignments": {"x": {"x": "1", "z": "1"}}},
    "assignment coefficient": {"assignments": {"x": {"x": "h"}}},
    "output": {"output": "y"},
    "output of a temporary": {"assignments": {"z": {"x": "1"}}, "output": "z"},
}


@pytest.mark.parametrize("changes", UNDEFINED.values(), ids=UNDEFINED)
def test_undefined_names(changes):
    with pytest.raises(InvalidInput, match=r"which is not defined|is not one of its states"):
        gradient_descent(**changes)


DUPLICATES = {
    "parameters": {"parameters": ("ell", "ell")},
    "constant and parameter": {"constants": {"L": "1"}},
    "register and parameter": {"registers": (Register.of("ell", "1"),)},
    "register and constant": {"constants": {"h": "1"}, "registers": (Register.of("h", "1"),)},
    "registers": {"registers": (Register.of("r", "1"), Register.of("r", "2"))},
    "law and table": {"registers": (Register.of("r", "1"), tabulated("r", 1))},
    "parameter t": {"parameters": ("t",)},
    "constant t": {"constants": {"t": "1"}},
    "register sqrt": {"registers": (Register.of("sqrt", "1"),)},
    "register gradient": {"registers": (Register.of(GRADIENT, "1"),)},
    "states": {"states": (State.of("x"), State.of("x"))},
    "state gradient": {"states": (State.of("x"), State.of(GRADIENT))},
    "assignment to gradient": {"assignments": {GRADIENT: {"x": "1"}, "x": {"x": "1"}}},
}


@pytest.mark.parametrize("changes", DUPLICATES.values(), ids=DUPLICATES)
def test_names_defined_twice_or_reserved(changes):
    with pytest.raises(InvalidInput, match="twice, or it is reserved"):
        gradient_descent(**changes)


FORWARD = {
    "register of itself": {"registers": (Register.of("r", "r+1"),)},
    "register of a later one": {"registers": (Register.of("r", "s"), Register.of("s", "1"))},
    "start of a later one": {"registers": (Register.of("r", "1", "s"), Register.of("s", "1"))},
    "register of a later table": {"registers": (Register.of("r", "s"), tabulated("s", 1))},
    "temporary of a later one": {"assignments": {"u": {"v": "1"}, "v": {"x": "1"}, "x": {"u": "1"}}},
    "constant of a later one": {"constants": {"b": "c", "c": "1"}},
    "constant of itself": {"constants": {"b": "b"}},
    "constant of a register": {"constants": {"b": "r"}, "registers": (Register.of("r", "1"),)},
    "constant of t": {"constants": {"b": "t"}},
}


@pytest.mark.parametrize("changes", FORWARD.values(), ids=FORWARD)
def test_forward_references(changes):
    with pytest.raises(InvalidInput, match=r"listed after it|which is not defined"):
        gradient_descent(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"registers": (Register.of("r", "ell[t-1]"),)},
        {"registers": (Register.of("r", "t[t-1]"),)},
        {"constants": {"h": "1"}, "query": {"x": "h[t-2]"}},
        {"registers": (Register.of("r", "sqrt(t)"),)},
        {"registers": (Register("r"),)},
        {"registers": (Register.of("r", "r[t-1]"),)},
        {"registers": (Register.of("r", "r[t-1]+r[t-2]", "1"),)},
        {"query": {}},
        {"assignments": {"x": {}}},
    ],
    ids=str,
)
def test_laws_that_cannot_be_carried_out(changes):
    # a delay of what is no register, a root in a law, no law at all, too few starts, an empty combination
    with pytest.raises(InvalidInput):
        gradient_descent(**changes)


def test_a_law_may_use_what_is_listed_before_it():
    registers = (Register.of("r", "s[t-1]+1", "1", first=0), Register.of("s", "2*r", first=0))
    assert gradient_descent(registers=registers).max_lag() == {"r": 0, "s": 1}


# -- tables ---------------------------------------------------------------------------------------------
def test_tables_are_of_one_length():
    program = gradient_descent(registers=(tabulated("h", 1, 2, 3), tabulated("m", 4, 5, 6)))
    assert program.horizon == 3
    with pytest.raises(InvalidInput, match=r"have lengths \[1, 3\]; they must be equal"):
        gradient_descent(registers=(tabulated("h", 1, 2, 3), tabulated("m", 4)))


# -- what a program says of itself ----------------------------------------------------------------------
def test_copies_are_known():
    def copied(terms):
        return Assignment("y", tuple((name, parse(text)) for name, text in terms.items())).copied

    assert copied({"x": "1"}) == "x"
    assert copied({"x": "2"}) is None
    assert copied({"x": "-1"}) is None
    assert copied({"x": "h"}) is None
    assert copied({"x": "1", "z": "1"}) is None
    assert copied({GRADIENT: "1"}) is None


def test_first_steps_of_a_register():
    assert Register.of("r", "r[t-1]", "1").law_from == 2
    assert Register.of("r", "r[t-1]", "1", "1", "1", first=-1).law_from == 2
    assert Register.of("r", "t").law_from == 1


@pytest.mark.parametrize("method", methods(INTERVALS[1]), ids=str)
def test_data_is_plain_and_whole(method):
    program = method.program
    data = json.loads(json.dumps(program.as_data()))
    registers = tuple(
        Register.tabulated(r["name"], tuple(fmpq(*map(int, v.split("/"))) for v in r["table"]))
        if "table" in r
        else Register.of(r["name"], r["law"], *r["starts"], first=r["first"])
        for r in data["registers"]
    )
    again = Program.of(
        parameters=tuple(data["parameters"]),
        constants={c["name"]: c["formula"] for c in data["constants"]},
        registers=registers,
        states=tuple(State.of(name, weight) for name, weight in data["states"].items()),
        query=data["query"],
        assignments={a["target"]: a["terms"] for a in data["assignments"]},
        output=data["output"],
    )
    assert again == program


def test_lags_are_how_far_back_a_program_looks():
    assert pu.Sobolev(pu.Spectrum(1, 2)).program.max_lag() == {
        "gamma": 1,
        "c": 0,
        "d": 0,
        "sigma": 2,
        "varpi": 1,
        "A": 2,
        "kernel": 1,
    }


def test_anytime_families_have_no_horizon():
    for name in set(families()) - {"partial-sums", "polynomial", "unrolled-cg"}:
        assert member(name, pu.Spectrum("1/2", 1)).horizon is None, name
    assert member("polynomial", pu.Spectrum("1/2", 1)).horizon == 3
