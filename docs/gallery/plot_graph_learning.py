"""
Learning a graph from signals, and what few unrolled steps learn
================================================================

Kalofolias ("How to learn a graph from smooth signals", AISTATS 2016) finds the weights w ≥ 0 of a graph on which given
signals are smooth, as the solution of min 2zᵀw + β‖w‖² − α 1ᵀlog(Dw): z holds the squared distances between the signals
at two nodes, D takes weights to degrees. A primal–dual splitting with step g solves it. Pu, Cao, Zhang, Dong and Chen
("Learning to Learn Graph Topologies", NeurIPS 2021) unroll a few of its steps and learn penalties and step from pairs
of signals and graphs.

Here (β, α, g) are learned by differentiating through 20 and through 100 steps, and tried on other graphs. Two
questions: are edges recovered better, and are the learned numbers penalties, or do they just suit the number of steps?
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score

import polyunroll as pu

n = 20
edges = pu.problems.graphs.all_edges(n)
e = len(edges)
rng = np.random.default_rng(0)


def pair(signals=200):
    """The weights of a random graph, at least 1/2 where there is an edge, and the distances of smooth signals on it."""
    w = pu.problems.graphs.random_graph(n, 0.12, rng)
    return w, pu.problems.graphs.squared_distances(pu.problems.graphs.smooth_signals(n, edges, w, signals, rng))


training = [pair() for _ in range(4)]
others = [pair() for _ in range(10)]


def bilevel(w, z, theta):
    """The primal–dual map on (w, v), and the outer loss ½‖w_t − w‖²/‖w‖²."""
    loss = pu.problems.Loss(
        lambda x, theta: np.sum((x[:e] - w) ** 2) / (2 * w @ w),
        lambda x, theta: np.concatenate([x[:e] - w, np.zeros(n)]) / (w @ w),
    )
    return pu.problems.Bilevel(pu.problems.GraphLearning(n, edges, z, *theta), loss)


# %%
# Learning through 20 steps and through 100
# -----------------------------------------
# The parameters are φ = (log β, log α, c). The step g must stay below 1/(2β + ‖D‖₂), ‖D‖₂ = √(2n − 2), and is that
# limit times 1/(1 + exp(−c)).


def theta_of(phi):
    """(β, α, g) and its derivative in φ."""
    beta, alpha = np.exp(phi[:2])
    share, limit = 1 / (1 + np.exp(-phi[2])), 1 / (2 * beta + np.sqrt(2 * n - 2))
    chain = np.diag([beta, alpha, share * (1 - share) * limit])
    chain[2, 0] = -2 * beta * share * limit**2
    return np.array([beta, alpha, share * limit]), chain


def objective(phi, steps):
    """The mean loss over the training pairs after so many steps, and its derivative in φ."""
    theta, chain = theta_of(phi)
    value, slope = 0.0, np.zeros(3)
    for w, z in training:
        problem = bilevel(w, z, theta)
        found = pu.hypergradient.itd(problem, theta, steps=steps)
        value += problem.outer.value(found.x, theta) / len(training)
        slope += chain.T @ found.hypergradient / len(training)
    return value, slope


def weights(z, theta, steps):
    inner = pu.problems.GraphLearning(n, edges, z, *theta)
    state = np.zeros(inner.dimension)
    for _ in range(steps):
        state = inner.map(state)
    return np.maximum(inner.weights(state), 0)


def scores(theta, steps):
    """F-score of the edges above weight 1/4, average precision, ‖w_t − w‖²/‖w‖²; means over the other graphs."""
    found = []
    for w, z in others:
        u = weights(z, theta, steps)
        hits = np.sum((u > 0.25) & (w > 0))
        f_score = 2 * hits / (np.sum(u > 0.25) + np.sum(w > 0))
        found.append([f_score, average_precision_score(w > 0, u), np.sum((u - w) ** 2) / (w @ w)])
    return np.mean(found, axis=0)


start = np.array([0.0, 0.0, 2.0])
bounds = [(-7, 2), (-7, 2), (-3, 4)]
thetas = {"not tuned": theta_of(start)[0]}
for steps in (20, 100):
    best = minimize(objective, start, (steps,), jac=True, method="L-BFGS-B", bounds=bounds, options={"gtol": 1e-4})
    thetas[f"tuned for {steps} steps"] = theta_of(best.x)[0]

table = {}
print("                        β       α       g    steps  F-score  average precision  error")
for name, theta in thetas.items():
    for steps in (20, 100, 2000):
        table[name, steps] = scores(theta, steps)
        print(
            f"{name:19} {theta[0]:7.4f} {theta[1]:7.3f} {theta[2]:7.3f} {steps:7} "
            "{:8.2f} {:18.2f} {:6.2f}".format(*table[name, steps])
        )

# %%
# Tuned for 100 steps, the F-score on the other graphs rises from 0.35 to 0.84, and the squared error falls to about a
# quarter. The average precision, which sees only the order of the weights, stays where it was: what is learned is the
# scale and the sparsity of the graph.
#
# What 20 steps learn is not a penalty. They drive β to its lower bound, and do well after 20 steps, at which they have
# to stop: run to the end, the error is larger than without tuning. What 100 steps learn gives the same error after
# 2000. The pictures show the solutions, at 2000 steps.

w, z = others[0]
fig, axes = plt.subplots(1, 4, figsize=(10, 2.9))
pictures = {"true graph": w, **{name: weights(z, theta, 2000) for name, theta in thetas.items()}}
for ax, (title, values) in zip(axes, pictures.items(), strict=True):
    adjacency = np.zeros((n, n))
    adjacency[edges[:, 0], edges[:, 1]] = adjacency[edges[:, 1], edges[:, 0]] = values
    shown = ax.imshow(adjacency, cmap="viridis", vmin=0, vmax=2)
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()
fig.colorbar(shown, ax=axes, label="edge weight", shrink=0.8)
plt.show()

# %%
# The derivative, and when it is one of the solution
# --------------------------------------------------
# At the parameters learned for 100 steps, on one training graph, the hypergradient of t unrolled steps is compared with
# that of the solution, found by implicit differentiation. Once the set of edges with w > 0 stays as it is, the map is
# smooth, and its Jacobian ∂Φ at the fixed point predicts the rates: with ρ the largest modulus of its eigenvalues, the
# iterates converge like ρᵗ, and derivatives at worst like tρᵗ, with the same factor t that Scieur et al. (NeurIPS 2022)
# find in quadratics.

theta = thetas["tuned for 100 steps"]
problem = bilevel(*training[0], theta)
implicit = pu.hypergradient.aid(problem, theta, steps=2000, solver="normal-cg", tolerance=1e-9)
jacobian = problem.inner.jvp(implicit.x, np.eye(problem.inner.dimension))
rho = np.abs(np.linalg.eigvals(jacobian)).max()

ts = np.array([5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 600, 800])
runs = [pu.hypergradient.itd(problem, theta, steps=t) for t in ts]
slopes = np.array([run.hypergradient for run in runs])
errors = {
    "iterate": np.array([np.linalg.norm(run.x - implicit.x) for run in runs]) / np.linalg.norm(implicit.x),
    "hypergradient": np.linalg.norm(slopes - implicit.hypergradient, axis=1) / np.linalg.norm(implicit.hypergradient),
}
predicted = {"iterate": rho**ts, "hypergradient": ts * rho**ts}

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
for i, (label, color) in enumerate((("β", "C0"), ("α", "C2"), ("g", "C3"))):
    left.semilogx(ts, slopes[:, i], color + "o-", ms=4, label=f"dE/d{label}, t steps")
    left.axhline(implicit.hypergradient[i], color=color, ls=":")
left.plot([], [], "k:", label="of the solution")
left.set(xlabel="unrolled steps t", ylabel="hypergradient")
left.legend()
for (name, error), color in zip(errors.items(), ("C7", "C1"), strict=True):
    right.semilogy(ts, error, color + "o-", ms=4, label=f"{name}, measured")
    right.semilogy(ts, predicted[name] / predicted[name][-1] * error[-1], "k:")
right.plot([], [], "k:", label=f"slopes of $\\rho^t$ and $t\\rho^t$, ρ = {rho:.4f}")
right.set(xlabel="unrolled steps t", ylabel="relative error", ylim=(1e-6, 10))
right.legend()
plt.show()

late = slice(-3, None)
rates = {name: np.exp(np.polyfit(ts[late], np.log(error[late]), 1)[0]) for name, error in errors.items()}
expected = {name: np.exp(np.polyfit(ts[late], np.log(value[late]), 1)[0]) for name, value in predicted.items()}
for name in errors:
    print(f"{name:13}: rate {rates[name]:.4f} a step measured from t = {ts[-3]} on, {expected[name]:.4f} predicted")
for t in (20, 50, 100, 800):
    print(f"t = {t:3}: dE/dβ = {slopes[ts == t][0, 0]:7.4f}, of the solution {implicit.hypergradient[0]:7.4f}")

# %%
# Up to 50 steps, dE/dβ has the wrong sign: it asks for a smaller β where the solution asks for a larger one, and that
# is what the table shows. The solution does not depend on g at all, yet up to 30 steps dE/dg is the largest of the
# three. A short unrolled run is its own model; to learn penalties by it, unroll until dE/dg is small.
