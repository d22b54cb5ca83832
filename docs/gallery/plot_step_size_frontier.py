"""
What a constant step size costs the derivative
==============================================

Gradient descent with a constant step :math:`h` converges for every :math:`h` in (0, 2/L), but its Jacobian may first
get worse. Damien Scieur, Gauthier Gidel, Quentin Bertrand and Fabian Pedregosa (*The Curse of Unrolling*, NeurIPS 2022,
Theorem 2) give the error's two polynomials,

.. math:: E_t = (1 - h\\lambda)^{t-1}(1 + (t-1)h\\lambda), \\qquad D_t = -ht(1 - h\\lambda)^{t-1},

and call it a trade-off: a step that is fast in the end has a long burn-in. Which steps are worth taking at all, and
which one is best if the number of steps is known? Every number of the first two sections is proved; the third goes
to a data set. The worst case is over all problems with L/ℓ = 100 here, whose :math:`\\partial H` commutes with
:math:`H`, with :math:`\\|\\partial x_0 - \\partial x^*\\| \\le 1` and :math:`\\partial_\\theta\\nabla f(x_0) = 0`.
"""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np

import polyunroll as pu

S = pu.Spectrum("1/100", 1)
steps = [f"{k}/20/L" for k in range(2, 40)]
steps += ["sqrt(2)/L", "2/(L+ell)", "1.99/L", "1.995/L"]
frontier = pu.step_frontier(S, steps)

# %%
# The frontier
# ------------
#
# For each step ``pu.step_frontier`` proves how long the worst error stays above its start (burn-in), how high it rises
# (peak), and at what rate it falls in the end. A step is *efficient* if no other one on the list is at least as good in
# all three and better in one.

x = np.array([float(point.step) for point in frontier])
efficient = np.array([point.is_efficient for point in frontier])
per_digit = -np.log(10) / np.log([float(point.rate.rate) for point in frontier])
columns = {
    "burn-in length": np.array([point.burn_in.length for point in frontier]),
    "peak": np.array([float(point.burn_in.peak) for point in frontier]),
    "steps per digit,\nin the end": per_digit,
}
figure, panels = plt.subplots(3, 1, sharex=True, figsize=(7.5, 6.4))
for axes, (name, values) in zip(panels, columns.items(), strict=True):
    axes.plot(x[~efficient], values[~efficient], "o", color="0.7", label="not efficient")
    axes.plot(x[efficient], values[efficient], "o", color="C3", label="efficient")
    axes.axvline(np.sqrt(2), color="0.4", linewidth=0.8)
    axes.set(ylabel=name, yscale="log")
panels[0].set_yscale("symlog")
panels[0].set_ylim(bottom=-0.3)
panels[0].text(1.4, 200, "hL = √2", ha="right")
panels[2].set_xlabel("hL")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)

print("     hL  burn-in     peak  at t  steps per digit")
for k in np.flatnonzero(efficient):
    b = frontier[k].burn_in
    print(f"{x[k]:7.4f} {b.length:8} {float(b.peak):8.3f} {b.peak_at:5}", end="")
    print(f"{per_digit[k]:17.1f}")

# %%
# Up to hL = √2 there is no burn-in, and the largest of these steps is the fastest: the usual 1/L has no advantage over
# √2/L. Beyond, up to 2/(L+ℓ), a better rate costs a higher peak and a burn-in that is no shorter: at the end 325 steps,
# and 37 times the start. Larger steps are worse in all three. That √2 is the border is a theorem for all t and all
# spectra, which the proof checker derives from the method's own program:

theorem, verdict = pu.verify("gd_burn_in_iff")[0]
print(fill(f"{verdict.verdict} for {verdict.scope}: {theorem.title}", 84))

# %%
# The best step for a horizon
# ---------------------------
#
# If t is known, ``pu.best_step`` finds the constant step with the least worst case, and proves that no other in
# (0, 2/L) does better: for :math:`G = 0` the best step is where the error at ℓ, which falls with h, meets the error at
# L, which rises.

horizons = (10, 30, 100, 300)
best = {t: pu.best_step(S, t) for t in horizons}
h = np.linspace(0.02, 1.995, 160).round(4)
fig, axes = plt.subplots()
for t in horizons:
    V = [float(pu.worst_case(pu.GradientDescent(S, one), t, digits=6)) for one in h]
    (line,) = axes.semilogy(h, V, label=f"t = {t}")
    axes.plot(float(best[t].step), float(best[t].worst_case), "o", color=line.get_color())
axes.axhline(1, color="0.4", linewidth=0.8)
axes.axvline(np.sqrt(2), color="0.4", linewidth=0.8)
axes.set(xlabel="hL", ylabel="proved worst case $V_t$ (start: 1)", ylim=(1e-2, 1e2))
axes.legend(loc="upper left")

print("    t  best hL      V_t     at 1/L   at √2/L   at 2/(L+ℓ)   gap (proved)")
usual = {}
for t, found in best.items():
    three = (pu.GradientDescent(S, one) for one in ("1/L", "sqrt(2)/L", "2/(L+ell)"))
    usual[t] = [float(pu.worst_case(method, t)) for method in three]
    print(f"{t:5d} {float(found.step):8.4f} {float(found.worst_case):8.4f}", end="")
    print("{:11.4f}{:10.4f}{:13.4f}".format(*usual[t]), f"{float(found.gap):12.0e}")

# %%
# The dots are the best steps. They lie beyond √2, where there is a burn-in, but one that is over by t; and below
# 2/(L+ℓ), which after 300 steps still guarantees nothing. With t = L/ℓ = 100 steps the best guarantee of any constant
# step is 0.42 of the start, so no choice of the step is a cure for the curse: that takes another method.
#
# A problem with its own R and G
# ------------------------------
#
# Ridge regression on the diabetes data, with a penalty that makes L/ℓ = 100, and the derivative in that penalty.
# From :math:`x_0 = 0` we have :math:`G = 0`, as above. A warm start at the solution for ten times the penalty has
# :math:`G = \|x_0\| > 0`.

data = pu.problems.load("diabetes")
penalty = pu.problems.theta_for_condition(data.A, 100)
ridge = pu.problems.RidgePenalty(data.A, data.y, penalty)
T = pu.Spectrum.of(ridge.hessian()).outwards(8)
starts = {"zero": np.zeros(10), "warm": ridge.at(10 * penalty).solution()}
jacobian = ridge.solution_jacobian()


def measured(method, t, start):
    run = pu.run(method, ridge, x0=start, steps=t, tangents=True)
    return np.linalg.norm(run.dx - jacobian) / np.linalg.norm(jacobian)


grid = np.linspace(0.5, 1.99, 150).round(4)
figure, panels = plt.subplots(1, 2, sharey=True)
own, seen = {}, {}
print("start    t     R     G  best hL  proved  measured there  best measured, at hL")
for axes, (name, start) in zip(panels, starts.items(), strict=True):
    known = pu.problems.Predictor(ridge, start)
    for t in (100, 300):
        gd = [pu.GradientDescent(T, f"{c}/L") for c in grid]
        V = [float(pu.worst_case(m, t, known.R, known.G_total, digits=4)) for m in gd]
        errors = seen[name, t] = np.array([measured(m, t, start) for m in gd])
        (line,) = axes.semilogy(grid, errors, label=f"measured, t = {t}")
        bound, colour = np.array(V) / known.R, line.get_color()
        axes.semilogy(grid, bound, ":", color=colour, label=f"proved, t = {t}")
        low = errors.argmin()
        print(f"{name:6}{t:4d} {known.R:5.2f} {known.G_total:5.2f}", end=" ")
        try:
            found = own[name, t] = pu.best_step(T, t, known.R, known.G_total, digits=5)
            there = measured(found.method, t, start)
            V = float(found.worst_case) / known.R
            print(f"{float(found.step * T.L):8.4f} {V:7.4f} {there:15.4f}", end="")
        except pu.InvalidInput:
            print(f"{'none':>8} {'':23}", end="")
        print(f"{errors[low]:15.4f} {grid[low]:6.2f}")
    axes.set(title=f"{name} start", xlabel="hL", ylim=(5e-3, 50))
panels[0].set_ylabel("Jacobian error, relative to its start")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %%
# From zero the proof loses little: the step that is proved best for 100 steps guarantees 0.420 of the start, the error
# measured there is 0.415, and the best on the grid is 0.413. Only the rise beyond is less steep than it may be: at hL =
# 1.99 it is 1.5, where the proof allows 73. After the warm start ``pu.best_step`` answers that no constant step
# guarantees less than the start after 100 steps, while what is measured has become *better*, 0.372: the paper's
# :math:`G`, the norm of :math:`\partial_\theta\nabla f(x_0)`, is larger than before, and does not tell that
# :math:`x_0` is nearer to the solution. ``split="partial"``, with :math:`(P_t, P_t')` and :math:`x_0 - x^*`, does:

for split, G in (("total", known.G_total), ("partial", known.G_partial)):
    fast = pu.GradientDescent(T, "1.98/L")
    bound = float(pu.worst_case(fast, 300, known.R, G, split=split)) / known.R
    print(f"warm start, hL = 1.98, t = 300, split {split}: {bound:.3f}")
