"""
A first-order heuristic that fails, and its repair
==================================================

Learning a start θ from which a few inner gradient steps do well on every task needs the derivative of those steps. The
first-order heuristic (FOM) leaves it out. Likhosherstov, Song, Choromanski, Davis and Weller (*Debiasing a First-order
Heuristic for Approximate Bi-level Optimization*, ICML 2021) show that FOM need not converge to a stationary point, and
repair it: UFOM makes the exact derivative with probability q and weighs it so that the mean is right, in memory that
does not grow with the number of inner steps. How wrong is FOM, what does the repair cost, and which q is worth taking?
"""

import matplotlib.pyplot as plt
import numpy as np

import polyunroll as pu

# %%
# Two tasks on the line, ½ a (x − c)², are equally likely. The inner loop makes five steps of gradient descent with step
# 1/10, and the exact branch computes its iterates again from a single checkpoint.

tasks = pu.problems.LineTasks([0.5, 1.0], [0.0, 1.0])
problems = [tasks.task(i) for i in range(2)]
m, r = pu.GradientDescent(pu.Spectrum("1/10", 2), "1/10"), 5
best, wrong = tasks.best_start(0.1, r), tasks.best_start(0.1, r, power=1)


def draw(i, theta, q, rng=0):
    """FOM for q = 0, adaptive UFOM for q = Probability(…), UFOM else."""
    if isinstance(q, pu.hypergradient.Probability):
        return pu.hypergradient.adaptive_ufom(problems[i], [theta], m, r, state=q, seed=rng, checkpoints=1)
    if q == 0:
        return pu.hypergradient.fom(problems[i], [theta], m, r)
    return pu.hypergradient.ufom(problems[i], [theta], m, r, q=q, seed=rng, checkpoints=1)


# %%
# The bias is one minus a residual polynomial
# -------------------------------------------
# After r steps of any method with residual polynomial P the heuristic errs by (I − P(H)) times what it returns. That is
# an exact statement on quadratics, and ``predicted`` makes it without running the loop. The bias moves the point where
# the mean gradient vanishes.

print(f"{'task':>4}{'FOM − exact':>16}{'predicted':>16}")
biases = []
for i in range(2):
    short = draw(i, best, 0)
    biases.append(((short.hypergradient - draw(i, best, 1).hypergradient)[0], short.predicted.hypergradient[0]))
    print(f"{i:4}{biases[i][0]:16.12f}{biases[i][1]:16.12f}")
for theta in (best, wrong):
    by_fom, exact = (np.mean([draw(i, theta, q).hypergradient[0] for i in range(2)]) for q in (0, 1))
    print(f"start {theta:.4f}: mean of FOM {by_fom:.4f}, mean exact gradient {exact:.4f}")

# %%
# Variance, cost, memory, and the best q
# --------------------------------------
# The second moment of UFOM is V² + (1/q − 1) D², V² = E‖G‖² and D² = E‖G − G_FO‖². What the branches cost is counted by
# the runs, in gradients and Hessian products. With steps like 1/k the number of iterations to a given accuracy goes
# like the second moment, and ``best_probability`` minimises its product with the mean cost of a call.

whole = [draw(i, best, 1) for i in range(2)]
D2, V2 = (np.mean([found.info[name] for found in whole]) for name in ("D2", "V2"))
c0 = draw(0, best, 0).costs.gradients
c1 = whole[0].costs.gradients + whole[0].costs.matvecs - c0
star = pu.hypergradient.best_probability(D2, V2, c0, c1)
print(f"D²/V² = {D2 / V2:.3f}; the exact branch costs {c1} on top of {c0}: q* = {star:.3f}")

qs, rng = np.array([0.1, 0.2, star, 0.6, 1.0]), np.random.default_rng(0)
draws = np.array([[draw(k % 2, best, q, rng).hypergradient[0] for k in range(1000)] for q in qs])
seconds, formula = (draws**2).mean(1), V2 + (1 / qs - 1) * D2
for q, second, value in zip(qs, seconds, formula, strict=True):
    print(f"q = {q:.3f}: second moment of 1000 draws {second:.4f}, formula {value:.4f}")

memory = {}
for steps in (5, 50, 500):
    unrolled = pu.hypergradient.itd(problems[0], [best], m, steps, x0=[best])
    again = pu.hypergradient.ufom(problems[0], [best], m, steps, q=1, seed=0, checkpoints=1)
    memory[steps] = unrolled.costs.peak_vectors, again.costs.peak_vectors
    print(f"{steps:3} inner steps: {memory[steps][0]} vectors held by unrolling, {memory[steps][1]} by UFOM")

# %%
# Down to a fixed accuracy
# ------------------------
# Stochastic gradient descent over the tasks, θ ← θ − g/(μ(k + 3)), starts one unit away from the best start; the
# accuracy wanted is a mean squared distance of 1/400. The gradients are affine in θ, so that mean obeys an exact
# recursion (lines below), and 16 runs are put beside it (dots, with one standard error).

shorts, slopes = np.array([[draw(i, tasks.c[i] + 1, q).hypergradient[0] for i in range(2)] for q in (0, 1)])
mu, budget, wanted, seeds = slopes.mean(), 2400, 1 / 400, range(16)


def expected(q):
    """E(θ_k − best)² for all k: a task's slope is short + (ξ/q)(slope − short)."""
    s = np.r_[shorts, shorts + (slopes - shorts) / (q or 1)]
    chance, pull = np.repeat([1 - q, q], 2) / 2, s * np.tile(best - tasks.c, 2)
    mean, second, path = 1.0, 1.0, [1.0]
    for k in range(int(budget / (c0 + c1 * q))):
        h = 1 / (mu * (k + 3))
        second = chance @ ((1 - h * s) ** 2 * second - 2 * h * (1 - h * s) * pull * mean + (h * pull) ** 2)
        mean = chance @ ((1 - h * s) * mean - h * pull)
        path.append(second)
    return np.array(path)


def descend(q, seed):
    """Squared distances after so many gradients and products as `grid` says."""
    rng, theta, costs, distances = np.random.default_rng(seed), best + 1, [0], [1.0]
    while costs[-1] < budget:
        found = draw(rng.integers(2), theta, q, rng)
        theta -= found.hypergradient[0] / (mu * (len(costs) + 2))
        costs.append(costs[-1] + found.costs.gradients + found.costs.matvecs)
        distances.append((theta - best) ** 2)
    return np.array(distances)[np.searchsorted(costs, grid, "right") - 1]


grid, contestants = np.arange(400, budget + 1, 400), {"FOM": 0, "q = 0.1": 0.1, "q = q*": star, "q = 1": 1}
measured = {name: np.array([descend(q, seed) for seed in seeds]) for name, q in contestants.items()}
states = [pu.hypergradient.Probability(c0, c1) for seed in seeds]
measured["adaptive q"] = np.array([descend(state, seed) for state, seed in zip(states, seeds, strict=True)])
learned = np.array([state.q for state in states])

curve = np.unique(np.r_[np.linspace(0.1, 1, 46), qs])
cost = {q: int(np.argmax(expected(q) < wanted)) * (c0 + c1 * q) for q in curve}
print("expected cost to 1/400:", ", ".join(f"{cost[q]:.0f} for q = {q:.3f}" for q in (0.1, star, 1.0)))
for name, values in measured.items():
    print(f"{name:10} mean squared distance after {budget}: {values[:, -1].mean():.5f}")
print(f"adaptive q ends at {learned.mean():.3f} ± {learned.std():.3f}")

# %%
# The second moment and the expected cost to 1/400, by q:

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
left.plot(curve, V2 + (1 / curve - 1) * D2, color="C0", label="V² + (1/q − 1) D²")
left.plot(qs, seconds, "o", color="C0", label="1000 draws each")
left.set(xlabel="probability q of the exact branch", ylabel="second moment of UFOM", ylim=(0, 0.1))
left.legend()
right.plot(curve, [cost[q] for q in curve], color="C1")
right.plot([0.1, star, 1], [cost[0.1], cost[star], cost[1.0]], "s", color="C1", label="q = 0.1, q*, 1")
right.set(xlabel="probability q of the exact branch", ylabel="expected cost to 1/400", ylim=(0, 2500))
right.legend()
plt.show()

# %%
# What was found
# --------------

figure, axes = plt.subplots()
for j, (name, values) in enumerate(measured.items()):
    bars, colour = values.std(0, ddof=1) / np.sqrt(len(seeds)), ("C3", "C0", "C1", "C2", "k")[j]
    axes.errorbar(grid + 12 * (j - 2), values.mean(0), bars, fmt="o", color=colour, markersize=4, label=name)
    if name in contestants:
        path = expected(contestants[name])
        axes.plot((c0 + c1 * contestants[name]) * np.arange(len(path)), path, color=colour)
axes.axhline((wrong - best) ** 2, color="C3", linestyle=":", label="where FOM rests")
axes.axhline(wanted, color="grey", linestyle="--", label="1/400")
axes.set(xlabel="gradients and Hessian products", ylabel="mean of (θ − best)²", yscale="log")
axes.legend(ncol=2)
plt.show()

# %%
# *FOM fails.* Its bias is what the residual polynomial says, to all twelve digits printed. It rests 0.066 away from the
# best start, at a squared distance of 0.0044, and more steps do not help: the accuracy wanted, 0.0025, is out of its
# reach.
#
# *UFOM succeeds for every q*: its mean is the exact gradient. The draws follow the formula of the second moment and the
# runs follow the recursion. It keeps 9 vectors for 5 inner steps and for 500, where unrolling keeps 505.
#
# *The q between wins.* A small q makes cheap steps that are noisy, q = 1 expensive ones. The best q for the asymptotic
# cost is q* = 0.363; down to 1/400 it costs 1556 in expectation, against 2262 for q = 0.1 and 2160 for q = 1. Learning
# q on the way costs nothing that can be seen: it ends at 0.34 on average.
