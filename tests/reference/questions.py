"""Random worst-case questions, the same for the same number, and their answers held against every oracle."""

from __future__ import annotations

import random
from fractions import Fraction

from flint import arb, fmpq
from reference import suprema
from reference.points import derivatives, rational

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision, midpoint
from polyunroll.bounds.question import CRITERIA, Question


# -- questions ------------------------------------------------------------------------------------------
def random_question(number):
    """(question, digits): every family, split, criterion and estimator, κ from 1e-8 to 1, t ≤ 300."""
    draw = random.Random(f"worst case {number}")
    t = draw.randint(*draw.choices([(0, 5), (6, 40), (41, 100), (101, 300)], [25, 50, 18, 7])[0])
    estimator = draw.choices(["unrolled", "truncated", "implicit"], [70, 15, 15])[0]
    plain = 0
    if estimator != "unrolled":
        t, plain = min(t, draw.randint(0, 60)), draw.randint(0, 60)
    kind = draw.choice(["gd", "list", "chebyshev", "heavy-ball", "nesterov", "sobolev", "sobolev"])
    spectrum = random_spectrum(draw, kind)
    if kind == "list":
        t, plain = t % 60, plain % 60
    method = random_method(draw, kind, spectrum, max(t, plain, 1))
    solver = None
    if estimator == "implicit" and draw.random() < 0.5:
        kinds = ["gd", "chebyshev"] if spectrum.ell == spectrum.L else ["gd", "chebyshev", "nesterov", "sobolev"]
        solver = random_method(draw, draw.choice(kinds), spectrum, max(t, 1))
    R, G = 0, 0
    while R == G == 0:
        R, G = random_size(draw), random_size(draw)
    question = Question.of(
        method, t, R, G, draw.choice(CRITERIA), draw.choice(["total", "partial"]), estimator, plain, solver
    )
    return question, draw.randint(1, 60)


def random_spectrum(draw, kind):
    L = draw.choice([Fraction(1), Fraction(draw.randint(1, 99), draw.randint(1, 99)), Fraction("1e-3"), Fraction(1000)])
    if kind != "sobolev" and draw.random() < 0.03:
        return pu.Spectrum(L, L)
    kappa = Fraction(f"{10 ** draw.uniform(-8, -0.01):.2e}")
    if kind in ("heavy-ball", "nesterov") and draw.random() < 0.6:
        kappa = Fraction(f"{10 ** draw.uniform(-4, -0.01):.2e}") ** 2  # then √κ is rational
    return pu.Spectrum(L * kappa, L)


def random_method(draw, kind, spectrum, steps):
    if kind in ("gd", "list"):

        def step():
            return Fraction(draw.randint(1, 220), 100) / spectrum.L

        if kind == "list":
            return pu.GradientDescent(spectrum, [step() for _ in range(steps)])
        return pu.GradientDescent(spectrum, draw.choice(["1/L", "2/(L+ell)", step(), step() / 1000]))
    if kind == "sobolev":
        a = draw.choice([Fraction(0), Fraction(1, 2), Fraction(draw.randint(-45, 300), 100)])
        eta = draw.choice([0, 1, Fraction(draw.randint(1, 99), 100), Fraction("1e-6"), 1000])
        return pu.Sobolev(spectrum, pu.measures.gegenbauer(a), eta)
    return {"chebyshev": pu.Chebyshev, "heavy-ball": pu.HeavyBall, "nesterov": pu.Nesterov}[kind](spectrum)


def random_size(draw):
    sizes = [0, 1, Fraction(draw.randint(1, 99), draw.randint(1, 99)), Fraction("1e-30"), 10**30]
    return draw.choice([*sizes, Fraction(f"{10 ** draw.uniform(-30, 30):.3e}")])


# -- answers --------------------------------------------------------------------------------------------
def ask(question, digits):
    """The package's answer."""
    how = {"criterion": question.criterion, "split": question.split, "estimator": question.estimator}
    if question.estimator != "unrolled":
        how["plain_steps"] = question.plain_steps
    if question.estimator == "implicit":
        how["solver"] = question.solver
    return pu.worst_case(question.method, question.t, question.R, question.G, digits, **how)


def confirm(question, digits, found, number=0):
    """Assert that an enclosure is right and no wider than asked, by the oracles that can tell; `number` picks some."""
    spectrum = question.method.spectrum
    assert found.lower <= found.upper
    assert found.width * 10**digits <= found.upper, "too wide"
    if spectrum.ell == spectrum.L:
        assert _at_the_point(question) in found
        return
    slack = Fraction(1, 10 ** (digits + 9))
    lower, upper = rational(found.lower * (1 - slack)), rational(found.upper * (1 + slack))
    bits = int(3.33 * digits) + 50
    precision = bits + 100 + 6 * (question.t + question.plain_steps)
    while True:
        with ball_precision(precision):
            try:
                ratio = _confirm_in_balls(question, lower, upper, bits)
                break
            except suprema.Precision:
                assert precision < 100_000
        precision *= 2
    if question.t + question.plain_steps <= 100 and suprema.is_rational(question):
        _confirm_exactly(question, lower, upper, bits, ratio, number)


def _at_the_point(question):
    """|A(ℓ)|R + |B(ℓ)|G."""
    point, t = question.method.spectrum.low, question.t
    P, D = derivatives(suprema.residual_polynomial(question.solver, t), point, 1)
    plain = fmpq(1)
    if question.estimator != "unrolled":
        (plain,) = derivatives(suprema.residual_polynomial(question.method, question.plain_steps), point, 0)
    A = P - point * D if question.estimator == "unrolled" and question.split == "total" else P
    B = (P - 1) / point if question.estimator == "implicit" else D
    return abs(A) * question.R + abs(B * plain) * question.G


def _parts(question, ring):
    """(kind, polynomials): the largest |F| ("largest"), a sum of maxima ("sum"), V of a pair ("exact"), or nothing."""
    A, factors = suprema.error_polynomials(question, ring)
    convert = suprema.ball if ring is suprema.ball_ring else (lambda x: x)
    A = A * convert(question.R)
    no_a, no_b = question.R == 0, question.G == 0 or question.t == 0
    if no_a and no_b:
        return "zero", []
    if question.is_product or (question.criterion == "separate" and not no_b):
        return "sum", [A, *([] if no_b else factors)]
    if no_b:
        return "largest", [A]
    B = factors[0] * convert(question.G)
    if no_a:
        return "largest", [B]
    return ("largest", [A + B, A - B]) if question.criterion == "pointwise" else ("exact", [A, B])


def _total(question, maxima):
    """max|RA| + G·∏ max|factor|."""
    second = arb(question.G) if len(maxima) > 1 else arb(0)
    for value in maxima[1:]:
        second = second * value
    return maxima[0] + second


def _confirm_in_balls(question, lower, upper, bits):
    """By polished samples both ends, and by bisection the upper one to nine digits; the r of a two-point bound."""
    spectrum = question.method.spectrum
    kind, polynomials = _parts(question, suprema.ball_ring)
    if kind == "zero":
        assert lower == upper == 0
        return None
    if kind == "exact":
        problem = suprema.TwoPoints(*polynomials, spectrum, bits)
        value, proved, ratio = problem.value, [(problem.mixed(problem.r), problem.value**2)], midpoint(problem.r)
    else:
        maxima = [suprema.sampled_maximum(F, spectrum)[0] if F.degree() >= 0 else arb(0) for F in polynomials]
        value = _total(question, maxima) if kind == "sum" else suprema.largest(maxima)
        ratio = None
        proved = list(zip(polynomials, maxima if kind == "sum" else [value] * len(maxima), strict=True))
    if value.rel_accuracy_bits() < bits:
        raise suprema.Precision
    assert value.lower() <= arb(upper).upper(), "an error larger than the upper end is attained"
    assert value.upper() >= arb(lower).lower(), "the lower end is attained nowhere"
    for F, claimed in proved:
        assert F.degree() < 0 or suprema.below_by_bisection(F, claimed, spectrum, 1e-9), "samples missed the maximum"
    return ratio


def _confirm_exactly(question, lower, upper, bits, r, number):
    """By exact roots: Descartes' rule and Sturm's theorem on M ± F, isolated or complex roots of F'."""
    low, high = question.method.spectrum.low, question.method.spectrum.high
    kind, polynomials = _parts(question, suprema.exact_ring)
    if kind == "exact":
        A, B = polynomials
        polynomials, upper = [A * A * (1 + r) + B * B * (1 + 1 / r)], upper * upper
    if kind in ("exact", "largest"):
        assert all(suprema.stays_below(F, upper, low, high) for F in polynomials), "the upper end is exceeded"
        if question.t + question.plain_steps <= 20:
            assert all(suprema.stays_below_by_sturm(F, upper, low, high) for F in polynomials)
    if kind in ("sum", "largest"):
        cheap = max(F.degree() for F in polynomials) <= 60
        maximum = suprema.flint_maximum if number % 2 and cheap else suprema.exact_maximum
        maxima = [maximum(F, low, high, bits) for F in polynomials]
        with ball_precision(bits + 20):
            value = _total(question, maxima) if kind == "sum" else suprema.largest(maxima)
            assert not value > arb(upper)
            assert not value < arb(lower)
