"""Values and derivatives of cosine sums Σ a_k cos kθ in balls, of which next to nothing is lost at any degree.

A Horner scheme in complex balls loses up to half a bit a degree: re and im of a radius r become (|re z| + |im z|)·r.
"""

from __future__ import annotations

from flint import acb, arb, fmpq

from polyunroll.bounds.cosine import Cosine

__all__ = ["grid_derivatives", "values_at"]

_MANY_CELLS = 60
"""From here on derivatives come from transforms, not from sums cell by cell."""


def values_at(parts: list[list[arb]], theta: arb) -> list[arb]:
    """Σ a_k cos kθ for each list of coefficients; z^k = z^⌊k/2⌋·z^⌈k/2⌉, so that errors grow with log k only."""
    powers = [acb(1), acb(theta.cos(), theta.sin())]
    for k in range(2, max(map(len, parts))):
        powers.append(powers[k // 2] * powers[k - k // 2])
    found = []
    for part in parts:
        total = arb(0)
        for value, power in zip(part, powers, strict=False):
            total += value * power.real
        found.append(total)
    return found


def grid_derivatives(f: Cosine, cells: list[int], N: int, order: int) -> dict[int, list[arb]]:
    """f^(0) … f^(order) at θ_j = jπ/N for each j of 0 … N: f^(m)(θ_j) = Σ k^m a_k cos(kjπ/N + mπ/2)."""
    found: dict[int, list[arb]] = {j: [] for j in cells}
    if len(cells) > _MANY_CELLS:
        for start in range(0, order + 1, 4):
            for m, values in enumerate(f.grid(N, start), start):
                for j in cells:
                    found[j].append(values[j] * arb(f.n) ** m)
        return {j: values[: order + 1] for j, values in found.items()}
    powers = f.a
    places = {j * k % (2 * N) for j in cells for k in range(f.n + 1)}
    waves = {place: arb.sin_cos_pi_fmpq(fmpq(place, N)) for place in places}
    for m in range(order + 1):
        for j in cells:
            total = arb(0)
            for k, value in enumerate(powers):
                total += value * waves[j * k % (2 * N)][1 - m % 2]
            found[j].append(-total if m % 4 in (1, 2) else total)
        powers = [k * v for k, v in enumerate(powers)]
    return found
