"""The working precision: changed in one place, for a block, and never for anyone else."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from pathlib import Path

import flint
import mpmath
import pytest
from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision, midpoint, relative_bits, to_double
from polyunroll.arithmetic.exact import exact, sqrt
from polyunroll.arithmetic.systems import MPSystem
from polyunroll.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "polyunroll"


@pytest.fixture(autouse=True)
def untouched():
    """Every test here leaves the global precisions as it found them."""
    before = flint.ctx.prec, mpmath.mp.prec, mpmath.mp.dps, mpmath.iv.prec
    yield
    assert (flint.ctx.prec, mpmath.mp.prec, mpmath.mp.dps, mpmath.iv.prec) == before


def bits_of_a_third():
    return relative_bits(arb(1) / 3)


# -- blocks --------------------------------------------------------------------------------------
def test_a_block_has_its_precision_and_gives_it_back():
    before = flint.ctx.prec
    with ball_precision(1000):
        assert flint.ctx.prec == 1000
        assert 995 < bits_of_a_third() < 1005
    assert flint.ctx.prec == before
    assert before - 5 < bits_of_a_third() < before + 5


def test_nested_blocks():
    with ball_precision(100):
        with ball_precision(300):
            with ball_precision(20):
                assert flint.ctx.prec == 20
            assert flint.ctx.prec == 300
        assert flint.ctx.prec == 100


def test_an_exception_gives_the_precision_back():
    before = flint.ctx.prec
    with pytest.raises(RuntimeError, match="inside"), ball_precision(100), ball_precision(200):
        raise RuntimeError("inside")
    assert flint.ctx.prec == before
    with ball_precision(64):  # the lock is free again
        pass


def test_a_precision_changed_before_is_what_comes_back():
    before = flint.ctx.prec
    flint.ctx.prec = 77
    try:
        with ball_precision(100):
            pass
        assert flint.ctx.prec == 77
    finally:
        flint.ctx.prec = before


@pytest.mark.parametrize("bits", [1, 0, -5, 4_000_001])
def test_precisions_out_of_range_are_refused(bits):
    with pytest.raises(InvalidInput, match="bits is not allowed"), ball_precision(bits):
        pass


# -- threads -------------------------------------------------------------------------------------
def test_threads_see_their_own_precision():
    precisions = [60, 200, 500, 1100, 3000, 90]
    start = threading.Barrier(len(precisions))
    wrong, finished = [], []

    def work(bits):
        start.wait()
        for _ in range(100):
            with ball_precision(bits):
                value = arb(2).sqrt()
                for _ in range(10):
                    value = (value + 2 / value) / 2
                    if flint.ctx.prec != bits:
                        wrong.append((bits, flint.ctx.prec))
                if not bits - 30 < relative_bits(value) <= bits + 10:
                    wrong.append((bits, relative_bits(value)))
        finished.append(bits)

    before = flint.ctx.prec
    threads = [threading.Thread(target=work, args=(bits,)) for bits in precisions]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert sorted(finished) == sorted(precisions)
    assert flint.ctx.prec == before


def test_a_thread_that_fails_frees_the_lock():
    def work():
        try:
            with ball_precision(500):
                raise ValueError("in a thread")
        except ValueError:
            pass

    before = flint.ctx.prec
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    with ball_precision(100):
        assert flint.ctx.prec == 100
    assert flint.ctx.prec == before


# -- mpmath --------------------------------------------------------------------------------------
def test_mpmath_contexts_are_private():
    before = mpmath.mp.dps
    coarse, fine = MPSystem(10), MPSystem(500)
    third = fine.convert(fmpq(1, 3))
    root = fine.convert(sqrt(fmpq(2)))
    assert mpmath.mp.dps == before
    assert len(str(third)) > 490
    assert len(str(coarse.convert(fmpq(1, 3)))) < 15
    assert abs(root**2 - 2) < fine.convert(exact("1e-498"))
    assert mpmath.mp.dps == before


def test_the_global_precision_of_mpmath_does_not_reach_a_system():
    system = MPSystem(50)
    with mpmath.mp.workdps(5):
        inside = system.convert(fmpq(1, 3))
    assert inside == system.convert(fmpq(1, 3))
    assert len(str(inside)) > 45


# -- all of the package --------------------------------------------------------------------------
IMPORT_ALL = """
import sys, warnings
warnings.simplefilter("ignore")
import flint, mpmath
from importlib import import_module
from pkgutil import walk_packages
before = flint.ctx.prec, mpmath.mp.prec, mpmath.iv.prec
import polyunroll
count = 0
for module in walk_packages(polyunroll.__path__, "polyunroll."):
    if module.name.endswith("__main__"):
        continue
    try:
        import_module(module.name)
        count += 1
    except ModuleNotFoundError as missing:  # an extra that is not installed
        if missing.name.split(".")[0] == "polyunroll":
            raise
after = flint.ctx.prec, mpmath.mp.prec, mpmath.iv.prec
assert after == before == (53, 53, 53), (before, after)
print(count)
"""


def test_importing_all_modules_changes_no_precision():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


SETTERS = {"workprec", "workdps", "extraprec", "extradps"}


def settings_of_precision(source):
    """Lines that set a working precision: ctx.prec = …, mp.dps += …, setattr(mp, "dps", …), mp.workdps(…)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in {"prec", "dps"}:
            found.append(node.lineno)
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
            if name in SETTERS or (name in {"setattr", "__setattr__"} and texts & {"prec", "dps"}):
                found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "flint.ctx.prec = 5",
        "ctx.prec += 10",
        "mpmath.mp.dps = 50",
        "mp.prec, x = 1, 2",
        "for mp.dps in range(5): pass",
        "setattr(mp, 'dps', 5)",
        "with mp.workdps(5): pass",
        "@mp.workprec(5)\ndef f(): pass",
    ],
)
def test_the_search_finds_what_it_looks_for(line):
    assert settings_of_precision(line)


def test_only_arithmetic_sets_a_precision():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(PACKAGE / "arithmetic")
        for line in settings_of_precision(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_arithmetic_sets_it_in_two_places_only():
    found = {
        path.name
        for path in (PACKAGE / "arithmetic").glob("*.py")
        if settings_of_precision(path.read_text(encoding="utf-8"))
    }
    assert found == {"balls.py", "systems.py"}


# -- balls and doubles ---------------------------------------------------------------------------
@pytest.mark.parametrize("bits", [53, 128, 1000])
def test_midpoints_are_exact(bits):
    with ball_precision(bits):
        value = arb(2).sqrt()
        middle = midpoint(value)
        assert value.contains(arb(middle))
        assert abs(middle * middle - 2) < fmpq(1, 2 ** (bits - 5))


def test_doubles_of_balls_are_nearest():
    with ball_precision(200):
        assert to_double(arb(2).sqrt()) == 2**0.5
        assert to_double(ball(exact("1e-320"))) == 1e-320
        assert to_double(arb(0)) == 0.0
        assert to_double(arb(-3)) == -3.0


def test_balls_far_beyond_doubles_cost_nothing():
    with ball_precision(64):
        assert to_double(arb(2) ** -(10**12)) == 0.0
        assert to_double(ball(exact("1e-400"))) == 0.0
        with pytest.raises(OverflowError):
            to_double(arb(2) ** 10**12)
