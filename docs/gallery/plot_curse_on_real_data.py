"""
The curse of unrolling on real data
===================================

A solver that is fast for the solution of an optimisation problem can be harmful, for a long time, for the solution's
derivative: the Jacobian of its iterates first moves *away* from the Jacobian of the solution. Damien Scieur, Gauthier
Gidel, Quentin Bertrand and Fabian Pedregosa call this the curse of unrolling (*The Curse of Unrolling: Rate of
Differentiating Through Optimization*, NeurIPS 2022), and bound the error by two polynomials of the method (Theorem 1),
in closed form for gradient descent and the Chebyshev method (Theorems 2 and 3). How much of it shows on a data set,
how far above are the bounds, and is a bound ever reached?

The problem is ridge regression on the breast cancer data, everything standardised, solved from :math:`x_0 = 0`. The
outer parameters are the 569 sample weights at first, so that the Jacobian is 30 × 569.
"""

import matplotlib.pyplot as plt
import numpy as np

import polyunroll as pu

data = pu.problems.load("breast_cancer")
penalty = data.spectrum[-1] / 1000
weights = pu.problems.RidgeSampleWeights(data.A, data.y, penalty)
start = np.zeros(weights.dimension)
S = pu.Spectrum.of(weights.hessian()).outwards(10)
methods = {
    "GD, step 1/L": (pu.GradientDescent(S), 4000),
    "GD, step 2/(L+ℓ)": (pu.GradientDescent(S, "2/(L+ell)"), 4000),
    "Chebyshev": (pu.Chebyshev(S), 300),
    "Sobolev, η = 1/100": (pu.Sobolev(S, eta="1/100"), 300),
}
print(data)
print(f"L/ℓ = {float(S.condition_number):.0f}")

# %%
# Three statements about one error
# --------------------------------
#
# *Measured*: the method run together with its derivatives, against the Jacobian of the solution.
#
# *Predicted*: no run at all. :math:`P_t(H)` acts on the error of :math:`\partial x_0`, and the divided differences
# :math:`P_t[\lambda_i, \lambda_j]`, which are :math:`P_t'(\lambda_i)` on the diagonal, on :math:`\partial H(x_0 - x^*)`
# (Daleckii and Krein's formula). It is exact although the weights' :math:`\partial H` do not commute with :math:`H`.
#
# *Proved*: no problem with these ends of the spectrum, and with the same two norms :math:`R` of
# :math:`\partial x_0 - \partial x^*` and :math:`G` of :math:`\partial H` times :math:`x_0 - x^*`, errs by more.


def measured(problem, method, steps):
    jacobian, errors = problem.solution_jacobian(), []

    def look(t, x, dx):
        errors.append(np.linalg.norm(dx - jacobian))

    pu.run(method, problem, x0=start, steps=steps, tangents=True, callback=look)
    return np.array(errors) / errors[0]


def predicted(problem, method, times):
    known = pu.problems.Predictor(problem, start)
    differences = pu.DividedDifferences(method, known.eigenvalues)
    return [known.error_norm(*differences.at(t)) / known.R for t in times]


def proved(problem, method, t, split):
    bound = pu.problems.error_bound(problem, method, t, start, split=split, digits=4)
    return float(bound) / pu.problems.Predictor(problem, start).R


figure, panels = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(8, 6.2))
times, errors, exact, bounds = {}, {}, {}, {}
for axes, (name, (method, steps)) in zip(panels.flat, methods.items(), strict=True):
    times[name] = np.unique(np.geomspace(1, steps, 32).astype(int)).tolist()
    errors[name] = measured(weights, method, steps)
    exact[name] = predicted(weights, method, times[name])
    bounds[name] = [proved(weights, method, t, "partial") for t in times[name]]
    axes.axhline(1, color="0.4", linewidth=0.8)
    axes.loglog(errors[name], linewidth=2, label="measured")
    axes.loglog(times[name], exact[name], "o", fillstyle="none", label="predicted")
    axes.loglog(times[name], bounds[name], "k:", label="proved bound")
    axes.set(title=name, ylim=(1e-4, 1e3))
panels[1, 0].set_xlabel("steps t")
panels[1, 1].set_xlabel("steps t")
figure.supylabel("Jacobian error (sample weights), relative to its start")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)

apart = max(np.abs(exact[name] - errors[name][times[name]]).max() for name in methods)
print(f"predicted and measured differ by at most {apart:.0e}")

# %%
# How long is the burn-in?
# ------------------------
#
# The burn-in lasts until the error is below its start for good. Here that is measured; ``pu.burn_in`` proves when it is
# over, at the latest, for *every* problem with this spectrum, :math:`R` and :math:`G`.

known = pu.problems.Predictor(weights, start)
burn_in, thousandth, worst = {}, {}, {}
print(f"{'':20}| here: burn-in  peak  at t to 1e-3 | any: burn-in   peak  at t")
for name, (method, steps) in methods.items():
    e = errors[name]
    late, later = (np.flatnonzero(e > level) for level in (1 + 1e-9, 1e-3))
    burn_in[name] = int(late[-1]) + 1 if late.size else 0
    thousandth[name] = int(later[-1]) + 1 if later[-1] < steps else "-"
    worst[name] = pu.burn_in(method, known.R, known.G_partial, "partial", digits=4)
    proof, peak = worst[name], float(worst[name].peak) / known.R
    print(f"{name:20}|{burn_in[name]:14} {e.max():5.1f} {e.argmax():5}", end="")
    print(f"{thousandth[name]:>8} |{proof.length:13} {peak:6.1f} {proof.peak_at:5}")

# %%
# The two methods that are fast for the iterates first make the Jacobian 20 and 29 times worse than no derivative at all
# (measured), and it stays worse for 2858 and 130 steps. Gradient descent with the step 1/L does no harm but is slow.
# Nor does the Sobolev method, and it is the first to reach a thousandth: in 168 steps, the Chebyshev method in 261.
# What is predicted lies on what is measured. The bounds are about 7 times as high as the two humps, and they allow the
# harmless methods humps that do not happen here.
#
# Is a bound ever reached?
# ------------------------
#
# That depends on *what is differentiated in*. With one penalty for all features :math:`\partial H = I` commutes with
# :math:`H`, and Theorem 1 of the paper applies as it stands; from :math:`x_0 = 0` its :math:`G` is 0. So it does for a
# penalty on the first principal direction :math:`u` of the same data alone: :math:`\theta\,(u^\top x)^2/2` is added,
# :math:`\theta = 0`, and :math:`\partial H = uu^\top`.

H = weights.hessian()
u = np.linalg.eigh(H)[1][:, -1]
along_u = pu.problems.QuadraticProblem(H, weights.linear(), dH=[np.outer(u, u)])
problems = {
    "one penalty for all": pu.problems.RidgePenalty(data.A, data.y, penalty),
    "a penalty on one direction": along_u,
}
figure, panels = plt.subplots(1, 2, sharex=True, sharey=True, figsize=(8, 4.4))
commuting, V = {}, {}
for axes, (kind, problem) in zip(panels, problems.items(), strict=True):
    axes.axhline(1, color="0.4", linewidth=0.8)
    print(kind)
    for name, (method, steps) in methods.items():
        e = commuting[kind, name] = measured(problem, method, steps)
        V[kind, name] = [proved(problem, method, t, "total") for t in times[name]]
        (line,) = axes.loglog(e, linewidth=2, alpha=0.6, label=name)
        axes.loglog(times[name], V[kind, name], ":", color=line.get_color())
        print(f"    {name:20} at most {e.max():.4g} times the start")
    axes.set(title=kind, ylim=(1e-4, 1e3), xlabel="steps t")
axes.plot([], [], "k:", label="proved worst case")
panels[0].set_ylabel("Jacobian error, relative to its start")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %%
# Same data, same solvers, same worst case :math:`V_t = R\max|P_t - \lambda P_t'|`, proved by ``pu.worst_case``. In the
# common penalty no method ever rises above its start. In the other one the step 2/(L+ℓ) and the Chebyshev method err
# by exactly what the bound says, step by step, up to 365 and 527 times the start: their
# :math:`|P_t - \lambda P_t'|` is largest at L, and L is that direction's eigenvalue. The Sobolev method, too, reaches
# the 5.9 of its bound there. So the bound is not pessimism; the outer parameter decides how much of it is seen.
