"""Certificates with one thing changed, made systematically, and whether what they claim is still true."""

from __future__ import annotations

import json
from copy import deepcopy
from fractions import Fraction
from math import ceil

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.methods import exact_from_text, method_from_data

TINY = Fraction(1, 10**9)


def degree(data):
    """The degree of the functions whose suprema are taken, as the grids of the certificate allow."""
    t, plain = data["t"], data["plain_steps"]
    n = {"unrolled": t, "truncated": t + plain, "implicit": t + plain}[data["estimator"]]
    return 2 * n if data["s"] is not None else n


def dyadic(value):
    """[m, e] of a rational with a power of two below."""
    value = Fraction(value)
    return [value.numerator, 1 - value.denominator.bit_length()]


def fraction(pair):
    """m·2^e."""
    return Fraction(pair[0]) * Fraction(2) ** pair[1]


def truth(data):
    """The enclosure of what a certificate claims to enclose, to 60 digits; None if it asks for nothing."""
    try:
        R = exact_from_text(data["R"])
        if data["t"] == 0 and data["estimator"] == "unrolled" and not hasattr(R, "d"):
            return pu.Enclosure(Fraction(data["R"]), Fraction(data["R"]))  # P_0 = E_0 = 1
        return pu.worst_case(
            method_from_data(data["method"]),
            data["t"],
            R,
            exact_from_text(data["G"]),
            digits=60,
            criterion=data["criterion"],
            split=data["split"],
            estimator=data["estimator"],
            plain_steps=data["plain_steps"],
            **({"solver": method_from_data(data["solver"])} if data["estimator"] == "implicit" else {}),
        )
    except InvalidInput:
        return None


def is_true(data):
    """Whether the value is between the ends that a certificate claims."""
    found = truth(data)
    return found is not None and Fraction(data["lower"]) <= found.lower <= found.upper <= Fraction(data["upper"])


def mutants(data):
    """(name, whether it has to be refused, certificate): each with one thing changed.

    One that has not to be refused may be accepted where what it claims is true: the change may leave a proof.
    """
    for name, hopeless, change in [*_ends(data), *_questions(data), *_proofs(data)]:
        mutant = deepcopy(data)
        change(mutant)
        mutant = json.loads(json.dumps(mutant))
        if mutant != data:
            yield name, hopeless, mutant


def _set(key, value):
    return lambda data: data.__setitem__(key, value)


def _ends(data):
    """The two ends: moved past the value they are false, moved outwards they are true."""
    value = truth(data)
    lower, upper = Fraction(data["lower"]), Fraction(data["upper"])
    width = upper - lower
    for name, end in (("lower", value.upper), ("upper", value.lower)):
        inwards = 1 if name == "lower" else -1
        for by, step in (("1e-9", value.upper * TINY), ("a width", width), ("half", value.upper / 2)):
            if step:
                yield f"{name} end inwards by {by}", True, _set(name, str(end + inwards * step))
                yield f"{name} end outwards by {by}", False, _set(name, str(end - inwards * step))
    if upper:
        yield "ends exchanged", True, lambda d: d.update(lower=d["upper"], upper=d["lower"])
        yield "lower end above the upper", True, _set("lower", str(upper + width + TINY))
        yield "both ends above", True, lambda d: d.update(lower=str(upper * 2), upper=str(upper * 3))
        yield "both ends below", True, lambda d: d.update(lower=str(lower / 3), upper=str(lower / 2))
        yield "both ends 0", True, lambda d: d.update(lower="0", upper="0")
        yield "negative ends", True, lambda d: d.update(lower=str(-upper), upper=str(-lower))


def _questions(data):
    """Another question with the same proof."""
    for name in ("R", "G"):
        size = data[name]
        for other in ("0", "1", "1000001/1000000", f"{size}1", "sqrt(2)", "3/2 - sqrt(2)/2"):
            yield f"{name} = {other[:12]}", False, _set(name, other)
    for step in (-1, 1, 5):
        yield f"t by {step}", False, _set("t", data["t"] + step)
        yield f"plain steps by {step}", False, _set("plain_steps", data["plain_steps"] + step)
    for key, values in (
        ("criterion", ("exact", "pointwise", "separate")),
        ("split", ("total", "partial")),
        ("estimator", ("unrolled", "truncated", "implicit")),
        ("kind", ("start", "one point", "points", "suprema")),
    ):
        for value in values:
            yield f"{key} {value}", False, _set(key, value)
    others = [
        {"name": "gd", "parameters": {"ell": "1/100", "L": "1", "h": "1"}},
        {"name": "gd", "parameters": {"ell": "1/100", "L": "1", "h": "199/100"}},
        {"name": "gd", "parameters": {"ell": "1/3", "L": "1/3", "h": "1/2"}},
        {"name": "gd", "parameters": {"ell": "1/100", "L": "1"}, "tables": {"h": ["1"] * 30}},
        {"name": "chebyshev", "parameters": {"ell": "1/100", "L": "1"}},
        {"name": "heavy-ball", "parameters": {"ell": "1/100", "L": "1"}},
        {"name": "nesterov", "parameters": {"ell": "1/100", "L": "1"}},
        {"name": "sobolev", "parameters": {"ell": "1/100", "L": "1", "eta": "1", "a": "0"}},
    ]
    for other in others:
        yield f"method {other['name']}", False, _set("method", other)
        yield f"solver {other['name']}", False, _set("solver", other)
        yield f"both {other['name']}", False, lambda d, other=other: d.update(method=other, solver=other)
    for name, text in data["method"]["parameters"].items():
        for more in ("1", "0001"):
            parameters = {**data["method"]["parameters"], name: text + more}
            other = {**data["method"], "parameters": parameters}
            yield f"{name} of the method", False, lambda d, other=other: d.update(method=other, solver=other)
            yield f"{name} of the solver", False, _set("solver", other)


def _proofs(data):
    """The same question and ends with another proof."""
    for precision in (2, 20, data["precision"] // 2, data["precision"] * 9 // 10, data["precision"] - 8):
        yield f"precision {precision}", False, _set("precision", precision)
    for key in ("s", "p"):
        present = data[key]
        for value in (-1, 0, Fraction(1, 1024), Fraction(1, 2), Fraction(1023, 1024), 1, 2):
            yield f"{key} = {value}", key == "s" and not 0 < value < 1 and present is not None, _set(key, dyadic(value))
        if present is not None:
            yield f"no {key}", False, _set(key, None)
            for power in (-60, -20, -4):
                for sign in (-1, 1):
                    moved = fraction(present) * (1 + sign * Fraction(2) ** power)
                    yield f"{key} moved", False, _set(key, dyadic(moved))
    yield from _places(data)
    for i in range(len(data["suprema"])):
        yield from _supremum(data, i)
    if data["suprema"]:
        yield "no suprema", data["lower"] != "0", _set("suprema", [])
        yield "a supremum too many", True, lambda d: d["suprema"].append(d["suprema"][0])
        yield "suprema exchanged", False, lambda d: d["suprema"].reverse()
        yield "a supremum missing", True, lambda d: d["suprema"].pop()


def _places(data):
    places = data["places"]
    names = ["ell", "L"] if data["kind"] == "points" else []
    for name in names:
        yield f"place {name}", False, _set("places", [name])
        for other in names:
            yield f"places {name} and {other}", False, _set("places", [name, other])
            for p in (0, Fraction(1, 2), 1):
                weighted = dyadic(p)
                yield (
                    f"places {name} and {other}, p = {p}",
                    False,
                    lambda d, pair=(name, other), p=weighted: d.update(places=list(pair), p=p),
                )
    yield "no places", False, _set("places", [])
    if places:
        yield "places exchanged", False, lambda d: d["places"].reverse()
        yield "the first place only", False, lambda d: d.update(places=d["places"][:1])
        yield "the last place only", False, lambda d: d.update(places=d["places"][-1:])
        yield "three places", False, lambda d: d.update(places=[*d["places"], *d["places"], *d["places"]][:3])
    for i, place in enumerate(places):
        if isinstance(place, str):
            continue
        for key, value in (("j", place["j"] + 1), ("j", 0), ("N", place["N"] + 1), ("N", 0), ("u", [1, 0])):
            yield f"a place's {key}", False, lambda d, i=i, key=key, value=value: d["places"][i].update({key: value})


def _supremum(data, i):
    one = data["suprema"][i]
    n = degree(data)

    def change(key, value):
        return lambda d: d["suprema"][i].__setitem__(key, value)

    if not one["N"]:
        return
    for name, N in (("too small", ceil(Fraction(5 * n, 2)) - 1), ("0", 0), ("negative", -one["N"]), ("half", n)):
        yield f"grid {name}", True, change("N", N)
    for name, N in (("+1", one["N"] + 1), ("doubled", 2 * one["N"])):
        yield f"grid {name}", False, change("N", N)
    for order in (one["order"] - 1, one["order"] // 2, 2, 1):
        yield f"order {order}", False, change("order", order)
    for order in (0, -1, 10**6):
        yield f"order {order}", True, change("order", order)
    upper, lower = fraction(one["upper"]), fraction(one["lower"])
    attained = upper - (upper - lower) * 2 - upper * TINY**8
    if lower > 0:
        for name, value in (("past the value", attained), ("by 1e-9", lower * (1 - TINY)), ("to half", lower / 2)):
            pair = [int(value * 2**4000), -4000]
            yield f"claimed supremum lowered {name}", True, change("upper", pair)
        yield "claimed supremum 0", True, change("upper", [0, 0])
        yield "claimed supremum negative", True, change("upper", [-one["upper"][0], one["upper"][1]])
    for key, value in (("j", one["j"] + 1), ("u", [1, -1]), ("u", [3, 2])):
        yield f"the supremum's {key}", False, change(key, value)
    for cell, pieces in list(one["cells"].items())[:3]:
        yield "a cell deleted", False, lambda d, cell=cell: d["suprema"][i]["cells"].pop(cell)
        yield "a cell of no pieces", True, lambda d, cell=cell: d["suprema"][i]["cells"].update({cell: []})
        moved = str((int(cell) + 1) % one["N"])
        yield (
            "a cell moved",
            False,
            lambda d, c=cell, m=moved: d["suprema"][i]["cells"].update({m: d["suprema"][i]["cells"].pop(c)}),
        )
        for k, piece in list(enumerate(pieces))[:4]:
            yield from _piece(i, cell, k, piece)


def _piece(i, cell, k, piece):
    def change(index, value):
        return lambda d: d["suprema"][i]["cells"][cell][k].__setitem__(index, value)

    low, high = fraction(piece[0]), fraction(piece[1])
    width = high - low
    yield "a piece deleted", True, lambda d: d["suprema"][i]["cells"][cell].pop(k)
    for by in (Fraction(1, 2), Fraction(1, 2**80)):
        yield "a gap at the left", True, change(0, dyadic(low + width * by))
        yield "a gap at the right", True, change(1, dyadic(high - width * by))
        yield "a piece longer to the left", False, change(0, dyadic(low - width * by))
        yield "a piece longer to the right", False, change(1, dyadic(high + width * by))
    yield "a piece of no width", True, change(1, piece[0])
    yield (
        "a piece turned round",
        True,
        lambda d: d["suprema"][i]["cells"][cell].__setitem__(k, [piece[1], piece[0], *piece[2:]]),
    )
    yield "a piece twice", False, lambda d: d["suprema"][i]["cells"][cell].insert(k, piece)
    yield "another rule", False, change(2, "concave" if piece[2] == "small" else "small")
    yield "no rule", True, change(2, "convex")
    for value in (-2, -1, Fraction(-1, 2), 0, Fraction(1, 2), 1, 2):
        yield f"point {value}", piece[2] == "concave" and abs(value) > 1, change(3, dyadic(value))
    if piece[2] == "concave":
        yield "no point", True, change(3, None)
        yield "small with a point", False, change(2, "small")
