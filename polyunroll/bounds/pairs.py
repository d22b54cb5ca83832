"""The error polynomials (A, B) of an estimator, as Chebyshev coefficients in balls.

    unrolled   (E_t, D_t) or (P_t, P_t')
    truncated  (P_K, P_K' P_N): N plain steps, then K differentiated ones
    implicit   (R_S, −Q_S P_N), Q_S = (1 − R_S)/λ: N plain steps, then S steps of a linear solver

B comes as a list of factors, whose product it is when ∂H commutes with H.
"""

from __future__ import annotations

from flint import acb, arb

from polyunroll.arithmetic.balls import ball
from polyunroll.bounds.cosine import Cosine, derivative, error_pair, product
from polyunroll.bounds.question import Question
from polyunroll.interpret.series import chebyshev_balls

__all__ = ["Pair", "error_polynomials", "functions", "scaled_pair"]

Balls = list[arb]
Pair = tuple[Balls, list[Balls]]


def error_polynomials(question: Question, bits: int, P: Balls | None = None) -> Pair:
    """(A, factors of B) with coefficients right to about `bits` bits; call it inside `ball_precision`.

    P are the coefficients of P_t where they are known already (unrolled only).
    """
    spectrum = question.method.spectrum
    center, radius = ball(spectrum.center), ball(spectrum.radius)
    if question.estimator == "unrolled":
        P = chebyshev_balls(question.method, question.t, bits) if P is None else P
        if question.split == "partial":
            return P, [derivative(P, radius)]
        E, D = error_pair(P, center, radius)
        return E, [D]
    plain = chebyshev_balls(question.method, question.plain_steps, bits)
    inner = chebyshev_balls(question.solver, question.t, bits)
    second = derivative(inner, radius) if question.estimator == "truncated" else _solution(inner, center, radius)
    return inner, [second, plain] if question.is_product else [product(second, plain)]


def scaled_pair(question: Question, P: Balls) -> tuple[Balls, Balls]:
    """(R·A, G·B) of unrolled differentiation from P_t's coefficients."""
    R, G, spectrum = ball(question.R), ball(question.G), question.method.spectrum
    E, D = error_pair(P, ball(spectrum.center), ball(spectrum.radius))
    return [R * v for v in (E if question.split == "total" else P)], [G * v for v in D]


def functions(question: Question, pair: Pair, s: arb | None = None) -> tuple[str, list[Balls]]:
    """How a question's answer is made of suprema: a rule's name, and the functions whose suprema it takes.

    zero       nothing: the value is 0
    product    G·∏ max|factor|: the factors
    separate   max|RA| + G·∏ max|factor|: RA, then the factors
    single     max|f|, the other polynomial being 0 identically
    pointwise  the larger of max|RA + GB|, max|RA − GB|
    exact      √max F_s, F_s = (RA)²/s + (GB)²/(1−s), at the s given; without one, RA and GB
    """
    R, G = ball(question.R), ball(question.G)
    A, factors = [R * v for v in pair[0]], pair[1]
    B = [G * v for v in factors[0]]
    a_zero, b_zero = _is_zero(A), _is_zero(B) or any(map(_is_zero, factors))
    if a_zero and b_zero:
        return "zero", []
    if a_zero and question.is_product:
        return "product", factors
    if a_zero != b_zero:
        return "single", [B if a_zero else A]
    if question.is_product or question.criterion == "separate":
        return "separate", [A, *factors]
    width = max(len(A), len(B))
    A, B = A + [arb(0)] * (width - len(A)), B + [arb(0)] * (width - len(B))
    if question.criterion == "pointwise":
        return "pointwise", [[a + b for a, b in zip(A, B, strict=True)], [a - b for a, b in zip(A, B, strict=True)]]
    if s is None:
        return "exact", [A, B]
    X, Y = product(A, A), product(B, B)
    return "exact", [[x / s + y / (1 - s) for x, y in zip(X, Y, strict=True)]]


def _is_zero(a: Balls) -> bool:
    return all(v == 0 for v in a)


def _solution(R: Balls, center: arb, radius: arb) -> Balls:
    """Chebyshev coefficients of −(1 − R)/λ, by division on a grid: λ > 0 there, so nothing is lost."""
    n = len(R) - 1
    if n == 0:
        return [arb(0)]
    values = Cosine(R).grid(n)[0]
    points = [center + radius * (arb.pi() * j / n).cos() for j in range(n + 1)]
    f = [(v - 1) / x for v, x in zip(values, points, strict=True)]
    back = acb.dft([acb(v) for v in [*f, *f[-2:0:-1]]])
    # a_k = (2/n) Σ'' f_j cos(jkπ/n), the end terms halved
    a = [back[k].real / n for k in range(n + 1)]
    a[0], a[n] = a[0] / 2, a[n] / 2
    return a[:n]  # the degree is n − 1
