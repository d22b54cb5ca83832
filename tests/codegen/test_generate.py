"""`generate`, what it refuses, and what its files say; and that they run where polyunroll cannot be imported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from codegen.conforming import TARGETS, Problem, apart, every_method, every_target, method, require
from flint import fmpq

import polyunroll as pu
from polyunroll.cli import main
from polyunroll.codegen.facts import facts_of
from polyunroll.codegen.generate import DERIVATIVES, Source, generate, targets
from polyunroll.errors import HorizonError, InvalidInput, PolyunrollError
from polyunroll.methods.base import Method
from polyunroll.program import Program, Register, State

S = pu.Spectrum("1/100", 1)


# -- what is refused -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "target", ["fortran", "", "Numpy", "templates", "../numpy", "numpy; import os", None, 3, ["c"]]
)
def test_another_target(target):
    with pytest.raises(InvalidInput, match="give one of array-api, c, jax, numba, numpy, torch"):
        generate(pu.Chebyshev(S), 3, target)


@pytest.mark.parametrize("derivative", ["", "JVP", "jvp;", True, 1])
def test_another_derivative(derivative):
    with pytest.raises(InvalidInput, match="give None, 'jvp' or 'vjp'"):
        generate(pu.Chebyshev(S), 3, "numpy", derivative)


@pytest.mark.parametrize("steps", [0, -3, 2.5, "4", True, 10**6 + 1, 10**30])
def test_steps_that_are_not_allowed(steps):
    with pytest.raises(InvalidInput, match="steps = "):
        generate(pu.Chebyshev(S), steps)


def test_other_bad_input():
    with pytest.raises(InvalidInput, match="steps = None"):
        generate(pu.Chebyshev(S))
    with pytest.raises(InvalidInput, match="give a method"):
        generate("chebyshev", 3)
    with pytest.raises(InvalidInput, match="symbolic"):
        generate(pu.GradientDescent(S, step=sympy.Symbol("h")), 3)
    with pytest.raises(HorizonError):
        generate(pu.GradientDescent(S, ["1", "1/2"]), 3)
    assert generate(pu.GradientDescent(S, ["1", "1/2"])).steps == 2
    with pytest.raises(InvalidInput, match="too large for a double"):
        generate(pu.GradientDescent(pu.Spectrum("1e-400", "1e-390")), 1)


def test_writing(tmp_path):
    source = generate(pu.Chebyshev(S), 3)
    path = tmp_path / "solver.py"
    assert source.write(path) == path
    assert path.read_text() == str(source)
    with pytest.raises(InvalidInput, match=r"exists; give force=True"):
        source.write(path)
    other = generate(pu.Nesterov(S), 3)
    assert other.write(path, force=True).read_text() == str(other)
    for bad, message in (
        (tmp_path / "no" / "x.py", "does not exist"),
        (tmp_path, "is a folder"),
        ("a\0b", "not the name"),
        (None, "not the name"),
        ("", "not the name"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(InvalidInput, match=message):
            source.write(bad)
    with pytest.raises(InvalidInput, match="is a folder"):
        source.write(tmp_path, force=True)
    assert isinstance(source, Source)
    assert repr(source).startswith("Source(target='numpy', steps=3, derivative=None, ")


# -- the command ---------------------------------------------------------------------------------
def call(*arguments):
    return CliRunner().invoke(main, ["generate", *arguments])


def test_the_command(tmp_path):
    given = ["chebyshev", "--spectrum", "1/100,1", "--steps", "5"]
    assert call(*given).output == str(generate(pu.Chebyshev(S), 5))
    path = tmp_path / "solver.c"
    done = call(*given, "--target", "c", "--derivative", "vjp", "-o", str(path))
    assert done.exit_code == 0
    assert done.output == f"{path}: 5 steps of Chebyshev for c\n"
    assert path.read_text() == str(generate(pu.Chebyshev(S), 5, "c", "vjp"))
    assert call(*given, "-o", str(path)).exit_code == 2
    assert call(*given, "-o", str(path), "--force").exit_code == 0
    assert path.read_text() == str(generate(pu.Chebyshev(S), 5))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--steps", "0"],
        ["--steps", "-1"],
        [],
        ["--steps", "3", "--target", "fortran"],
        ["--steps", "3", "--derivative", "hessian"],
        ["--steps", "3", "-o", "/nonexistent/solver.py"],
        ["--steps", "3", "-o", "."],
        ["--steps", "3", "-o", ""],
        ["--steps", "3", "-o", "x" * 300],
        ["--steps", "3000000"],
    ],
)
def test_the_command_refuses(arguments):
    done = call("chebyshev", "--spectrum", "1/100,1", *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("polyunroll: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the system lets the superuser write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    assert call("gd", "--spectrum", "1/100,1", "--steps", "2", "-o", str(tmp_path / "x.py")).exit_code == 2


# -- what the file says --------------------------------------------------------------------------
def test_every_process_writes_the_same():
    code = (
        "import polyunroll as pu; S = pu.Spectrum('1/100', 1)\n"
        "for t in ('numpy', 'c'): print(pu.generate(pu.Sobolev(S), 7, t, 'vjp'), end='')"
    )
    texts = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout
        for env in ({"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)} for seed in ("1", "2"))
    }
    assert texts == {str(generate(pu.Sobolev(S), 7, "numpy", "vjp")) + str(generate(pu.Sobolev(S), 7, "c", "vjp"))}


@every_method
def test_the_stated_bounds_are_upper_ends_of_proved_ones(name):
    m, steps = method(name, 30), 30
    text = "\n".join(facts_of(m, steps, "numpy", None).bounds)
    number = r"([0-9.]+(?:e[+-][0-9]+)?)"
    x = re.search(rf"\|x_30 - x\*\| <= {number} ", text)[1]
    A, B = re.search(rf"<= {number} \|dx_0 - dx\*\| \+ {number} \|dH\|", text).groups()
    E, D = re.search(rf"<= {number} \|dx_0 - dx\*\| \+ {number} \|d\(grad", text).groups()
    assert x == A
    assert B == D
    for stated, R, G, split in ((A, 1, 0, "partial"), (B, 0, 1, "partial"), (E, 1, 0, "total")):
        proved = pu.worst_case(m, steps, R=R, G=G, split=split)
        assert proved.upper <= Fraction(stated) <= proved.upper * Fraction(1002, 1000)


def test_where_no_bound_can_be_proved_it_says_so(monkeypatch):
    def refuse(*args, **how):
        raise PolyunrollError('"""; import os\n# */ \\ é')

    monkeypatch.setattr("polyunroll.codegen.facts.worst_case", refuse)
    text = str(generate(pu.Chebyshev(S), 3))
    assert "No worst case at step 3 is proved here: '''; import os # * / / ?" in text
    compile(text, "solver.py", "exec")


def test_the_file_says_how_to_write_it_again():
    for m in (pu.Chebyshev(S), pu.HeavyBall(pu.Spectrum("1/3", 2)), pu.GradientDescent(S, ["1/2", "3/2"])):
        source = generate(m, 2, "c", "jvp")
        lines = [line.removeprefix(" * ") for line in str(source).splitlines()]
        first = lines.index("To write it again:") + 1
        code = "\n".join(line[4:] for line in lines[first : lines.index("*/") if "*/" in lines else lines.index(" */")])
        names: dict = {}
        exec(code.replace("pu.generate", "found = pu.generate"), names)  # noqa: S102
        assert names["found"] == source


def test_exact_parameters_and_long_ones():
    heavy = "\n".join(facts_of(pu.GradientDescent(S, step="2/(L+ell)"), 3, "numpy", None).lines)
    assert "h = 200/101" in heavy
    long = pu.GradientDescent(S, [fmpq(3**n, 2 ** (2 * n)) for n in range(1, 400)])
    lines = facts_of(long, 5, "numpy", None).lines
    assert max(map(len, lines)) < 100
    assert any("SHA-256" in line for line in lines)
    huge = pu.GradientDescent(S, [fmpq(1, 10**9000 + k) for k in range(3)])
    assert max(map(len, facts_of(huge, 3, "numpy", None).lines)) < 110


# -- nothing a user passes becomes code ----------------------------------------------------------
EVIL = 'x"""; import os; os.abort()  # */ \\'


class Evil(Method):
    """A method whose names are all but harmless."""

    name = "custom"

    def __init__(self, state, register):
        program = Program(
            ("ell", "L"),
            (),
            (Register.of(register, "1/(1+t)"),) if register.isidentifier() else (),
            (State.of(state), State.of("other")),
            ((state, State.of("", "1").weight),),
            Program.of(
                parameters=("ell", "L"),
                constants={},
                states=(State.of(state), State.of("other")),
                query={state: "1"},
                assignments={
                    "new": {state: "1", "gradient": "-1/2", "other": "1/2"},
                    "other": {state: "1", "other": "-1/3"},
                    state: {"new": "1"},
                },
                output=state,
            ).assignments,
            state,
        )
        self._define(S, program, EVIL)


@pytest.mark.parametrize("target", ["numpy", "c", "array-api"])
@pytest.mark.parametrize("name", [EVIL, "import os", "H", "lambda", "np", "for", "é", "", "dsymv", "__import__('os')"])
def test_names_of_states_never_become_code(name, target):
    m = Evil(name, "r")
    for derivative in (None, "jvp", "vjp"):
        text = str(generate(m, 4, target, derivative))
        assert "os.abort" not in text
        assert "__import__" not in text
    problem = Problem(n=4)
    chosen = next(t for t in TARGETS if t.name == target)
    require(chosen)
    given = problem.given(chosen)
    found = generate(m, 4, target).load().solve(given.H, given.b, given.x0)
    assert apart(found, pu.run(m, problem.H, problem.b, problem.x0, 4, check=False).x) < 1e-13


def test_a_class_of_ones_own_is_not_named_as_if_it_were_a_family():
    # method_from_data knows families only
    text = str(generate(Evil("x_t", "r"), 4))
    assert "method_from_data" not in text
    assert "To write it again, with m the method with the parameters above:" in text


def test_a_step_with_a_comment_in_it_leaves_no_trace():
    text = str(generate(pu.GradientDescent(S, 'L/2 # """; import os'), 2))
    assert "import os" not in text
    assert "h = 1/2" in text


def test_facts_with_a_quotation_mark_are_refused(monkeypatch):
    m = pu.Chebyshev(S)
    monkeypatch.setattr(type(m), "name", '"""')
    with pytest.raises(AssertionError, match="may not stand"):
        generate(m, 2)


# -- the file alone ------------------------------------------------------------------------------
ALONE = """
import sys
sys.modules["polyunroll"] = None
import importlib.util
import numpy as np
try:
    import polyunroll
except ImportError:
    pass
else:
    raise SystemExit("polyunroll can be imported")
given = np.load(sys.argv[2])
spec = importlib.util.spec_from_file_location("solver", sys.argv[1])
solver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(solver)
{prepare}
names = "H", "b", "x0", "U", "W", "db", "dx0", "u"
H, b, x0, U, W, db, dx0, u = (convert(given[name]) for name in names)
x = solver.solve(H, b, x0)
if hasattr(solver, "jvp"):
    found = solver.jvp(H, b, x0, (U, W), db, dx0)
else:
    found = solver.vjp(H, b, x0, u, (U, W))
np.savez(sys.argv[3], x, *map(np.asarray, found))
assert not any(name.startswith("polyunroll") and module for name, module in sys.modules.items())
"""
PREPARE = {
    "array-api": "import array_api_strict; convert = array_api_strict.asarray",
    "jax": "import jax; jax.config.update('jax_enable_x64', True); convert = jax.numpy.asarray",
    "torch": "import torch; convert = torch.from_numpy",
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@every_target
def test_in_a_process_where_polyunroll_cannot_be_imported(target, derivative, tmp_path):
    require(target)
    m, problem = pu.Sobolev(pu.Spectrum("1/10", 1)), Problem()
    if target.name == "c":
        check_c_alone(m, problem, tmp_path)
        return
    path = generate(m, 10, target.name, derivative).write(tmp_path / "solver.py")
    arrays = {name: getattr(problem, name) for name in ("H", "b", "x0", "U", "W", "db", "dx0", "u")}
    np.savez(tmp_path / "given.npz", **arrays)
    code = ALONE.format(prepare=PREPARE.get(target.name, "convert = np.asarray"))
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "given.npz"), str(tmp_path / "found.npz")],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = list(np.load(tmp_path / "found.npz").values())
    expected = problem.run(m, 10)
    assert apart(found[0], expected.x) < 1e-13
    assert apart(found[1], expected.x) < 1e-13
    if derivative == "jvp":
        assert apart(found[2], expected.dx) < 1e-13
    else:
        backward = found[2] + problem.db.T @ found[3] + problem.dx0.T @ found[4]
        assert apart(backward, expected.dx.T @ problem.u) < 1e-13


MAIN = """
#include <stdio.h>
int solve(size_t n, const double *H, const double *b, const double *x0, double tolerance, double *x);
int main(void)
{
    double H[] = {0.5, 0.1, 0.1, 0.7}, b[] = {1.0, -2.0}, x[2], bad[] = {1.0, 0.0 / 0.0};
    if (solve(2, H, b, NULL, 0.0, x) != 0 || solve(2, H, bad, NULL, 0.0, bad) != 2 || solve(0, H, b, NULL, 0.0, x) != 3)
        return 1;
    printf("%.17g %.17g", x[0], x[1]);
    return 0;
}
"""


def check_c_alone(m, problem, folder):
    """A C program with the emitted file, every warning an error."""
    path = generate(m, 10, "c", "vjp").write(folder / "solver.c")
    (folder / "main.c").write_text(MAIN.replace("#include <stdio.h>", "#include <stdio.h>\n#include <stddef.h>"))
    warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror"]
    compiler = shutil.which("cc")
    build = [compiler, "-std=c99", "-O2", *warnings, str(path), str(folder / "main.c"), "-lm", "-o", str(folder / "a")]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([str(folder / "a")], capture_output=True, text=True, check=True)
    H, b = np.array([[0.5, 0.1], [0.1, 0.7]]), np.array([1.0, -2.0])
    assert apart([float(word) for word in done.stdout.split()], pu.run(m, H, b, None, 10).x) < 1e-13


@every_target
def test_what_is_not_there_is_said_in_a_sentence(target, monkeypatch, tmp_path):
    source = generate(pu.Chebyshev(S), 2, target.name)
    if target.name == "c":
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(InvalidInput, match="needs a C compiler"):
            source.load()
    elif target.name != "array-api":
        monkeypatch.setitem(sys.modules, target.name, None)
        with pytest.raises(InvalidInput, match="which is not installed here"):
            source.load()


def test_all_targets_are_found():
    assert targets() == ("array-api", "c", "jax", "numba", "numpy", "torch")
