"""The PyTorch optimisers: the method's iterates, states that resume, and rest after the last step."""

from __future__ import annotations

import importlib
import io
import pickle
import sys

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput

S = pu.Spectrum("1/20", 2)


def test_without_torch_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "polyunroll.schedules.torch", raising=False)
    with pytest.raises(ImportError, match=r'needs PyTorch; install it with pip install "polyunroll\[torch\]"'):
        importlib.import_module("polyunroll.schedules.torch")


class TestWithTorch:
    @pytest.fixture(autouse=True)
    def libraries(self):
        self.torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        from polyunroll.schedules import torch as adapters

        self.adapters = adapters
        rng = np.random.default_rng(0)
        basis, _ = np.linalg.qr(rng.normal(size=(7, 7)))
        H = basis * np.linspace(0.05, 2, 7) @ basis.T
        self.H, self.b, self.x0 = (H + H.T) / 2, rng.normal(size=7), rng.normal(size=7)

    def start(self):
        x = self.torch.tensor(self.x0, requires_grad=True)
        return x, self.torch.zeros(2, requires_grad=True)  # the second never gets a gradient

    def descend(self, x, optimizer, scheduler=None, steps=1):
        for _ in range(steps):
            x.grad = self.torch.tensor(self.H) @ x.detach() + self.torch.tensor(self.b)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()

    def expected(self, method, steps):
        return pu.run(method, self.H, self.b, self.x0, steps, check=False).x

    @pytest.mark.parametrize("form", ["program", "momentum", "richardson", "chebyshev-series"])
    @pytest.mark.parametrize(
        "method",
        [
            pu.Chebyshev(S),
            pu.Sobolev(S),
            pu.Nesterov(S),
            pu.HeavyBall(S),
            pu.FixedPolynomial(S, [1, -2, "3/2", "-1/3"]),
        ],
        ids=lambda m: m.name,
    )
    def test_the_end_is_the_methods(self, method, form):
        steps = method.horizon or 10
        try:
            made = pu.schedule(method, steps, form)
        except InvalidInput:
            pytest.skip("no momentum form: that is another test's")
        x, idle = self.start()
        optimizer = self.adapters.ProgramOptimizer([x, idle], made)
        for t in range(steps):
            if form in ("program", "momentum"):
                assert optimizer.solution()[0].numpy() == pytest.approx(self.expected(method, t), abs=1e-12)
            self.descend(x, optimizer)
        expected = self.expected(method, steps)
        assert x.detach().numpy() == pytest.approx(expected, abs=1e-12)
        self.descend(x, optimizer, steps=3)
        assert x.detach().numpy() == pytest.approx(expected, abs=1e-12)
        assert idle.tolist() == [0, 0]
        if form in ("momentum", "richardson"):
            x, idle = self.start()
            optimizer, scheduler = self.adapters.optimizer_and_scheduler([{"params": [x]}, {"params": [idle]}], made)
            self.descend(x, optimizer, scheduler, steps + 3)
            assert x.detach().numpy() == pytest.approx(expected, abs=1e-12)
            assert [group["lr"] for group in optimizer.param_groups] == [0, 0]

    @pytest.mark.parametrize("cut", [0, 1, 4, 9, 12])
    @pytest.mark.parametrize("how", ["pickle", "state_dict", "file"])
    def test_a_run_resumes(self, cut, how):
        made = pu.schedule(pu.Chebyshev(S), 10, "momentum")
        x, _ = self.start()
        optimizer, scheduler = self.adapters.optimizer_and_scheduler([x], made)
        self.descend(x, optimizer, scheduler, cut)
        if how == "pickle":
            x, optimizer, scheduler = pickle.loads(pickle.dumps((x, optimizer, scheduler)))
        else:
            states = optimizer.state_dict(), scheduler.state_dict()
            if how == "file":
                file = io.BytesIO()
                self.torch.save(states, file)
                file.seek(0)
                states = self.torch.load(file, weights_only=True)
            x = x.detach().clone().requires_grad_()
            optimizer, scheduler = self.adapters.optimizer_and_scheduler([x], made)
            optimizer.load_state_dict(states[0])
            scheduler.load_state_dict(states[1])
            assert scheduler.get_last_lr() == [made.step_sizes[cut] if cut < 10 else 0]
        self.descend(x, optimizer, scheduler, 12 - cut)
        whole, _ = self.start()
        self.descend(whole, *self.adapters.optimizer_and_scheduler([whole], made), 12)
        assert x.tolist() == whole.tolist()

    @pytest.mark.parametrize("cut", [0, 1, 4, 10, 12])
    @pytest.mark.parametrize("how", ["pickle", "state_dict", "file"])
    def test_a_program_resumes(self, cut, how):
        made = pu.schedule(pu.Sobolev(S), 10)
        x, _ = self.start()
        optimizer = self.adapters.ProgramOptimizer([x], made)
        self.descend(x, optimizer, steps=cut)
        if how == "pickle":
            x, optimizer = pickle.loads(pickle.dumps((x, optimizer)))
        else:
            state = optimizer.state_dict()
            if how == "file":
                file = io.BytesIO()
                self.torch.save(state, file)
                file.seek(0)
                state = self.torch.load(file, weights_only=True)
            x = x.detach().clone().requires_grad_()
            optimizer = self.adapters.ProgramOptimizer([x], made)
            optimizer.load_state_dict(state)
        self.descend(x, optimizer, steps=12 - cut)
        whole, _ = self.start()
        self.descend(whole, self.adapters.ProgramOptimizer([whole], made), steps=12)
        assert x.tolist() == whole.tolist()

    def test_decays_make_sgd_the_method(self):
        made = pu.schedule(pu.Chebyshev(S), 10, "momentum")
        x, _ = self.start()
        optimizer = self.torch.optim.SGD([x], lr=1.0, momentum=0.9)
        for h, d in zip(made.step_sizes, made.decays, strict=True):
            optimizer.param_groups[0].update(lr=h, momentum=d or 0.9)  # at t = 1 SGD would keep no velocity
            self.descend(x, optimizer)
        assert x.detach().numpy() == pytest.approx(self.expected(pu.Chebyshev(S), 10), abs=1e-12)

    def test_a_closure_is_called(self):
        x, _ = self.start()
        for optimizer in (
            self.adapters.optimizer_and_scheduler([x], pu.schedule(pu.Chebyshev(S), 3, "momentum"))[0],
            self.adapters.ProgramOptimizer([x], pu.schedule(pu.Chebyshev(S), 3)),
        ):

            def closure():
                x.grad = None
                loss = (x**2).sum()
                loss.backward()
                return loss

            before = float((x**2).sum().detach())
            assert optimizer.step(closure).item() == before

    def test_what_is_refused(self):
        x, _ = self.start()
        made = pu.schedule(pu.Chebyshev(S), 3, "momentum")
        _, scheduler = self.adapters.optimizer_and_scheduler([x], made)
        with pytest.raises(InvalidInput, match="has no step sizes"):
            self.adapters.optimizer_and_scheduler([x], pu.schedule(pu.Sobolev(S), 3))
        with pytest.raises(InvalidInput, match="has no steps"):
            self.adapters.optimizer_and_scheduler([x], pu.schedule(pu.FixedPolynomial(S, [1, 0]), form="richardson"))
        with pytest.raises(InvalidInput, match="optimizer is a SGD; give a MomentumOptimizer"):
            self.adapters.MomentumScheduler(self.torch.optim.SGD([x], lr=1.0), made)
        with pytest.raises(InvalidInput, match="schedule is a str"):
            self.adapters.ProgramOptimizer([x], "chebyshev")
        other = self.adapters.optimizer_and_scheduler([x], pu.schedule(pu.Chebyshev(S), 4, "momentum"))[1]
        with pytest.raises(InvalidInput, match="the state belongs to the schedule"):
            scheduler.load_state_dict(other.state_dict())
        programs = [self.adapters.ProgramOptimizer([x], pu.schedule(pu.Chebyshev(S), t)) for t in (3, 4)]
        with pytest.raises(InvalidInput, match="the state belongs to the schedule"):
            programs[0].load_state_dict(programs[1].state_dict())
