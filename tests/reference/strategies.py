"""What Hypothesis draws from: spectra, methods, and programs that nobody would write."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq
from hypothesis import strategies as st

import polyunroll as pu
from polyunroll.arithmetic.surd import Surd
from polyunroll.methods import Method
from polyunroll.program import GRADIENT, Program, Register, State

small = st.fractions(min_value=Fraction(-4), max_value=Fraction(4), max_denominator=6)
positive = st.fractions(min_value=Fraction(1, 50), max_value=Fraction(20), max_denominator=60)


@st.composite
def rational_spectra(draw, one_point=False):
    """[ℓ, L] with rational ends; a point only if asked for."""
    ell = draw(positive)
    width = draw(st.just(Fraction(0)) if one_point and draw(st.integers(0, 9)) == 0 else positive)
    return pu.Spectrum(ell, ell + width)


@st.composite
def square_spectra(draw):
    """Ends that are squares in one ℚ(√d), so that √(ℓL) is in it too."""
    d = draw(st.sampled_from([2, 3, 5, 7]))
    roots = []
    for _ in range(2):
        a, b = draw(small), draw(small)
        root = Surd(fmpq(a.numerator, a.denominator), fmpq(b.numerator, b.denominator), d)
        roots.append(root if a or b else Surd(fmpq(1), fmpq(1), d))
    low, high = sorted((root * root for root in roots), key=float)
    return pu.Spectrum(low, high if high > low else low * 4)


spectra = st.one_of(rational_spectra(), square_spectra())

measures = st.one_of(
    st.just(pu.measures.chebyshev()),
    st.just(pu.measures.legendre()),
    st.fractions(min_value=Fraction(-9, 20), max_value=Fraction(5), max_denominator=20).map(pu.measures.gegenbauer),
)
exponents = st.fractions(min_value=Fraction(-9, 10), max_value=Fraction(4), max_denominator=12)
jacobi_measures = st.builds(pu.measures.jacobi, exponents, exponents)
etas = st.one_of(st.just(Fraction(0)), st.fractions(min_value=0, max_value=Fraction(50), max_denominator=30))


FAMILIES = ["gd", "list", "chebyshev", "heavy-ball", "nesterov", "sobolev", "jacobi", "jacobian-kernel"]


@st.composite
def methods(draw, spectra=spectra):
    """A method of any family on any interval."""
    spectrum = draw(spectra)
    kind = draw(st.sampled_from(FAMILIES))
    if kind == "gd":
        return pu.GradientDescent(spectrum, draw(st.sampled_from(["1/L", "2/(L+ell)", "1/ell"]) | positive))
    if kind == "list":
        return pu.GradientDescent(spectrum, draw(st.lists(positive, min_size=30, max_size=30)))
    if kind == "sobolev":
        return pu.Sobolev(spectrum, draw(measures | jacobi_measures), draw(etas))
    if kind == "jacobi":
        return pu.Jacobi(spectrum, draw(exponents), draw(exponents))
    if kind == "jacobian-kernel":
        return pu.JacobianKernel(spectrum, draw(measures | jacobi_measures), draw(positive))
    return {"chebyshev": pu.Chebyshev, "heavy-ball": pu.HeavyBall, "nesterov": pu.Nesterov}[kind](spectrum)


class Custom(Method):
    """Any program as a method."""

    def __init__(self, spectrum, program):
        self._define(spectrum, program, "custom")


@st.composite
def programs(draw):
    """Copies, swaps, temporaries read late, states written twice or never, coefficients 0, 1, −1 and others.

    Each step still makes one query of what it started with, and weights mean nothing.
    """
    names = ["x", "y", "z", "w"][: draw(st.integers(1, 4))]
    states = tuple(State.of(name, draw(st.sampled_from(["1", "0", "2", "-1/2", "r"]))) for name in names)
    register = Register.of("r", draw(st.sampled_from(["1/(1+t)", "1 - r[t-1]", "t-3", "1"])), "2", first=0)
    coefficient = st.sampled_from(["1", "1", "1", "0", "-1", "r", "r[t-1]", "1-r", "1/2", "-3", "t"])

    def combination(known, most):
        chosen = draw(st.lists(st.sampled_from(known), min_size=1, max_size=most, unique=True))
        return {name: draw(coefficient) for name in chosen}

    query = {name: c for name, c in combination(names, 3).items() if name != GRADIENT}
    assignments, known = {}, [*names, GRADIENT]
    order = draw(st.lists(st.sampled_from([*names, "u", "v"]), min_size=1, max_size=6, unique=True))
    for target in order:
        assignments[target] = combination(known, 4)
        if target not in known:
            known.append(target)
    return Program.of(
        parameters=("ell", "L"),
        constants={},
        registers=(register,),
        states=states,
        query=query,
        assignments=assignments,
        output=draw(st.sampled_from(names)),
    )


@st.composite
def custom_methods(draw):
    """Such a program on a rational spectrum."""
    return Custom(draw(rational_spectra()), draw(programs()))
