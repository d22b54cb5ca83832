r"""
A method for your own spectrum
==============================

A method that knows the two ends of a spectrum has to be good everywhere between them. A data set has a few eigenvalues
only, most of them near the lower end. Damien Scieur, Gauthier Gidel, Quentin Bertrand and Fabian Pedregosa (*The Curse
of Unrolling: Rate of Differentiating Through Optimization*, NeurIPS 2022, Section 5) take the polynomial that is best
on average over a spectral density. Here the density is that of the data, known exactly or estimated from a few products
with the matrix (Shashanka Ubaru, Jie Chen, Yousef Saad, *Fast Estimation of tr(f(A)) via Stochastic Lanczos
Quadrature*, SIAM J. Matrix Anal. Appl., 2017). How many steps does that save on three data sets, and what does it cost?

The problem is ridge regression with everything standardised and a thousandth of the largest eigenvalue as the penalty.
The Jacobian is the one in the sample weights, and all runs start at :math:`x_0 = 0`, :math:`\partial x_0 = 0`.
"""

import matplotlib.pyplot as plt
import numpy as np

import polyunroll as pu

problems, spectra, jacobians, eigenvalues = {}, {}, {}, {}
for name in ("breast_cancer", "diabetes", "digits"):
    data = pu.problems.load(name)
    problem = problems[name] = pu.problems.RidgeSampleWeights(data.A, data.y, data.spectrum[-1] / 1000)
    spectra[name] = pu.Spectrum.of(problem.hessian()).outwards(10)
    jacobians[name] = problem.solution_jacobian()
    eigenvalues[name] = np.linalg.eigvalsh(problem.hessian())
    print(f"{name}: {problem.dimension} eigenvalues, L/ℓ = {float(spectra[name].condition_number):.0f}")


def errors(name, method, steps):
    """The Jacobian's error at every step of a run, relative to its start."""
    found = []

    def look(t, x, dx):
        found.append(np.linalg.norm(dx - jacobians[name]) / np.linalg.norm(jacobians[name]))

    start = np.zeros(problems[name].dimension)
    pu.run(method, problems[name], x0=start, steps=steps, tangents=True, callback=look)
    return np.array(found)


# %%
# A method that knows the eigenvalues
# -----------------------------------
#
# The Jacobian kernel is the polynomial :math:`P` of degree :math:`T` with :math:`P(0) = 1` for which
# :math:`(P - \lambda P')^2 + P^2` is least on average. The average is over the eigenvalues, and, with a share of
# 1e-8, over the Chebyshev weight on the whole spectrum. What that share is for is seen below. Such a method has a
# horizon: it is made for :math:`T` steps, runs in three vectors, and what it has before step :math:`T` is no answer.


def own(name, T, known, share="1e-8", digits=None):
    measure = pu.measures.mixed([known, pu.measures.chebyshev()], [1, share])
    return pu.JacobianKernel(spectra[name], measure, T=T, digits=digits)


def estimate(name, products):
    return pu.measures.spectral_density(problems[name].hessian(), probes=10, steps=products)


known = {name: pu.measures.empirical(eigenvalues[name]) for name in problems}

# %%
# Steps to a thousandth
# ---------------------
#
# All of this is measured. For a method without a horizon: from this step on the error is at most 1e-3 of its start. For
# one with a horizon: the methods made for this :math:`T` and all larger ones (up to some more) end at 1e-3 or below.

anytime = {
    "GD, step 1/L": pu.GradientDescent,
    "GD, step 2/(L+ℓ)": lambda S: pu.GradientDescent(S, "2/(L+ell)"),
    "Chebyshev": pu.Chebyshev,
    "Sobolev, Chebyshev weight, η = 1/100": lambda S: pu.Sobolev(S, eta="1/100"),
    "Jacobian kernel, Chebyshev weight": pu.JacobianKernel,
    "Jacobian kernel, weight (1-s)^(-9/10)": lambda S: pu.JacobianKernel(S, pu.measures.jacobi("-9/10", 0)),
}
enough = {"breast_cancer": (6800, 300, 140), "diabetes": (2400, 150, 44), "digits": (760, 70, 54)}
curves, steps = {}, {}
for name, S in spectra.items():
    slow, fast, top = enough[name]
    for label, build in anytime.items():
        curve = curves[label, name] = errors(name, build(S), slow if label.startswith("GD") else fast)
        steps[label, name] = int(np.flatnonzero(curve > 1e-3)[-1]) + 1
    sources = {"its eigenvalues": known[name]} | {f"estimate, 10 × {k} products": estimate(name, k) for k in (20, 8)}
    for label, measure in sources.items():
        T = top + (18 if "8" in label else 0)
        while errors(name, own(name, T - 1, measure), T - 1)[-1] <= 1e-3:
            T -= 1
        steps[label, name] = T
print(f"{'steps to 1e-3':40}" + "".join(f"{name:>15}" for name in problems))
for label in dict.fromkeys(label for label, _ in steps):
    print(f"{label:40}" + "".join(f"{steps[label, name]:15}" for name in problems))

# %%
# On all three, the method that knows the eigenvalues is faster than the Chebyshev method and both gradient descents. On
# the ten far apart eigenvalues of diabetes it needs a quarter of the Chebyshev method's steps, on breast cancer half of
# them. But a Jacobian kernel that knows the ends only is nearly as good there, and as good on digits, whose 61
# eigenvalues fill their interval: there is not much to be known. Ten random vectors with twenty products each tell as
# much as all eigenvalues. With eight products each the result is worse than knowing nothing, except on diabetes.
#
# In the picture a line is one run, and a dot is the end of a run of the method made for that many steps.

figure, panels = plt.subplots(1, 3, sharey=True, figsize=(8.4, 4.6))
ended = {}
for axes, name in zip(panels, problems, strict=True):
    for label, colour in zip(anytime, ("C7", "C1", "C3", "C9", "C0"), strict=False):
        axes.loglog(np.maximum(curves[label, name], 1e-9), color=colour, linewidth=1.5, label=label)
    times = np.unique(np.geomspace(3, enough[name][2], 28).astype(int)).tolist()
    ended[name] = [errors(name, own(name, T, known[name]), T)[-1] for T in times]
    axes.loglog(times, ended[name], "k.", markersize=6, label="its eigenvalues, made for T steps")
    axes.axhline(1e-3, color="0.4", linewidth=0.8)
    axes.set(title=name, ylim=(1e-4, 1e2), xlabel="steps")
panels[0].set_ylabel("Jacobian error, relative to its start")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)

# %%
# Why not the eigenvalues alone?
# ------------------------------
#
# With :math:`N` different eigenvalues :math:`2N` steps are enough, on paper: :math:`\prod(1 - \lambda/\lambda_i)^2` and
# its derivative are 0 at all of them, so that the Jacobian is exact. But that polynomial is enormous between them, and
# no run in doubles, whose eigenvalues are not exactly those, lands on its zeros. Long arithmetic for the
# *coefficients* does not help. Predicted for exact arithmetic, and measured, with the most steps that atoms support:


def predicted(name, method, T):
    known = pu.problems.Predictor(problems[name], np.zeros(problems[name].dimension))
    jets = pu.jets(method, T, eigenvalues[name], order=1, digits=200)
    values, apart = jets.derivative(0), jets.points[:, None] - jets.points
    np.fill_diagonal(apart, 1)
    differences = (values[:, None] - values) / apart
    np.fill_diagonal(differences, jets.derivative(1))
    return known.error_norm(values.astype(float), differences.astype(float)) / known.R


alone = {}
for name, S in spectra.items():
    T = 2 * len(eigenvalues[name]) - 1
    method = pu.JacobianKernel(S, known[name], T=T, digits=200)
    grid = np.linspace(float(S.ell), float(S.L), 400)
    size = pu.jets(method, T, grid, order=0).log10_abs().max()
    alone[name] = predicted(name, method, T), errors(name, method, T)[-1], size
    print(f"{name:14} {T:4} steps: predicted {alone[name][0]:.0e}, measured {alone[name][1]:.0e}, |P| to 1e{size:.0f}")

# %%
# A share of the Chebyshev weight holds the polynomial down between the eigenvalues. The smaller the share, the better
# the method, until rounding takes over: with 1e-24 these 100 steps reach the thousandth that takes 129 with 1e-8. Much
# below 1e-8 the coefficients need more than doubles to be found, hence ``digits``. The method still runs in doubles.

name, T = "breast_cancer", 100
shares = [f"1e-{k}" for k in (2, 8, 16, 20, 24, 28, 32)]
methods = [own(name, T, known[name], share, digits=50) for share in shares]
exact = [predicted(name, method, T) for method in methods]
run = [errors(name, method, T)[-1] for method in methods]
_, axes = plt.subplots()
axes.loglog([float(share) for share in shares], exact, label="predicted for exact arithmetic")
axes.loglog([float(share) for share in shares], run, "ko", fillstyle="none", label="measured in doubles")
axes.invert_xaxis()
axes.set(xlabel="share of the Chebyshev weight", ylabel=f"Jacobian error after {T} steps", title=name)
axes.legend()
plt.show()

# %%
# What it costs
# -------------
#
# Weights change, and with them the spectrum. The method of the table, made from eigenvalues that are off by so much
# (one standard deviation of their relative error, the worst of five draws), with two shares:

generator, T, off = np.random.default_rng(0), steps["its eigenvalues", name], {}
for wrong in (0, 1e-6, 1e-4, 1e-2):
    draws = generator.standard_normal((5, len(eigenvalues[name])))
    moved = np.clip(eigenvalues[name] * (1 + wrong * draws), float(spectra[name].ell), float(spectra[name].L))
    for share in ("1e-2", "1e-8"):
        made = [own(name, T, pu.measures.empirical(values), share) for values in moved]
        off[wrong, share] = max(errors(name, method, T)[-1] for method in made)
    print(f"{name}, off by {wrong:g}: error {off[wrong, '1e-2']:.1e} with 1e-2, {off[wrong, '1e-8']:.1e} with 1e-8")

# %%
# So the share says how well the eigenvalues are known. With 1e-8 they must be right to far more than six digits; with
# 1e-2 one percent does not matter, and little is gained. The other extreme knows nothing but the ends of the spectrum:
# the minimax polynomial has the least :math:`\max|P - \lambda P'|` on all of it that so many steps allow. Both for as
# many steps as the eigenvalues' method takes to 1e-3; the maxima are proved.

here, everywhere = {}, {}
for name, S in spectra.items():
    T = steps["its eigenvalues", name]
    for label, method in {"eigenvalues": own(name, T, known[name]), "minimax": pu.Minimax(S, T, digits=6)}.items():
        here[label, name] = errors(name, method, T)[-1]
        everywhere[label, name] = float(pu.worst_case(method, T, digits=4))
        print(f"{name:14} {T:4} steps, {label:12} error here {here[label, name]:.1e}, ", end="")
        print(f"max |P-λP'| {everywhere[label, name]:.1e}")

# %%
# Each is bad at what the other is good at: an average over given eigenvalues says nothing of others. It also takes the
# eigenvalues, or the estimate's 200 products with the matrix, where T steps and their backward sweep take 2T. That pays
# if one spectrum serves many hypergradients. And the number of steps must be fixed beforehand. Where that is too much,
# the Jacobian kernel without any eigenvalues is the safe choice.
