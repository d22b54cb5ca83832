"""Attacks on the kernel by someone who wants to prove 0 = 1: none may be PROVED.

Each is a claim that is false or means nothing, with a proof meant to slip through. Beside it stands a true neighbour,
where there is one, that the kernel does prove: it must not say no to everything.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # for `from building import …`

from building import claim, of, program, register

from polyunroll.claims.search import PROVED, decide
from polyunroll.errors import InvalidInput

# 0 at t = 0, 1, …, 6, so that no check of the first steps sees it
LATE = "t*(t-1)*(t-2)*(t-3)*(t-4)*(t-5)*(t-6)"
UNIT = {"x": "[0, 1]"}
STILL = program({"x": "1"}, {"x": {"x": "1"}})
DOUBLING = program({"x": "1"}, {"x": {"x": "2"}})
# x is the sum of LATE so far; the proofs say that it is only the last term
SUMMING = program({"x": "0", "w": "0", "u": "1"}, {"w": {"x": "1"}, "x": {"x": "1", "u": LATE}})
# x is a register's value
COPYING = program({"x": "r", "u": "1"}, {"x": {"u": "r"}}, register("r", "t+1"))
FALLING = program({"x": "r", "u": "1"}, {"x": {"u": "r"}}, register("r", "r[t-1]-1", "9"))
VANISHING = program({"x": "r", "u": "1"}, {"x": {"u": "r"}}, register("r", f"0*{LATE}"))
ROOTED = program({"x": "1"}, {"x": {"x": "root"}}, parameters=("h",), constants={"root": "sqrt(h)"})


ATTACKS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    # -- what a statement says of nothing
    "0 is not 0": (claim("x != x", variables=UNIT), claim("x+1 != 0", variables=UNIT)),
    "0 over 0 differs from 0": (
        claim("1/x != 0", variables={"x": "[-1, 1]"}),
        claim("1/x != 0", variables={"x": "(0, 1]"}),
    ),
    "hypotheses that never hold": (
        claim("0 = 1", variables=UNIT, hypotheses=("x > 2",), rules=[{"rule": "identity"}]),
        None,
    ),
    "an equation from hypotheses that never hold": (
        claim("0 = x-2", variables=UNIT, hypotheses=("x = 2",), rules=[{"rule": "identity", "using": {"0": "-1"}}]),
        claim("0 = 2*x-1", variables=UNIT, hypotheses=("2*x = 1",), rules=[{"rule": "identity", "using": {"0": "-1"}}]),
    ),
    # -- signs
    "a zero at the high end": (
        claim("-x > 0", variables={"x": "[-1, 0]"}),
        claim("-x > 0", variables={"x": "[-1, 0)"}),
    ),
    "a zero at the low end": (claim("x > 0", variables={"x": "[0, 1]"}), claim("x > 0", variables={"x": "(0, 1]"})),
    "a zero at the end of a half line": (
        claim("-x > 0", variables={"x": "(-oo, 0]"}),
        claim("-x > 0", variables={"x": "(-oo, 0)"}),
    ),
    "a zero in a corner": (
        claim("x+y > 0", variables={"x": "[0, 1]", "y": "[0, oo)"}),
        claim("x+y > 0", variables={"x": "(0, 1]", "y": "[0, oo)"}),
    ),
    "a zero on an edge": (
        claim("x*y > 0", variables={"x": "[0, 1]", "y": "(0, oo)"}),
        claim("x*y > 0", variables={"x": "(0, 1]", "y": "(0, oo)"}),
    ),
    "a zero where a box is halved": (
        claim("(x-1/2)^2 > 0", variables=UNIT),
        claim("(x-1/2)^2 >= 0", variables=UNIT),
    ),
    "a zero where the line is halved": (
        claim("x^2 > 0", variables={"x": "(-oo, oo)"}),
        claim("x^2+1 > 0", variables={"x": "(-oo, oo)"}),
    ),
    "negative on part of the line": (
        claim("x >= 0", variables={"x": "(-oo, oo)"}),
        claim("x^2-2*x+1 >= 0", variables={"x": "(-oo, oo)"}),
    ),
    "a denominator of either sign": (
        claim("1/x >= 0", variables={"x": "[-1, 1]"}),
        claim("1/x >= 0", variables={"x": "(0, 1]"}),
    ),
    "a square as a denominator": (
        claim("1/x^2 > 0", variables={"x": "[-1, 1]"}),
        claim("1/x^2 > 0", variables={"x": "[-1, 0)"}),
    ),
    # -- divisions by 0
    "0^t over 0^t": (
        claim("Z/Z = 1", variables=UNIT, exponentials={"Z": "x-x"}),
        claim("Z/Z = 1", variables={"x": "(0, 1]"}, exponentials={"Z": "x"}),
    ),
    "x^t over x^t at 0": (claim("Z/Z = 1", variables=UNIT, exponentials={"Z": "x"}), None),
    "0 to the power −1": (
        claim("x*Z[t-1] = Z", variables=UNIT, exponentials={"Z": "x"}),
        claim("x*Z[t-1] = Z", variables={"x": "(0, 1]"}, exponentials={"Z": "x"}),
    ),
    "cancelled": (claim("x/x = 1", variables=UNIT), claim("x/x = 1", variables={"x": "(0, 1]"})),
    "cancelled as a power": (
        claim("x*x^-1 = 1", variables={"x": "[-1, 1]"}),
        claim("x*x^-1 = 1", variables={"x": "[-1, 0)"}),
    ),
    "in a definition, at a step back": (
        claim("q[t-1]*(t-4) = 1", definitions={"q": "1/(t-3)"}, start=4),
        claim("q[t-1]*(t-4) = 1", definitions={"q": "1/(t-3)"}, start=5),
    ),
    "in a definition, before closed forms hold": (
        claim("q = 1", "P = 1", definitions={"q": "(t-5)/(t-5)"}, start=5, **of(STILL, {"x": ["1"]}, start=6)),
        claim("q = 1", "P = 1", definitions={"q": "(t-5)/(t-5)"}, start=6, **of(STILL, {"x": ["1"]}, start=7)),
    ),
    "in a program, after the first steps": (
        claim("P = 1", start=20, **of(program({"x": "1"}, {"x": {"x": "(t-10)/(t-10)"}}), {"x": ["1"]})),
        claim("P = 1", start=20, **of(program({"x": "1"}, {"x": {"x": "(t+10)/(t+10)"}}), {"x": ["1"]})),
    ),
    "in a program, somewhere on the box": (
        claim(
            "P = 1",
            variables=UNIT,
            **of(program({"x": "1"}, {"x": {"x": "h/h"}}, parameters=("h",)), {"x": ["1"]}, parameters={"h": "x"}),
        ),
        None,
    ),
    "by an opaque register that is 0": (
        claim("P/P = 1", **of(VANISHING, {"x": ["r"], "u": ["1"]})),
        claim("P = 0", **of(VANISHING, {"x": ["0"], "u": ["1"]}, registers={"r": "0"})),
    ),
    "by an opaque register in a closed form": (
        claim("P = 1", **of(program({"x": "1"}, {"x": {"x": "1"}}, register("r", "t-9")), {"x": ["r/r"]}), start=1),
        None,
    ),
    "by a base that is negative and by 0": (
        claim("1/(Z+1) <= 1", exponentials={"Z": "x"}, variables={"x": "[-1, 1]"}),
        claim("1/(Z+2) <= 1", exponentials={"Z": "x"}, variables={"x": "[-1, 1]"}),
    ),
    # -- exponentials
    "a base that is an exponential": (
        claim("W[t-1]*Z = W", exponentials={"Z": "2", "W": "Z"}, start=1),
        claim("W[t-1]*4 = W", exponentials={"Z": "2", "W": "4"}, start=1),
    ),
    "a base that is t": (claim("W = t*W[t-1]", exponentials={"W": "t"}, start=1), None),
    "a negative base": (
        claim("Z >= 0", exponentials={"Z": "x"}, variables={"x": "[-1, 0]"}),
        claim("Z >= -1", exponentials={"Z": "x"}, variables={"x": "[-1, 0]"}),
    ),
    "a base above 1": (
        claim("Z <= 1", exponentials={"Z": "x"}, variables={"x": "[0, 2]"}),
        claim("Z <= 1", exponentials={"Z": "x"}, variables={"x": "[0, 1]"}),
    ),
    "a base that reaches 0": (
        claim("Z > 0", exponentials={"Z": "x"}, variables={"x": "[0, 1)"}),
        claim("Z > 0", exponentials={"Z": "x"}, variables={"x": "(0, 1)"}),
    ),
    "a base below −1": (
        claim("Z <= 1", exponentials={"Z": "x"}, variables={"x": "[-2, -1]"}),
        claim("Z*W >= 0", exponentials={"Z": "x", "W": "x"}, variables={"x": "[2, 3]"}),
    ),
    "a base that approaches 1": (
        claim("Z < 1", exponentials={"Z": "x"}, variables={"x": "[0, 1)"}),
        claim("Z <= 1", exponentials={"Z": "x"}, variables={"x": "[0, 1)"}),
    ),
    # -- start and lags
    "a closed form before it holds, in a definition": (
        claim(
            "F = 1",
            definitions={"F": "P[t-1]"},
            start=1,
            **of(program({"x": "5", "u": "1"}, {"x": {"u": "1"}}), {"x": ["1"], "u": ["1"]}, start=1),
        ),
        claim(
            "F = 1",
            definitions={"F": "P[t-1]"},
            start=2,
            **of(program({"x": "5", "u": "1"}, {"x": {"u": "1"}}), {"x": ["1"], "u": ["1"]}, start=1),
        ),
    ),
    "through two definitions": (
        claim(
            "G[t-1] = 1",
            definitions={"F": "P[t-1]", "G": "F[t-1]"},
            start=3,
            **of(program({"x": "5", "u": "1"}, {"x": {"u": "1"}}), {"x": ["1"], "u": ["1"]}, start=1),
        ),
        claim(
            "G[t-1] = 1",
            definitions={"F": "P[t-1]", "G": "F[t-1]"},
            start=4,
            **of(program({"x": "5", "u": "1"}, {"x": {"u": "1"}}), {"x": ["1"], "u": ["1"]}, start=1),
        ),
    ),
    "before t = 0": (
        claim("2*P[t-1] = P", exponentials={"Z": "2"}, **of(DOUBLING, {"x": ["Z"]})),
        claim("2*P[t-1] = P", exponentials={"Z": "2"}, start=1, **of(DOUBLING, {"x": ["Z"]})),
    ),
    "a proof that starts before t = 0": (
        claim("2*P[t-1] = P", exponentials={"Z": "2"}, **of(DOUBLING, {"x": ["Z"]}, start=-5)),
        None,
    ),
    "a closed form that holds at the first steps": (
        claim("P = 1", **of(program({"x": "1", "u": "1"}, {"x": {"x": "1", "u": LATE}}), {"x": ["1"], "u": ["1"]})),
        claim("P = 1", **of(program({"x": "1", "u": "1"}, {"x": {"x": "1", "u": "0"}}), {"x": ["1"], "u": ["1"]})),
    ),
    "a closed form that holds after a wrong start": (
        claim("P = 2*Z", exponentials={"Z": "2"}, **of(DOUBLING, {"x": ["2*Z"]})),
        claim("P = Z", exponentials={"Z": "2"}, **of(DOUBLING, {"x": ["Z"]})),
    ),
    "a register's closed form with a wrong start": (
        claim(
            "P = r",
            **of(COPYING, {"x": ["t+2"], "u": ["1"]}, {"P": ["p", "x", 0], "r": ["p", "r", 0]}, registers={"r": "t+2"}),
        ),
        claim(
            "P = r",
            **of(COPYING, {"x": ["t+1"], "u": ["1"]}, {"P": ["p", "x", 0], "r": ["p", "r", 0]}, registers={"r": "t+1"}),
        ),
    ),
    "a derivative that is not one": (
        claim(
            "D = 1",
            **of(
                program({"x": "1"}, {"x": {"x": "1", "gradient": "1"}}),
                {"x": ["2^t", "0"]} | {"x": ["Z", "0"]},
                {"D": ["p", "x", 1]},
            ),
            exponentials={"Z": "2"},
        ),
        claim(
            "2*D = t*Z",
            **of(program({"x": "1"}, {"x": {"x": "1", "gradient": "1"}}), {"x": ["Z", "t*Z/2"]}, {"D": ["p", "x", 1]}),
            exponentials={"Z": "2"},
        ),
    ),
    # -- opaque symbols
    "an opaque register that does not age": (
        claim(
            "W = 0",
            **of(
                {**SUMMING, "registers": [register("A", f"A[t-1]+{LATE}", "1", "1", first=-1)]},
                {"x": ["A-A[t-1]"], "w": ["0"], "u": ["1"]},
                {"W": ["p", "w", 0]},
            ),
        ),
        None,
    ),
    "a sequence that looks constant because its symbol is": (
        claim("P = P[t-1]", start=1, **of(COPYING, {"x": ["r"], "u": ["1"]})),
        claim("P = P[t-1]-1", start=1, **of(FALLING, {"x": ["r"], "u": ["1"]})),
    ),
    "an opaque state that looks constant": (
        claim("P = P[t-1]", start=1, **of(DOUBLING, {"x": ["x"]})),
        claim("P = 2*P[t-1]", start=1, **of(DOUBLING, {"x": ["x"]})),
    ),
    "an invariant that is none": (
        claim(
            "P = Q",
            **of(
                program({"x": "1", "y": "1"}, {"x": {"x": "2"}, "y": {"y": "3"}}),
                {"x": ["x"], "y": ["x"]},
                {"P": ["p", "x", 0], "Q": ["p", "y", 0]},
            ),
        ),
        claim(
            "P = Q",
            **of(
                program({"x": "1", "y": "1"}, {"x": {"x": "2"}, "y": {"y": "2"}}),
                {"x": ["x"], "y": ["x"]},
                {"P": ["p", "x", 0], "Q": ["p", "y", 0]},
            ),
        ),
    ),
    "the name of a symbol": (
        claim("r_0 = r_0[t-1]", **of(COPYING, {"x": ["r"], "u": ["1"]})),
        None,
    ),
    "variables that look like symbols": (
        claim(
            "W = 0",
            variables={"A_7": "[1, 2]", "A_8": "[3, 4]"},
            **of(
                {
                    **program({"x": "0", "w": "0", "u": "1"}, {"w": {"x": "1"}, "x": {"x": "1", "u": f"h*{LATE}"}}),
                    "parameters": ["h"],
                    "registers": [register("A", "A[t-1]+1", "1", "1", first=-1)],
                },
                {"x": [f"(A_7-A_8)*{LATE}"], "w": ["0"], "u": ["1"]},
                {"W": ["p", "w", 0]},
                parameters={"h": "A_7-A_8"},
            ),
        ),
        None,
    ),
    "two programs with one register's name": (
        claim(
            "P = Q",
            programs={
                "p": {"program": COPYING, "parameters": {}, "lam": "1"},
                "q": {"program": {**COPYING, "registers": [register("r", "t+2")]}, "parameters": {}, "lam": "1"},
            },
            sequences={"P": ["p", "x", 0], "Q": ["q", "x", 0]},
            proofs={
                key: {"states": {"x": ["r"], "u": ["1"]}, "registers": {}, "bounds": {}, "roots": {}, "start": 0}
                for key in ("p", "q")
            },
        ),
        None,
    ),
    "a bound that the law leaves": (
        claim("P <= 3", **of(COPYING, {"x": ["r"], "u": ["1"]}, bounds={"r": "[1, 3]"})),
        claim("P >= 1", **of(COPYING, {"x": ["r"], "u": ["1"]}, bounds={"r": "[1, oo)"})),
    ),
    "a bound without ends": (
        claim("P >= 0", **of(FALLING, {"x": ["r"], "u": ["1"]}, bounds={"r": "(-oo, oo)"})),
        claim("P^2 >= 0", **of(COPYING, {"x": ["r"], "u": ["1"]}, bounds={"r": "(-oo, oo)"})),
    ),
    "a strict bound that is reached": (
        claim("P > 1", **of(COPYING, {"x": ["r"], "u": ["1"]}, bounds={"r": "(1, oo)"})),
        claim(
            "P < 0",
            **of(
                program({"x": "r", "u": "1"}, {"x": {"u": "r"}}, register("r", "-t-1")),
                {"x": ["r"], "u": ["1"]},
                bounds={"r": "(-oo, 0)"},
            ),
        ),
    ),
    "bounds that lean on each other": (
        claim(
            "P >= 0",
            **of(
                program(
                    {"x": "r", "u": "1"},
                    {"x": {"u": "r"}},
                    register("r", f"s[t-1]-{LATE}", "1"),
                    register("s", "r", "1"),
                ),
                {"x": ["r"], "u": ["1"]},
                bounds={"r": "[0, oo)", "s": "[0, oo)"},
            ),
        ),
        claim(
            "P >= 0",
            **of(
                program(
                    {"x": "r", "u": "1"}, {"x": {"u": "r"}}, register("r", "s[t-1]+1", "1"), register("s", "r", "1")
                ),
                {"x": ["r"], "u": ["1"]},
                bounds={"r": "[0, oo)", "s": "[0, oo)"},
            ),
        ),
    ),
    # -- names
    "a definition that hides a variable": (claim("x = 0", variables={"x": "(0, 1)"}, definitions={"x": "0"}), None),
    "a definition that hides t": (claim("t = 5", definitions={"t": "5"}), None),
    "a definition that hides an exponential": (claim("Z = 5", definitions={"Z": "5"}, exponentials={"Z": "2"}), None),
    "a definition that hides a sequence": (claim("P = 7", definitions={"P": "7"}, **of(STILL, {"x": ["1"]})), None),
    "a sequence that hides a variable": (
        claim("x = 1", variables={"x": "(2, 3)"}, **of(STILL, {"x": ["1"]}, {"x": ["p", "x", 0]})),
        None,
    ),
    "a definition of itself": (claim("a = 1", definitions={"a": "b", "b": "a"}), None),
    "letters that Python reads as others": (claim("ℓ <= l", variables={"l": "[0, 1]", "ℓ": "[2, 3]"}), None),
    "a formula in such letters": (claim("ℓ <= 1", variables={"l": "[0, 1]"}), None),
    "a parameter that replaces a register": (
        claim(
            "P = 1",
            **of(program({"x": "1"}, {"x": {"x": "r"}}, register("r", "t")), {"x": ["1"]}, parameters={"r": "1"}),
        ),
        None,
    ),
    "a register that replaces a parameter": (
        claim(
            "P = 1",
            **of(
                program({"x": "1"}, {"x": {"x": "r"}}, register("r", "t"), parameters=("r",)),
                {"x": ["1"]},
                parameters={"r": "1"},
            ),
        ),
        None,
    ),
    "a state called gradient": (
        claim("P = 1", **of(program({"x": "1", "gradient": "1"}, {"x": {"x": "1"}}), {"x": ["1"], "gradient": ["1"]})),
        None,
    ),
    "a parameter that changes with t": (
        claim(
            "P = Z",
            exponentials={"Z": "2"},
            **of(program({"x": "1"}, {"x": {"x": "h"}}, parameters=("h",)), {"x": ["Z"]}, parameters={"h": "Z/Z[t-1]"}),
        ),
        None,
    ),
    "λ that changes with t": (
        claim("P = t", **of(program({"x": "0", "u": "1"}, {"x": {"u": "0"}}), {"x": ["0"], "u": ["1"]}, lam="t")),
        None,
    ),
    "t one step back in a program": (
        claim(
            "P = t-1",
            start=1,
            **of(program({"x": "0", "u": "1"}, {"x": {"u": "t[t-1]"}}), {"x": ["t-1"], "u": ["1"]}, start=1),
        ),
        None,
    ),
    "a register before its first step": (
        claim("P = 1", **of(program({"x": "1"}, {"x": {"x": "r"}}, register("r", "1", first=5)), {"x": ["1"]})),
        claim(
            "P = 1",
            **of(
                program({"x": "1"}, {"x": {"x": "r"}}, register("r", "1", first=1)),
                {"x": ["1"]},
                registers={"r": "1"},
                start=1,
            ),
        ),
    ),
    "a register that uses a later one": (
        claim(
            "P = 1", **of(program({"x": "1"}, {"x": {"x": "r"}}, register("r", "s"), register("s", "1")), {"x": ["1"]})
        ),
        None,
    ),
    "a derivative of negative order": (
        claim("D = P", **of(STILL, {"x": ["1"]}, {"P": ["p", "x", 0], "D": ["p", "x", -1]})),
        None,
    ),
    # -- roots
    "a negative root": (
        claim(
            "P = Z",
            variables={"x": "(0, 1)"},
            exponentials={"Z": "-x"},
            **of(ROOTED, {"x": ["Z"]}, parameters={"h": "x^2"}, roots={"root": "-x"}),
        ),
        claim(
            "P = Z",
            variables={"x": "(0, 1)"},
            exponentials={"Z": "x"},
            **of(ROOTED, {"x": ["Z"]}, parameters={"h": "x^2"}, roots={"root": "x"}),
        ),
    ),
    "a root of either sign": (
        claim(
            "P = Z",
            variables={"x": "(-1, 1)"},
            exponentials={"Z": "x"},
            **of(ROOTED, {"x": ["Z"]}, parameters={"h": "x^2"}, roots={"root": "x"}),
        ),
        None,
    ),
    "a root of something else": (
        claim(
            "P = Z",
            variables={"x": "(0, 1)"},
            exponentials={"Z": "x"},
            **of(ROOTED, {"x": ["Z"]}, parameters={"h": "x"}, roots={"root": "x"}),
        ),
        None,
    ),
    # -- inductions and grounds
    "an induction that starts at the wrong t": (
        claim("t >= 5", start=4, rules=[{"rule": "induction"}]),
        claim("t >= 5", start=5, rules=[{"rule": "induction"}]),
    ),
    "an induction with a negative factor": (
        claim(
            "Z >= 0",
            variables={"x": "[1/2, 1]"},
            exponentials={"Z": "-x"},
            rules=[{"rule": "induction", "from": {"0": "-x"}}],
        ),
        claim(
            "Z >= 0",
            variables={"x": "[2, 3]"},
            exponentials={"Z": "x"},
            rules=[{"rule": "induction", "from": {"0": "x"}}],
        ),
    ),
    "an induction on itself": (
        claim("0 >= 1", rules=[{"rule": "induction", "using": {"0": "1"}}]),
        None,
    ),
    "a relation used for itself": (claim("0 = 1", rules=[{"rule": "identity", "using": {"0": "1"}}]), None),
    "two relations used for each other": (
        claim(
            "0 = 1",
            "0 = 2",
            rules=[{"rule": "identity", "using": {"1": "1/2"}}, {"rule": "identity", "using": {"0": "2"}}],
        ),
        None,
    ),
    "an equation from an inequality": (
        claim(
            "x = 0",
            variables=UNIT,
            hypotheses=("x >= 0",),
            rules=[{"rule": "identity", "using": {"0": "1"}}],
        ),
        None,
    ),
    "≠ from an inequality": (
        claim(
            "x-1/2 != 0",
            variables=UNIT,
            hypotheses=("x >= 0",),
            rules=[{"rule": "sign", "using": {"0": "1"}}],
        ),
        None,
    ),
    "anything from ≠": (
        claim("x >= 1", variables=UNIT, hypotheses=("x-1 != 0",), rules=[{"rule": "sign", "using": {"0": "1"}}]),
        None,
    ),
    "a ground with a negative factor": (
        claim("-x >= 0", variables=UNIT, hypotheses=("x >= 0",), rules=[{"rule": "sign", "using": {"0": "-1"}}]),
        claim(
            "2*x >= 0",
            variables={"x": "[-1, 1]"},
            hypotheses=("x >= 0",),
            rules=[{"rule": "sign", "using": {"0": "2"}}],
        ),
    ),
    "a strict relation from one that is not": (
        claim(
            "x > 0", variables={"x": "[-1, 1]"}, hypotheses=("x >= 0",), rules=[{"rule": "sign", "using": {"0": "1"}}]
        ),
        None,
    ),
    "a hypothesis on t": (
        claim("t = 0", hypotheses=("t = 0",), rules=[{"rule": "identity", "using": {"0": "1"}}]),
        None,
    ),
    "an induction up to a last t": (claim("t <= 2", until=3, rules=[{"rule": "induction"}]), claim("t <= 3", until=3)),
    "a rule that is none": (claim("0 = 0", rules=[{"rule": "trust"}]), claim("0 = 0")),
    "a rule for another relation": (claim("x < 0", variables=UNIT, rules=[{"rule": "identity"}]), None),
    # -- claims that end
    "true until the last t but one": (
        claim("P <= 8", until=4, **of(DOUBLING, {})),
        claim("P <= 8", until=3, **of(DOUBLING, {})),
    ),
    "beyond the horizon": (
        claim("P = 1", until=3, **of(program({"x": "1"}, {"x": {"x": "h"}}, {"name": "h", "table": ["1", "1"]}), {})),
        claim("P = 1", until=2, **of(program({"x": "1"}, {"x": {"x": "h"}}, {"name": "h", "table": ["1", "1"]}), {})),
    ),
    "a table for all t": (
        claim("P = 1", **of(program({"x": "1"}, {"x": {"x": "h"}}, {"name": "h", "table": ["1", "1"]}), {"x": ["1"]})),
        None,
    ),
}


def verdict(data: dict[str, Any]) -> str:
    try:
        return decide(data).verdict
    except InvalidInput:
        return "REFUSED"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails(name):
    assert verdict(ATTACKS[name][0]) != PROVED


@pytest.mark.parametrize("name", [name for name, (_, neighbour) in ATTACKS.items() if neighbour])
def test_its_true_neighbour_is_proved(name):
    decision = decide(ATTACKS[name][1])
    assert (decision.verdict, decision.hypotheses) == (PROVED, ()), decision.reason
