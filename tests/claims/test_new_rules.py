"""Attacks on structural induction, citations, axioms, cases, free sequences: none is PROVED; true neighbours are."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # for `from building import …`

from building import claim, of, program, register

from polyunroll.claims.search import PROVED, decide
from polyunroll.errors import InvalidInput

STRUCTURE = {"rule": "structure"}
REAL = {"lam": "(-oo, oo)"}
WEIGHTS = {"p": ["weight", "lam*p"], "m": ["weight", "0"]}
SLOPES = {**WEIGHTS, "d": ["0", "p+lam*d"]}


def vectors(*statement: str, data: Any = None, rules: Any = None, **parts: Any) -> dict[str, Any]:
    """A claim about every vector of every program; by default each relation by structure alone."""
    given = {"vectors": WEIGHTS if data is None else data, "variables": REAL, **parts}
    return claim(*statement, rules=[STRUCTURE] * len(statement) if rules is None else rules, **given)


def _from(**grounds: str) -> dict[str, Any]:
    return {"rule": "structure", "from": {place.strip("_"): factor for place, factor in grounds.items()}}


ZERO = {"definitions": {"lam": "0"}, "variables": {}}

STRUCTURAL = {
    "p is the weight at every λ": (vectors("p = m"), vectors("p = m", **ZERO)),
    "every vector has weight 1": (vectors("m = 1"), vectors("m = m")),
    "every vector has p(0) = 1": (vectors("p = 1", **ZERO), None),
    "the gradient forgotten": (
        vectors("p = d", data={"p": ["weight", "lam*p"], "d": ["weight", "0"]}),
        vectors("p = d", data={"p": ["weight", "lam*p"], "d": ["weight", "lam*d"]}, rules=[_from(_0="lam")]),
    ),
    "the start forgotten": (
        vectors("p = d", data={"p": ["weight", "lam*p"], "d": ["2*weight", "lam*d"]}, rules=[_from(_0="lam")]),
        vectors("2*p = d", data={"p": ["weight", "lam*p"], "d": ["2*weight", "lam*d"]}, rules=[_from(_0="lam")]),
    ),
    "not conserved by combinations": (
        vectors("p**2 = m**2", **ZERO),
        vectors("5*p = 5*m", **ZERO),
    ),
    "a product that is right for x_0 and for each gradient": (
        vectors("p*(m-1) = 0", data={"p": ["weight", "0"], "m": ["1", "1"]}),
        None,
    ),
    "a quotient": (vectors("p/m = 1", **ZERO), None),
    "a relation from itself with a factor that is not there": (
        vectors("p = 2*m", rules=[_from(_0="1")]),
        None,
    ),
    "from a relation that is not structural": (
        vectors("p = m", "m = p", rules=[{"rule": "identity", "using": {}}, _from(_0="1")]),
        None,
    ),
    "from a hypothesis": (
        vectors("p = m", hypotheses=("p = m",), rules=[_from(_0="lam")]),
        vectors("p = m", hypotheses=("p = m",), rules=[{"rule": "identity", "using": {"0": "1"}}]),
    ),
    "from what holds for one vector only": (
        vectors(
            "p = m",
            "q = 0",
            data={**WEIGHTS, "q": ["0", "p-m"]},
            hypotheses=("p = m",),
            rules=[{"rule": "identity", "using": {"0": "1"}}, _from(_1="1")],
        ),
        vectors("p = m", "q = 0", data={**WEIGHTS, "q": ["0", "p-m"]}, rules=[STRUCTURE, _from(_0="1")], **ZERO),
    ),
    "an inequality by structure": (vectors("p >= m", **ZERO), None),
    "another sign": (
        vectors("p = m - lam*d", data=SLOPES),
        vectors(
            "q*lam = p-m",
            data={**WEIGHTS, "q": ["0", "p"]},
            rules=[_from(_0="0")],
        ),
    ),
    "the derivative's product rule without its second part": (
        vectors("d = q", data={**SLOPES, "q": ["0", "lam*q"]}, rules=[_from(_0="lam")]),
        vectors("d = q", data={**SLOPES, "q": ["0", "p+lam*q"]}, rules=[_from(_0="lam")]),
    ),
    "the weight of one vector as a variable": (
        vectors("p = w", data={"p": ["w", "0"]}, variables={"w": "(-oo, oo)"}),
        vectors("p = w*m", data={"p": ["w*weight", "0"], "m": ["weight", "0"]}, variables={"w": "(-oo, oo)"}),
    ),
    "weight in the statement": (vectors("m = weight"), None),
    "a gradient of itself in other names": (
        vectors("p = 0", data={"p": ["0", "q"], "q": ["weight", "lam*q"]}),
        vectors("p = 0", data={"p": ["0", "lam*p"]}, rules=[_from(_0="lam")]),
    ),
    "structure where there are no vectors": (claim("x = 1", variables={"x": "(0, 2)"}, rules=[STRUCTURE]), None),
    "induction over vectors": (vectors("m = 0", rules=[{"rule": "induction"}]), None),
    "vectors until some t": (vectors("m = 0", until=0), None),
    "a start in terms of vectors": (vectors("p = m", data={"p": ["m", "0"], "m": ["weight", "0"]}), None),
    "one name for a vector's number and a variable": (
        vectors("lam = 0", data={"lam": ["0", "0"]}),
        None,
    ),
}

# -- citations -----------------------------------------------------------------------------------------------------

LEMMA = claim("y**2 > 0", variables={"y": "(0, 1)"})
SMALL = claim("y**2 <= y", variables={"y": "[0, 1]"})
ORDERED = claim("y <= z", variables={"y": "[0, 1]", "z": "[0, 1]"}, hypotheses=("z >= y",)) | {}
ORDERED["proof"]["relations"] = [{"rule": "sign", "using": {"0": "1"}}]
FALSE = claim("y <= 1/2", variables={"y": "[0, 1]"})
LATE = claim("t >= 5", start=5)
EARLY = claim("t <= 3", until=3)
POWER = claim("Y*Y[t-1] = y*Y[t-1]**2", variables={"y": "(0, 1)"}, exponentials={"Y": "y"}, start=1)
DOUBLING = program({"x": "1"}, {"x": {"x": "2"}})
TRIPLING = program({"x": "1"}, {"x": {"x": "3"}})
SCALED = program({"x": "1"}, {"x": {"x": "h"}}, parameters=("h",))
GROWS = claim("P >= 1", exponentials={"Z": "2"}, **of(DOUBLING, {"x": ["Z"]}))
SCALES = claim(
    "P > 0", variables={"y": "(0, oo)"}, exponentials={"Z": "y"}, **of(SCALED, {"x": ["Z"]}, parameters={"h": "y"})
)
FREE = claim("c**2 <= 1", free={"c": "[-1, 1]"})
WEIGHT = vectors("p = m", **ZERO)


def citing(data: dict[str, Any], *cited: tuple[dict[str, Any], dict[str, str]]) -> dict[str, Any]:
    return {**data, "cited": [{"claim": one, "values": values} for one, values in cited]}


def _using(place: str = "0", factor: str = "1", rule: str = "sign") -> list[dict[str, Any]]:
    return [{"rule": rule, "using": {place: factor}}]


X = {"x": "[0, 1]"}
UNPROVED = copy.deepcopy(SMALL)
UNPROVED["statement"][0]["relation"] = ">="

CITATIONS = {
    "a value outside the domain": (
        citing(claim("(2*x)**2 <= 2*x", variables=X, rules=_using()), (SMALL, {"y": "2*x"})),
        citing(claim("(x/2)**2 <= x/2", variables=X, rules=_using()), (SMALL, {"y": "x/2"})),
    ),
    "a value at an open end": (
        citing(claim("x**2 > 0", variables=X, rules=_using()), (LEMMA, {"y": "x"})),
        citing(claim("x**2 > 0", variables={"x": "(0, 1)"}, rules=_using()), (LEMMA, {"y": "x"})),
    ),
    "a false claim": (citing(claim("x <= 1/2", variables=X, rules=_using()), (FALSE, {"y": "x"})), None),
    "a claim that is not proved, even where it is not used": (
        citing(claim("x**2 <= x", variables=X), (UNPROVED, {"y": "x"})),
        citing(claim("x**2 <= x", variables=X), (SMALL, {"y": "x"})),
    ),
    "without its hypothesis": (
        citing(
            claim("x <= v", variables={"x": "[0, 1]", "v": "[0, 1]"}, rules=_using()), (ORDERED, {"y": "x", "z": "v"})
        ),
        citing(
            claim("x <= v", variables={"x": "[0, 1]", "v": "[0, 1]"}, hypotheses=("v >= x",), rules=_using("1")),
            (ORDERED, {"y": "x", "z": "v"}),
        ),
    ),
    "with its hypothesis turned round": (
        citing(
            claim("x <= v", variables={"x": "[0, 1]", "v": "[0, 1]"}, hypotheses=("x >= v",), rules=_using("1")),
            (ORDERED, {"y": "x", "z": "v"}),
        ),
        None,
    ),
    "before it starts": (
        citing(claim("t >= 5", start=4, rules=_using()), (LATE, {})),
        citing(claim("t >= 5", start=6, rules=_using()), (LATE, {})),
    ),
    "after it ends": (
        citing(claim("t <= 3", rules=_using()), (EARLY, {})),
        citing(claim("t <= 3", until=2, rules=_using()), (EARLY, {})),
    ),
    "after it ends, in a claim that ends later": (citing(claim("t <= 3", until=4, rules=_using()), (EARLY, {})), None),
    "another exponential's base": (
        citing(
            claim(
                "Z*Z[t-1] = x*Z[t-1]**2",
                variables={"x": "(0, 1)"},
                exponentials={"Z": "x/2"},
                start=1,
                rules=_using(rule="identity"),
            ),
            (POWER, {"y": "x", "Y": "Z"}),
        ),
        citing(
            claim(
                "Z*Z[t-1] = x/2*Z[t-1]**2",
                variables={"x": "(0, 1)"},
                exponentials={"Z": "x/2"},
                start=1,
                rules=_using(rule="identity"),
            ),
            (POWER, {"y": "x/2", "Y": "Z"}),
        ),
    ),
    "a multiple of an exponential": (
        citing(
            claim("2*Z >= Z", exponentials={"Z": "1/2"}, variables={}, start=1, rules=_using()),
            (POWER, {"y": "1/2", "Y": "2*Z"}),
        ),
        None,
    ),
    "a base that changes with t": (
        citing(
            claim("1 = 1", start=2, exponentials={"Z": "1/2"}, rules=[{"rule": "identity"}]),
            (POWER, {"y": "1/t", "Y": "Z"}),
        ),
        None,
    ),
    "a sequence of another program": (
        citing(
            claim(
                "Q >= 1",
                exponentials={"Z": "2", "H": "1/2"},
                rules=_using(),
                **of(program({"x": "1"}, {"x": {"x": "1/2"}}), {"x": ["H"]}, {"Q": ["p", "x", 0]}),
            ),
            (GROWS, {"P": "Q", "Z": "Z"}),
        ),
        None,
    ),
    "the same program": (
        citing(
            claim(
                "Q >= 2", exponentials={"Z": "2"}, rules=_using(), **of(DOUBLING, {"x": ["Z"]}, {"Q": ["p", "x", 0]})
            ),
            (GROWS, {"P": "Q", "Z": "Z"}),
        ),
        citing(
            claim(
                "Q >= 1", exponentials={"Z": "2"}, rules=_using(), **of(DOUBLING, {"x": ["Z"]}, {"Q": ["p", "x", 0]})
            ),
            (GROWS, {"P": "Q", "Z": "Z"}),
        ),
    ),
    "another parameter": (
        citing(
            claim(
                "Q > 0",
                variables={"x": "(0, 1)"},
                exponentials={"Z": "-x", "Y": "x"},
                rules=_using(),
                **of(SCALED, {"x": ["Z"]}, {"Q": ["p", "x", 0]}, parameters={"h": "-x"}),
            ),
            (SCALES, {"y": "x", "P": "Q", "Z": "Y"}),
        ),
        citing(
            claim(
                "Q > 0",
                variables={"x": "(0, 1)"},
                exponentials={"Z": "2*x"},
                rules=_using(),
                **of(SCALED, {"x": ["Z"]}, {"Q": ["p", "x", 0]}, parameters={"h": "2*x"}),
            ),
            (SCALES, {"y": "2*x", "P": "Q", "Z": "Z"}),
        ),
    ),
    "a formula for a sequence": (
        citing(claim("1/2 >= 1", exponentials={"Z": "2"}, rules=_using()), (GROWS, {"P": "1/2", "Z": "Z"})),
        None,
    ),
    "a free sequence with more room": (
        citing(claim("a**2 <= 1", free={"a": "[-2, 1]"}, rules=_using()), (FREE, {"c": "a"})),
        citing(claim("(a/2)**2 <= 1", free={"a": "[-2, 1]"}, rules=_using()), (FREE, {"c": "a/2"})),
    ),
    "t for a free sequence": (citing(claim("t**2 <= 1", rules=_using()), (FREE, {"c": "t"})), None),
    "a vector's number that changes otherwise": (
        citing(
            vectors("q = m", data={"q": ["weight", "lam*q"], "m": ["weight", "0"]}, rules=_using(rule="identity")),
            (WEIGHT, {"p": "q", "m": "m"}),
        ),
        citing(
            vectors("q = n", data={"q": ["weight", "0*q"], "n": ["weight", "0"]}, rules=_using(rule="identity")),
            (WEIGHT, {"p": "q", "m": "n"}),
        ),
    ),
    "a vector's number for a claim without vectors": (
        citing(
            claim("x = 1", variables={"x": "(0, 2)"}, rules=_using(rule="identity")), (WEIGHT, {"p": "x", "m": "1"})
        ),
        None,
    ),
    "a value that is missing": (citing(claim("x**2 <= x", variables=X, rules=_using()), (SMALL, {})), None),
    "a value that divides by 0": (
        citing(claim("(x/x)**2 <= 1", variables=X, rules=_using()), (SMALL, {"y": "x/x"})),
        None,
    ),
    "a relation that stands later": (
        citing(claim("0 = 1", variables=X, rules=_using("1", rule="identity")), (SMALL, {"y": "x"})),
        None,
    ),
}

# -- axioms --------------------------------------------------------------------------------------------------------

MEAN = {
    "a": ["weight", "lam*a"],
    "b": ["weight", "mu*b"],
    "q": ["0", "b+lam*q"],
    "c": ["weight", "nu*c"],
    "s": ["0", "c+nu*s"],
}
NAMES = {
    "lam": "lam",
    "mu": "mu",
    "nu": "nu",
    "at_lam": "a",
    "at_mu": "b",
    "difference": "q",
    "at_nu": "c",
    "slope": "s",
}
LINE = dict.fromkeys(("lam", "mu", "nu"), "(-oo, oo)")


def mean(*statement: str, rules: Any, values: Any = None, data: Any = None, **parts: Any) -> dict[str, Any]:
    given = {"vectors": MEAN if data is None else data, "variables": LINE, **parts}
    values = NAMES | (values or {})
    return {**claim(*statement, rules=rules, **given), "cited": [{"axiom": "mean_value", "values": values}]}


GIVEN = {"rule": "identity", "using": {"0": "1"}}
PROVES_MEAN = mean("q = s", rules=[GIVEN])

AXIOMS = {
    "at a point that is chosen": (
        mean("q = s", rules=[GIVEN], variables={**LINE, "nu": "(0, 1)"}),
        PROVES_MEAN,
    ),
    "at a number": (
        mean("q = s", rules=[GIVEN], values={"nu": "0"}, variables={"lam": "(-oo, oo)", "mu": "(-oo, oo)"}),
        None,
    ),
    "at one of the two points": (
        mean("q = s", rules=[GIVEN], values={"mu": "nu"}, data={**MEAN, "b": ["weight", "nu*b"]}),
        None,
    ),
    "with another start": (mean("q = s", rules=[GIVEN], data={**MEAN, "q": ["1", "b+lam*q"]}), None),
    "with another gradient": (mean("q = s", rules=[GIVEN], data={**MEAN, "q": ["0", "b+mu*q"]}), None),
    "for another number": (mean("a = s", rules=[GIVEN]), None),
    "twice at one point": (
        {
            **(
                twice := mean(
                    "q = r",
                    rules=[{"rule": "identity", "using": {"0": "1", "2": "-1"}}],
                    data={**MEAN, "e": ["weight", "5*e"], "r": ["0", "e+lam*r"]},
                )
            ),
            "cited": [
                *twice["cited"],
                {"axiom": "mean_value", "values": NAMES | {"mu": "5", "at_mu": "e", "difference": "r"}},
            ],
        },
        None,
    ),
    "as a structural ground": (mean("q = s", rules=[_from(_0="1")]), None),
    "in an induction": (mean("q = s", rules=[{"rule": "induction", "from": {"0": "1"}}]), None),
    "without vectors": (
        {
            **claim("x = 0", variables={"x": "(-oo, oo)"}, rules=[GIVEN]),
            "cited": [{"axiom": "mean_value", "values": dict.fromkeys(NAMES, "x")}],
        },
        None,
    ),
    "one that is not there": ({**claim("0 = 1", rules=[GIVEN]), "cited": [{"axiom": "anything", "values": {}}]}, None),
    "an axiom of one's own": (
        {**claim("0 = 1", rules=[GIVEN]), "cited": [{"axiom": "mean_value", "claim": WEIGHT, "values": {}}]},
        None,
    ),
    "cited again as if for every number": (
        citing(
            {**mean("q = s", rules=[GIVEN]), "variables": LINE},
            (PROVES_MEAN, {name: name for name in (*LINE, *MEAN)}),
        ),
        None,
    ),
    "the wrong side": (
        mean("(nu-lam)*(nu-mu) >= 0", rules=[{"rule": "sign", "using": {"1": "1"}}]),
        mean("(nu-lam)*(nu-mu) <= 0", rules=[{"rule": "sign", "using": {"1": "1"}}]),
    ),
}

# -- cases ---------------------------------------------------------------------------------------------------------

PLANE = {"a": "(-oo, oo)", "x": "(-oo, oo)", "y": "(-oo, oo)"}
ABOVE, BELOW = {"0": "1", "-1": "x**2"}, {"1": "1", "-1": "1"}
EITHER = ("a >= x**3", "a >= -x", "a >= -y")
SUM_OF_TWO = ("a >= x**3+y**3", *EITHER[1:])


def sign(grounds: dict[str, str] | None = None) -> dict[str, Any]:
    return {"rule": "sign", **({"using": grounds} if grounds else {})}


def cases(of: str, above: dict[str, Any], below: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"rule": "cases", "of": of, "above": above, "below": below}]


def nested(outer: str, inner: str) -> list[dict[str, Any]]:
    """Cases of x, and above 0 of y, where x ≥ 0 and y ≥ 0 are used with these grounds."""
    above = cases("y", sign({"0": "1", outer: "x**2", inner: "y**2"}), sign({"2": "1", "-1": "1"}))
    return cases("x", above[0], sign(BELOW))


def split(*statement: str, rules: Any, given: tuple[str, ...] = EITHER) -> dict[str, Any]:
    return claim(*statement, variables=PLANE, hypotheses=given, rules=rules)


CASES = {
    "the cases swapped": (
        split("a >= 0", rules=cases("x", sign(BELOW), sign(ABOVE))),
        split("a >= 0", rules=cases("x", sign(ABOVE), sign(BELOW))),
    ),
    "one case proved": (split("a >= 0", rules=cases("x", sign(ABOVE), sign())), None),
    "the other case proved": (split("a >= 0", rules=cases("x", sign(), sign(BELOW))), None),
    "a case as if it were strict": (split("a > 0", rules=cases("x", sign(ABOVE), sign(BELOW))), None),
    "an equation by cases": (
        split("a = -x", rules=cases("x", {"rule": "identity", "using": ABOVE}, {"rule": "identity", "using": BELOW})),
        None,
    ),
    "a factor that is right in its case only": (
        split("a >= 0", rules=cases("x", sign({"0": "1", "-1": "x"}), sign(BELOW)), given=("a >= x**2", "a >= -x")),
        None,
    ),
    "a case that is none": (split("x >= 0", rules=[sign({"-1": "1"})]), None),
    "a case around it that is none": (split("a >= 0", rules=nested("-3", "-1"), given=SUM_OF_TWO), None),
    "the outer case for the inner one": (
        split("a >= 0", rules=nested("-1", "-2"), given=SUM_OF_TWO),
        split("a >= 0", rules=nested("-2", "-1"), given=SUM_OF_TWO),
    ),
    "an induction in a case": (
        claim("t >= 5", start=4, rules=cases("t-5", sign({"-1": "1"}), {"rule": "induction"})),
        None,
    ),
    "structure in a case": (vectors("p = m", **ZERO, rules=cases("m", STRUCTURE, STRUCTURE)), None),
    "a case that means nothing at 0": (split("a >= 0", rules=cases("1/x", sign(ABOVE), sign(BELOW))), None),
    "a case that looks back": (
        claim("Z >= 2", exponentials={"Z": "2"}, start=1, rules=cases("Z[t-1]-1", sign({"-1": "2"}), sign())),
        claim("Z >= 1", exponentials={"Z": "2"}, start=1, rules=cases("Z[t-1]-1", sign({"-1": "2"}), sign())),
    ),
}

# -- free sequences ------------------------------------------------------------------------------------------------

SUM = program({"x": "1"}, {"x": {"x": "1"}}, register("N", "N[t-1]+c", "c"), parameters=("c",))


def total(
    *statement: str, domain: str = "[0, 1]", rules: Any = None, bounds: Any = None, **parts: Any
) -> dict[str, Any]:
    """A claim about the sum N of a free sequence c."""
    given = of(SUM, {"x": ["1"]}, {"N": ["p", "N", 0]}, parameters={"c": "c"}, bounds=bounds or {})
    return claim(*statement, free={"c": domain}, rules=rules, **{**given, **parts})


INDUCTION = [{"rule": "induction"}]

FREE_SEQUENCES = {
    "it does not stay": (
        claim("c = c[t-1]", free={"c": "[0, 1]"}, start=1),
        claim("c*c[t-1] >= 0", free={"c": "[0, 1]"}, start=1),
    ),
    "two are not the same": (
        claim("c = d", free={"c": "[0, 1]", "d": "[0, 1]"}),
        claim("c*d >= 0", free={"c": "[0, 1]", "d": "[0, 1]"}),
    ),
    "its sum does not grow like t": (
        total("N <= t", rules=INDUCTION),
        total("N <= t+1", rules=INDUCTION),
    ),
    "its sum is 0 at first": (total("N = 0", rules=INDUCTION), total("N >= 0", rules=INDUCTION)),
    "its sum does not fall": (
        total("N <= 1", rules=INDUCTION, domain="[-1, 1]"),
        total("N <= 1", rules=INDUCTION, until=0) | {"until": 0, "proof": total("N <= 1")["proof"]},
    ),
    "an open end is not reached": (claim("c < 1", free={"c": "[0, 1]"}), claim("c < 1", free={"c": "[0, 1)"})),
    "a division by it": (claim("c/c = 1", free={"c": "[0, 1]"}), claim("c/c = 1", free={"c": "(0, 1]"})),
    "a division by an earlier term": (
        claim("c[t-1]/c[t-1] = 1", free={"c": "[0, 1]"}, start=1),
        claim("c[t-1]/c[t-1] = 1", free={"c": "(0, 1]"}, start=1),
    ),
    "a division by a first term": (
        total("N/N = 1", domain="[0, 1]", bounds={"N": "(0, oo)"}),
        total("N/N = 1", domain="(0, 1]", bounds={"N": "(0, oo)"}),
    ),
    "a bound that it leaves": (
        total("N >= 0", domain="[-1, 1]", bounds={"N": "[0, oo)"}),
        total("N >= 0", domain="[0, 1]", bounds={"N": "[0, oo)"}),
    ),
    "the sum of other terms": (
        claim(
            "N = M",
            free={"c": "[0, 1]", "d": "[0, 1]"},
            programs={
                key: {"program": SUM, "parameters": {"c": name}, "lam": "1"} for key, name in (("p", "c"), ("q", "d"))
            },
            sequences={"N": ["p", "N", 0], "M": ["q", "N", 0]},
            proofs={
                key: {"states": {"x": ["1"]}, "registers": {}, "bounds": {}, "roots": {}, "start": 0} for key in "pq"
            },
            rules=INDUCTION,
        ),
        claim(
            "N = M",
            free={"c": "[0, 1]"},
            programs={
                key: {"program": SUM, "parameters": {"c": name}, "lam": "1"} for key, name in (("p", "c"), ("q", "c"))
            },
            sequences={"N": ["p", "N", 0], "M": ["q", "N", 0]},
            proofs={
                key: {"states": {"x": ["1"]}, "registers": {}, "bounds": {}, "roots": {}, "start": 0} for key in "pq"
            },
            rules=INDUCTION,
        ),
    ),
    "the term before for the term": (
        total("N - N[t-1] = c[t-1]", start=1, rules=[{"rule": "identity"}]),
        total("N - N[t-1] = c", start=1, rules=[{"rule": "identity"}]),
    ),
    "a closed form that names a term": (
        total(
            "N = c",
            rules=[{"rule": "identity"}],
            **of(SUM, {"x": ["1"]}, {"N": ["p", "N", 0]}, parameters={"c": "c"}, registers={"N": "c"}),
        ),
        None,
    ),
    "a hypothesis about one term": (
        claim("c >= 1/2", free={"c": "[0, 1]"}, hypotheses=("c >= 1/2",), rules=_using()),
        None,
    ),
    "a parameter t": (
        total("N >= 0", **of(SUM, {"x": ["1"]}, {"N": ["p", "N", 0]}, parameters={"c": "t"})),
        None,
    ),
    "λ that is free": (
        claim(
            "P = c", free={"c": "[0, 1]"}, **of(program({"x": "1"}, {"x": {"gradient": "1"}}), {"x": ["c"]}, lam="c")
        ),
        None,
    ),
    "a constant that is free": (
        claim(
            "N = k*(t+1)",
            free={"c": "[0, 1]"},
            rules=INDUCTION,
            **of(
                program(
                    {"x": "1"},
                    {"x": {"x": "1"}},
                    register("N", "N[t-1]+k", "k"),
                    register("k_", "k", "k"),
                    parameters=("c",),
                    constants={"k": "c"},
                ),
                {"x": ["1"]},
                {"N": ["p", "N", 0], "k": ["p", "k_", 0]},
                parameters={"c": "c"},
            ),
        ),
        None,
    ),
}

ATTACKS = STRUCTURAL | CITATIONS | AXIOMS | CASES | FREE_SEQUENCES


def verdict(data: dict[str, Any]) -> str:
    try:
        return decide(data).verdict
    except InvalidInput:
        return "REFUSED"


def test_every_attack_has_a_name_of_its_own():
    assert len(ATTACKS) == sum(map(len, (STRUCTURAL, CITATIONS, AXIOMS, CASES, FREE_SEQUENCES)))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails(name):
    assert verdict(ATTACKS[name][0]) != PROVED


@pytest.mark.parametrize("name", [name for name, (_, neighbour) in ATTACKS.items() if neighbour])
def test_its_true_neighbour_is_proved(name):
    decision = decide(ATTACKS[name][1])
    assert (decision.verdict, decision.hypotheses) == (PROVED, ()), decision.reason


def test_what_is_cited_taints():
    decision = decide(citing(claim("x**2 <= x", variables=X), (UNPROVED, {"y": "x"})))
    assert decision.verdict == "UNDECIDED"
    assert "which is not PROVED" in decision.reason


def test_axioms_are_listed_through_citations():
    assert decide(PROVES_MEAN).axioms == ("mean_value",)
