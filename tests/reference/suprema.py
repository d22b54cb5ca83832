"""Worst cases by other routes than the package's: no Chebyshev series, no Fourier transform, no Taylor models.

Everything starts from the exact P_t in powers of λ. Exactly, its derivatives' roots are isolated by Descartes' rule,
counted by Sturm's theorem, or found by FLINT's complex root finder. In balls, at a precision that pays for the powers
of λ, a grid is polished by Newton's method, and a bisection with a second-order Bernstein bound proves upper ends.
"""

from __future__ import annotations

from itertools import pairwise

from flint import arb, arb_poly, ctx, fmpq, fmpq_poly
from reference.isolation import isolate, refine, sturm_count

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.interpret.transfer import residual_polynomial


class Precision(Exception):
    """More bits are needed."""


# -- error polynomials ----------------------------------------------------------------------------------
def is_rational(question):
    """Whether ℓ, L and both P_t are rational."""
    numbers = [question.method.spectrum.low, question.method.spectrum.high]
    asked = ((question.method, _steps(question)), (question.solver, question.t))
    polynomials = [residual_polynomial(method, t) for method, t in asked]
    return not any(isinstance(x, Surd) for x in numbers + polynomials)


def _steps(question):
    return question.t if question.estimator == "unrolled" else question.plain_steps


def exact_ring(P):
    """A rational polynomial as it is."""
    return P


def ball_ring(P):
    """A polynomial, or a pair of them over √d, in balls."""
    return arb_poly(P.a) + arb_poly(P.b) * arb(P.d).sqrt() if isinstance(P, Surd) else arb_poly(P)


def error_polynomials(question, ring):
    """(A, factors of B) as polynomials in λ, R and G left out."""
    lam = ring(fmpq_poly([0, 1]))
    P = ring(residual_polynomial(question.solver, question.t))
    if question.estimator == "unrolled":
        D = P.derivative()
        return (P - lam * D if question.split == "total" else P), [D]
    plain = ring(residual_polynomial(question.method, question.plain_steps))
    second = P.derivative() if question.estimator == "truncated" else type(P)((P - 1).coeffs()[1:])  # (P − 1)/λ
    return P, [second, plain] if question.split == "partial" else [second * plain]


def bounded(question, ring):
    """The polynomials whose largest absolute values the answer is made of, by criterion; R and G multiplied in."""
    A, factors = error_polynomials(question, ring)
    convert = ball if ring is ball_ring else (lambda x: x)
    A = A * convert(question.R)
    if len(factors) == 2 or question.criterion == "separate":
        return [A, *factors]
    B = factors[0] * convert(question.G)
    return [A + B, A - B] if question.criterion == "pointwise" else [A, B]


# -- exact maxima ---------------------------------------------------------------------------------------
def exact_maximum(F, low, high, bits):
    """A ball around max|F| on [low, high], F rational: at the isolated roots of F', and at the ends.

    Its relative accuracy is at least `bits`. A root known to a width w is looked at in the middle: by Markov's
    inequality that misses at most w·max|F'| ≤ w·2n²/(high − low)·max|F|.
    """
    n = F.degree()
    if n < 1:
        return arb(abs(F(low)))
    slope = F.derivative()
    places = [(low, low), (high, high), *isolate(slope, low, high)]
    width = (high - low) / (2**20 * n * n)
    with ball_precision(bits + 64 + 4 * n):
        f = arb_poly(F)
        while True:
            places = [refine(slope, *place, width) for place in places]
            sizes = [abs(f(arb((a + b) / 2))) for a, b in places]
            missed = arb(width * 2 * n * n / (high - low))
            error = missed * largest(sizes).upper() / (1 - missed)
            values = [v if a == b else v + arb(0, error) for v, (a, b) in zip(sizes, places, strict=True)]
            known = max((v.lower() for v in values), key=_Middle)
            places = [place for v, place in zip(values, places, strict=True) if not v < known]
            top = largest(values)
            if top.rel_accuracy_bits() >= bits:
                return top
            width /= 2**bits


class _Middle:
    """Sorts balls by their midpoints."""

    def __init__(self, value):
        self.value = value.mid()

    def __lt__(self, other):
        return bool(self.value < other.value)


def largest(values):
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result


def flint_maximum(F, low, high, bits):
    """The same by FLINT's certified complex roots of F'; only its real ones in [low, high] count."""
    ends = [abs(F(low)), abs(F(high))]
    if F.degree() < 2:
        return arb(max(ends))
    precision = bits + 64 + 4 * F.degree()
    while True:
        with ball_precision(precision):
            roots = [root for root, _ in F.derivative().numer().complex_roots()]
            real = [root.real for root in roots if root.imag.contains(0)]
            inside = [root for root in real if not (root < arb(low) or root > arb(high))]
            top = largest([arb(v) for v in ends] + [abs(arb_poly(F)(root)) for root in inside])
            if top.rel_accuracy_bits() >= bits:
                return top
        precision *= 2


def stays_below(F, M, low, high, count=None):
    """Whether |F| < M on all of [low, high], exactly: M − F and M + F have no root there and are positive."""
    roots = count or (lambda p, a, b: len(isolate(p, a, b)))
    return all(p(low) > 0 and roots(p, low, high) == 0 for p in (M - F, M + F))


def stays_below_by_sturm(F, M, low, high):
    """The same by Sturm's theorem, dear from degree 50 on."""
    return stays_below(F, M, low, high, sturm_count)


# -- maxima in balls ------------------------------------------------------------------------------------
class Sampled:
    """Polynomials in balls on a grid of [ℓ, L] that crowds at its ends."""

    def __init__(self, spectrum, degree):
        self.low, self.high = ball(spectrum.low), ball(spectrum.high)
        self.center, self.radius = (self.low + self.high) / 2, (self.high - self.low) / 2
        N = 4 * degree + 16
        inner = [(self.center + self.radius * arb.cos(arb.pi() * i / N)).mid() for i in range(1, N)]
        self.points = [self.high, *inner, self.low]

    def peaks(self, F, share=0.8):
        """Places of local maxima of |F|, of all that reach `share` of the largest: polished by Newton's method."""
        values = [abs(F(x)).mid() for x in self.points]
        least = max(values, key=_Middle) * share
        last = len(values) - 1
        found = []
        for i, value in enumerate(values):
            before, after = values[max(i - 1, 0)], values[min(i + 1, last)]
            if value >= least and value >= before and value >= after:
                low, high = self.points[min(i + 1, last)], self.points[max(i - 1, 0)]
                found.append(self.polished(F, low, high, self.points[i]))
        return found

    def polished(self, F, low, high, start):
        """The zero of F' between two points, or the end towards which |F| rises."""
        slope = F.derivative()
        curvature = slope.derivative()
        sign = 1 if F(start).mid() > 0 else -1
        if sign * slope(high) >= 0:
            return high
        if sign * slope(low) <= 0:
            return low
        low, high, x = low.mid(), high.mid(), start.mid()
        for _ in range(20 + 2 * ctx.prec.bit_length()):
            value, below = slope(x), curvature(x)
            if value.contains(0):
                break
            low, high = (x, high) if sign * value > 0 else (low, x)
            step = arb("nan") if below.contains(0) else (value / below).mid()
            moved = (x - step).mid()
            if not (moved > low and moved < high):
                moved = ((low + high) / 2).mid()
            if moved == x:
                break
            x = moved
        return x


def sampled_maximum(F, spectrum):
    """(value, place): the largest |F| found on a grid and polished, in a ball around a value that is attained."""
    places = Sampled(spectrum, max(F.degree(), 1)).peaks(F)
    return max(((abs(F(x)), x) for x in places), key=lambda pair: _Middle(pair[0]))


def below_by_bisection(F, claimed, spectrum, tolerance):
    """Whether |F| ≤ claimed·(1 + tolerance) on [ℓ, L], F a polynomial in balls: see `bisected`."""
    slope = F.derivative()
    return bisected(lambda x: (F(x), slope(x)), F.degree(), claimed, spectrum, tolerance)


def bisected(jet, n, claimed, spectrum, tolerance):
    """Whether |F| ≤ claimed·(1 + tolerance) on [ℓ, L] for a polynomial of degree n, jet(λ) = (F, F').

    Proved by bisection in θ, λ = center + radius·cos θ.

    With f(θ) = F(λ) of degree n and ‖f − b‖ ≤ B for a constant b, Bernstein gives |f''| ≤ n²B, so that
    |f| ≤ |f(c)| + |f'(c)|h + n²Bh²/2 within h of c. B comes from a grid of spacing 2h: where |f − b| is largest its
    derivative is 0, so that ‖f − b‖ ≤ max on the grid + n²‖f − b‖h²/2.
    """
    center, radius, target = ball(spectrum.center), ball(spectrum.radius), claimed * (1 + arb(tolerance))

    def at(c):
        theta = arb(c) * arb.pi()
        value, slope = jet(center + radius * theta.cos())
        return value, abs(slope * radius * theta.sin())

    if n < 1:
        return bool(abs(jet(center)[0]) <= target)
    half = fmpq(1, 4 * n)
    pending = [(c, half, at(c)) for c in ((2 * j + 1) * half for j in range(2 * n))]
    values = [value for _, _, (value, _) in pending]
    b = (max(values, key=_Middle) + min(values, key=_Middle)).mid() / 2
    B = largest([abs(v - b) for v in values]).upper() / (1 - (n * half * arb.pi()) ** 2 / 2)
    while pending:
        c, half, (value, tilt) = pending.pop()
        h = half * arb.pi()
        if abs(value) + tilt * h + n * n * B * h * h / 2 <= target:
            continue
        if abs(value) > target or half < fmpq(1, 2**80):
            return False
        pending += [(c + e, half / 2, at(c + e)) for e in (-half / 2, half / 2)]
    return True


# -- the exact worst case -------------------------------------------------------------------------------
class TwoPoints:
    """V = max of √x + √y over the convex hull of the curve (X, Y), X = (RA)², Y = (GB)²: on an edge or at a vertex.

    Points of the hull are problems with at most two eigenvalues. The supporting line at the best point, of slope −r,
    gives an upper bound: V² ≤ max over λ of (1 + r)X + (1 + 1/r)Y for every r > 0, by the inequality of Cauchy.

    Attributes
    ----------
    value, upper : arb
        Balls around the error of a problem with two eigenvalues, and around its bound on the points looked at.
    r : arb
        Exact.
    places : tuple of arb
        The eigenvalues; the second twice the first where one suffices.
    weight : arb
        Of the first.
    """

    def __init__(self, A, B, spectrum, bits):
        self.A, self.B, self.X, self.Y = A, B, A * A, B * B
        grid = Sampled(spectrum, max(A.degree(), B.degree(), 1))
        pool = [self._at(x) for x in grid.points]
        for F in (A + B, A - B, A, B):  # where two peaks of the bound are about to merge, these are not
            pool += [self._at(x) for x in grid.peaks(F, 0.5)]
        for _ in range(60):
            self._look(pool)
            bound = self.mixed(self.r)
            new = grid.peaks(bound) + [self._climbed(bound, x, grid) for x in self.places]
            pool += [self._at(x) for x in new]
            self.upper = max((bound(x).mid() for _, _, x in pool), key=_Middle).sqrt()
            if self.upper.mid() <= self.value.mid() * (1 + arb(2) ** (-bits)):
                return
        raise Precision(f"{bits} bits were not reached: {self.value} and {self.upper}")

    def _at(self, x):
        x = x.mid()
        return self.X(x), self.Y(x), x

    def mixed(self, r):
        """(1 + r)X + (1 + 1/r)Y as a polynomial."""
        return self.X * (1 + r) + self.Y * (1 + 1 / r)

    def _look(self, pool):
        """The largest √x + √y on the upper right part of the hull of the pool."""
        hull = []
        for point in sorted(pool, key=lambda point: _Middle(point[0])):
            while hull and hull[-1][1].mid() <= point[1].mid():
                hull.pop()
            while len(hull) > 1 and not _turns_right(hull[-2], hull[-1], point):
                hull.pop()
            hull.append(point)
        best = None
        for first, second in [*pairwise(hull), (hull[-1], hull[-1])]:
            p = _weight(first, second)
            x, y = (p * first[k] + (1 - p) * second[k] for k in (0, 1))
            value = x.nonnegative_part().sqrt() + y.nonnegative_part().sqrt()
            if best is None or value.mid() > best:
                best = value.mid()
                self.value, self.places, self.weight = value, (first[2], second[2]), p
                least = best * arb(2) ** (-ctx.prec // 3)
                a, b = (max(v.nonnegative_part().sqrt().mid(), least, key=_Middle) for v in (x, y))
                self.r = (b / a).mid()

    @staticmethod
    def _climbed(F, x, grid):
        """A point moved towards the top of its own peak of F."""
        slope = F.derivative()
        curvature = slope.derivative()
        for _ in range(4):
            below = curvature(x)
            if not below < 0:
                break
            moved = (x - slope(x) / below).mid()
            if not (moved > grid.low and moved < grid.high):
                break
            x = moved
        return x


def _turns_right(a, b, c):
    return bool(((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).mid() < 0)


def _weight(first, second):
    """The p with the largest √(p·first + (1−p)·second) summed over both coordinates, in [0, 1]."""
    dx, dy = first[0] - second[0], second[1] - first[1]
    if not (dx != 0 and dy != 0):
        return arb(1)
    k = (dx / dy) ** 2  # the derivative in p vanishes where x/y = (dx/dy)²
    p = ((k * second[1] - second[0]) / (dx + k * dy)).mid()
    return p if p >= 0 and p <= 1 else arb(0) if p < 0 else arb(1)
