"""The command line: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import types
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import polyunroll as pu
from polyunroll.cli import main
from polyunroll.errors import PolyunrollError
from polyunroll.methods import families
from polyunroll.schedules.read import read_schedule

ROOT = Path(__file__).resolve().parent.parent
S = pu.Spectrum("1/100", 1)


def call(*args):
    """Run a command in this process; what is not said on purpose is raised."""
    result = CliRunner().invoke(main, list(args))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*args, code=None, **options):
    """Run a command in a process of its own."""
    command = [sys.executable, *(["-c", code] if code else ["-m", "polyunroll.cli"]), *args]
    env = os.environ | {"PYTHONIOENCODING": "utf-8"} | options.pop("env", {})
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False, **options
    )


def assert_refused(result, *words):
    assert (result.returncode if isinstance(result, subprocess.CompletedProcess) else result.exit_code) == 2
    assert result.stdout == ""
    sentence = result.stderr
    assert sentence.startswith("polyunroll: ")
    assert sentence.count("\n") == 1, "one line"
    assert sentence.endswith("\n")
    assert "Traceback" not in sentence
    for word in words:
        assert word in sentence


GD = ("gd", "--spectrum", "1/100,1")
SOBOLEV = ("sobolev", "--spectrum", "1/100,1", "-t", "3")
STEP = ("derive", "gd", "--spectrum", "1,2", "-t", "3", "--step")
BOUND = ("bound", *GD, "-t", "3")

BAD_INPUTS = [
    # the spectrum
    (("derive", "gd", "-t", "3", "--spectrum", "0,1"), ["ell = 0", "> 0"]),
    (("derive", "gd", "-t", "3", "--spectrum", "-1/2,1"), ["ell = -1/2", "> 0"]),
    (("derive", "gd", "-t", "3", "--spectrum", "2,1"), ["ell = 2 is larger than L = 1"]),
    (("derive", "gd", "-t", "3", "--spectrum", "nan,1"), ["ell = 'nan' is not a number"]),
    (("derive", "gd", "-t", "3", "--spectrum", "1,nan"), ["L = 'nan' is not a number"]),
    (("derive", "gd", "-t", "3", "--spectrum", "1,inf"), ["L = 'inf' is not a number"]),
    (("derive", "gd", "-t", "3", "--spectrum", "junk,1"), ["ell = 'junk' is not a number"]),
    (("derive", "gd", "-t", "3", "--spectrum", "1/0,1"), ["'1/0' divides by zero"]),
    (("derive", "gd", "-t", "3", "--spectrum", "1"), ["'1' is not a spectrum", "two numbers", "1/100,1"]),
    (("derive", "gd", "-t", "3", "--spectrum", "1,2,3"), ["'1,2,3' is not a spectrum"]),
    (("derive", "gd", "-t", "3", "--spectrum", ""), ["'' is not a spectrum"]),
    (("derive", "sobolev", "-t", "3", "--spectrum", "1,1"), ["one point", "ell < L"]),
    # parameters of methods
    (("derive", *SOBOLEV, "--eta", "-1"), ["eta = -1", ">= 0"]),
    (("derive", *SOBOLEV, "--eta", "nan"), ["eta = 'nan'"]),
    (("derive", *SOBOLEV, "--measure", "gegenbauer:-1/2"), ["a = -1/2", "> -1/2"]),
    (("derive", *SOBOLEV, "--measure", "gegenbauer:-3"), ["a = -3"]),
    (("derive", *SOBOLEV, "--measure", "laguerre"), ["measure = 'laguerre' is not known", "legendre"]),
    (("derive", *SOBOLEV, "--measure", "gegenbauer"), ["measure = 'gegenbauer'"]),
    ((*STEP, "2/(L+h)"), ["names 'h'", "L, ell, kappa and sqrt"]),
    ((*STEP, "__import__('os')"), ["__import__", "allowed are"]),
    ((*STEP, "L.real"), ["'L.real'"]),
    ((*STEP, "sqrt(2)/(L+sqrt(3))"), ["√2 and √3 lie in different fields"]),
    ((*STEP, "sqrt(sqrt(2))"), ["outside ℚ(√2)"]),
    ((*STEP, "0"), ["step = 0", "> 0"]),
    ((*STEP, "1/(L-2*ell)"), ["divides by zero"]),
    ((*STEP, ""), ["'' is not an expression"]),
    (("derive", *GD, "-t", "3", "--step", "1/2,1/3"), ["t = 3 is beyond this method's 2 steps"]),
    # options a family does not take
    (("derive", *GD, "-t", "3", "--eta", "1"), ["gd takes no --eta", "takes --step"]),
    (("derive", *SOBOLEV, "--step", "1"), ["sobolev takes no --step", "--measure and --eta"]),
    (("derive", "chebyshev", "--spectrum", "1,2", "-t", "3", "--step", "1"), ["no options of its own"]),
    # steps
    (("derive", *GD, "-t", "-1"), ["t = '-1'", "a whole number >= 0"]),
    (("derive", *GD, "-t", "2.5"), ["t = '2.5'", "a whole number >= 0"]),
    (("derive", *GD, "-t", "1e3"), ["t = '1e3'"]),
    (("derive", *GD, "-t", "three"), ["t = 'three'"]),
    (("derive", *GD, "-t", "9" * 5000), ["is not allowed"]),
    (("schedule", *GD, "--steps", "0", "-o", "-"), ["steps = '0'", "a whole number >= 1"]),
    (("schedule", *GD, "-o", "-"), ["steps = None", "horizon", "--steps"]),
    # bounds
    ((*BOUND, "-R", "-1"), ["R = -1", ">= 0"]),
    ((*BOUND, "-G", "-1/2"), ["G = -1/2", ">= 0"]),
    ((*BOUND, "-R", "0", "-G", "0"), ["R = 0 and G = 0"]),
    ((*BOUND, "-R", "much"), ["R = 'much' is not a number"]),
    ((*BOUND, "-R", "nan"), ["R = 'nan' is not a number"]),
    ((*BOUND, "-G", "inf"), ["G = 'inf' is not a number"]),
    ((*BOUND, "-G", "1/0"), ["'1/0' divides by zero"]),
    ((*BOUND, "-R", ""), ["R = '' is not a number"]),
    ((*BOUND, "--digits", "0"), ["digits = '0'", "a whole number >= 1"]),
    ((*BOUND, "--digits", "-5"), ["digits = '-5'", "a whole number >= 1"]),
    ((*BOUND, "--digits", "1.5"), ["digits = '1.5'"]),
    ((*BOUND, "--digits", "many"), ["digits = 'many'"]),
    ((*BOUND, "--digits", "1001"), ["digits = 1001", "1 to 1000"]),
    ((*BOUND, "--points", "11"), ["--points", "polyunroll bound --help"]),
    ((*BOUND, "--criterion", "best"), ["'best'", "'exact', 'pointwise', 'separate'"]),
    ((*BOUND, "--split", "none"), ["'none'", "'total', 'partial'"]),
    ((*BOUND, "--estimator", "forward"), ["'forward'", "'unrolled', 'truncated', 'implicit'"]),
    ((*BOUND, "--plain-steps", "2"), ["plain_steps = 2", "truncated and implicit"]),
    ((*BOUND, "--estimator", "truncated", "--plain-steps", "-1"), ["plain-steps = '-1'", "a whole number >= 0"]),
    ((*BOUND, "--estimator", "implicit", "--plain-steps", "x"), ["plain-steps = 'x'"]),
    ((*BOUND, "--format", "xml"), ["'xml'", "'text', 'json', 'latex'"]),
    (("bound", *GD, "--step", "1/2,1/3", "-t", "3"), ["t = 3 is beyond this method's 2 steps"]),
    (("bound", "gd", "--spectrum", "1/3,1/3", "--step", "1/2", "-t", "999999999"), ["would take about", "give t <= "]),
    (("bound", "nesterov", "--spectrum", "1/3,1", "-t", "999999999"), ["t = 999999999"]),
    (("bound", "sobolev", "--spectrum", "1/3,1/3", "-t", "3"), ["one point"]),
    (("bound", "--check"), ["--check"]),
    (("bound", "--check", "no/such/file"), ["'no/such/file' cannot be read"]),
    (("bound", "--check", "/"), ["'/' cannot be read"]),
    (("bound", "--check", "pyproject.toml"), ["'pyproject.toml' is not JSON"]),
    (("bound", "--check", "/dev/null"), ["'/dev/null' is not JSON"]),
    # names
    (("derive", "newton", "--spectrum", "1,2", "-t", "3"), ["'newton' is not a method", "chebyshev, gd", "minimax"]),
    (("derive", *GD, "-t", "3", "--format", "xml"), ["'xml'", "'text', 'json', 'latex'"]),
    (("schedule", *GD, "--steps", "3", "-o", "-", "--form", "table"), ["form = 'table'", "'program'"]),
    (("solve",), ["'solve'", "--help"]),
    (("derive", *GD, "-t", "3", "--tee"), ["--tee", "polyunroll derive --help"]),
    (("derive",), ["METHOD"]),
    (("derive", "gd", "-t", "3"), ["--spectrum"]),
    (("derive", *GD), ["-t"]),
    (("--unknown",), ["--unknown"]),
    # files
    (("schedule", *GD, "--steps", "3", "-o", "no/such/folder/x"), ["no/such/folder does not exist"]),
    (("schedule", *GD, "--steps", "3", "-o", "/"), ["/ is a folder"]),
    (("demo", "--output-dir", "/dev/null"), ["/dev/null is not a folder"]),
]


@pytest.mark.parametrize(("args", "words"), BAD_INPUTS, ids=[" ".join(args)[:70] for args, _ in BAD_INPUTS])
def test_bad_input_is_refused_with_one_sentence(args, words, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(sys.modules, "polyunroll.demo", types.SimpleNamespace(run_demo=None))
    assert_refused(call(*args), *words)


@pytest.mark.parametrize(
    "args",
    [
        ("derive", "gd", "-t", "3", "--spectrum", "2,1"),
        ("derive", *GD, "-t", "x"),
        (*STEP, "sqrt(2)/(L+sqrt(3))"),
        ("derive", "--spectrum", "1,2", "-t", "3"),
    ],
)
def test_bad_input_is_refused_by_the_program_too(args):
    result = process(*args)
    assert_refused(result)


# -- derive --------------------------------------------------------------------------------------------------
def test_derive_as_text():
    printed = call("derive", "gd", "--spectrum", "1/100,1", "--step", "2/(L+ell)", "-t", "2").stdout
    assert printed == (
        "method            GD h=2/(L+ell)\n"
        "spectrum          [1/100, 1]\n"
        "condition number  L/ℓ = 100\n"
        "t                 2\n"
        "\n"
        "             P_2  E_2 = P_2 - λ P_2'   D_2 = P_2'\n"
        "---  -----------  ------------------  -----------\n"
        "λ^0            1                   1     -400/101\n"
        "λ^1     -400/101                   0  80000/10201\n"
        "λ^2  40000/10201        -40000/10201\n"
        "\n"
        "step 1: gradient at x\n"
        "  x := x - 200/101 gradient\n"
        "step 2: gradient at x\n"
        "  x := x - 200/101 gradient\n"
    )


def test_derive_as_json():
    result = call("derive", "chebyshev", "--spectrum", "1/100,1", "-t", "4", "--format", "json")
    data = json.loads(result.stdout)
    method = pu.Chebyshev(S)
    E, D = pu.jacobian_error(method, 4)
    for texts, polynomial in (
        (data["residual"], pu.residual(method, 4)),
        (data["jacobian_error"]["E"], E),
        (data["jacobian_error"]["D"], D),
    ):
        assert [Fraction(text) for text in texts] == [Fraction(c.p, c.q) for c in polynomial.all_coeffs()[::-1]]
    assert data["method"] == {"name": "chebyshev", "parameters": {"ell": "1/100", "L": "1"}}
    assert data["spectrum"]["condition_number"] == "100"
    assert data["t"] == 4
    assert len(data["recurrence"]["steps"]) == len(data["recurrence"]["query"]) == 4


def test_derive_as_latex():
    printed = call("derive", "gd", "--spectrum", "1/2,1", "-t", "2", "--format", "latex").stdout
    assert "P_{2}(\\lambda) &= 1 - 2 \\lambda + \\lambda^{2} \\\\" in printed
    assert "$" not in printed


@pytest.mark.parametrize("format", ["text", "json", "latex"])
@pytest.mark.parametrize("method", ["gd", "chebyshev", "heavy-ball", "nesterov", "sobolev"])
@pytest.mark.parametrize("t", ["0", "1", "7"])
def test_derive_of_every_family(method, t, format):
    result = call("derive", method, "--spectrum", "1/3,2", "-t", t, "--format", format)
    assert result.exit_code == 0
    assert result.stderr == ""


# -- bound ---------------------------------------------------------------------------------------------------
CHEBYSHEV = ("bound", "chebyshev", "--spectrum", "1/100,1")


def test_bound_as_text():
    printed = call(*CHEBYSHEV, "-t", "10").stdout
    assert "\nproved    V_10 = 53.0871759611420    at λ = 1\n" in printed
    assert "by: closed form" in printed
    assert "only where ∂H commutes with H" in printed
    assert "L/ℓ = 100" in printed


def test_bound_to_many_digits():
    printed = call(*CHEBYSHEV, "-t", "30", "-R", "1", "-G", "0", "--digits", "30").stdout
    assert "V_30 = 8.82918351583417771288060710797 " in printed


def test_bound_in_the_other_split():
    printed = call(*CHEBYSHEV, "-t", "10", "--split", "partial").stdout
    assert "commutes" not in printed
    assert "bounds the Jacobian error for every ∂H" in printed


def test_bound_as_latex():
    printed = call(*CHEBYSHEV, "-t", "100", "--format", "latex").stdout
    assert printed == "\\[ V_{100} = 0.0000778727885656483 \\quad \\text{(proved)} \\]\n"


def test_bound_as_json():
    args = ("bound", "gd", "--step", "2/(L+ell)", "--spectrum", "1/100,1", "-t", "5", "-R", "0.5", "-G", "1/3")
    data = json.loads(call(*args, "--digits", "20", "--format", "json").stdout)
    proved = pu.worst_case(pu.GradientDescent(S, "2/(L+ell)"), 5, R="1/2", G="1/3", digits=20)
    assert (data["R"], data["G"], data["t"]) == ("1/2", "1/3", 5)
    assert (data["criterion"], data["split"], data["estimator"], data["plain_steps"]) == (
        *("exact", "total", "unrolled"),
        0,
    )
    assert (Fraction(data["lower"]), Fraction(data["upper"])) == (proved.lower, proved.upper)
    assert data["value"] == proved.decimal(20)


@pytest.mark.parametrize("estimator", ["truncated", "implicit"])
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("criterion", ["exact", "pointwise", "separate"])
def test_bound_of_the_other_estimators(estimator, split, criterion):
    how = ("--estimator", estimator, "--plain-steps", "4", "--split", split, "--criterion", criterion)
    printed = call("bound", "nesterov", "--spectrum", "1/100,1", "-t", "6", "-G", "1/2", *how).stdout
    value = pu.worst_case(
        *(pu.Nesterov(S), 6),
        **{"G": "1/2", "estimator": estimator, "plain_steps": 4, "split": split, "criterion": criterion},
    )
    assert f" = {value.decimal(15)}" in printed
    assert f"\nestimator         {estimator}, after N = 4 plain steps\n" in printed


@pytest.mark.parametrize("method", ["gd", "chebyshev", "heavy-ball", "nesterov", "sobolev"])
@pytest.mark.parametrize("t", ["0", "1", "7"])
def test_bound_of_every_family(method, t, tmp_path):
    for format in ("text", "json", "latex"):
        result = call("bound", method, "--spectrum", "1/3,2", "-t", t, "-G", "1/7", "--format", format)
        assert (result.exit_code, result.stderr) == (0, "")
        if format == "json":
            (tmp_path / "bound.json").write_text(result.stdout, encoding="utf-8")
    checked = call("bound", "--check", str(tmp_path / "bound.json"))
    assert checked.exit_code == 0
    assert checked.stdout.startswith("both ends are verified (")


# -- certificates --------------------------------------------------------------------------------------------
@pytest.fixture
def answer(tmp_path):
    """The file that `bound --format json` was sent to, and its data."""
    printed = call("bound", "sobolev", "--spectrum", "1/100,1", "-t", "9", "-G", "1/2", "--format", "json").stdout
    path = tmp_path / "bound.json"
    path.write_text(printed, encoding="utf-8")
    return path, json.loads(printed)


def test_a_certificate_is_verified(answer):
    path, data = answer
    result = call("bound", "--check", str(path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("both ends are verified (suprema): [")
    path.write_text(json.dumps(data["certificate"]), encoding="utf-8")
    assert call("bound", "--check", str(path)).exit_code == 0


def test_checking_does_nothing_else(answer):
    path, _ = answer
    for more in (("newton",), ("gd", "--spectrum", "2,1"), ("-t", "x"), ("--format", "latex")):
        for args in (("--check", str(path), *more), (*more, "--check", str(path))):
            result = call("bound", *args)
            assert (result.exit_code, result.stderr) == (0, "")
            assert result.stdout.startswith("both ends are verified")


def test_a_false_certificate_has_status_1(answer):
    path, data = answer
    for part in (data, data["certificate"]):
        part["upper"] = part["lower"]
    path.write_text(json.dumps(data), encoding="utf-8")
    result = call("bound", "--check", str(path))
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("not verified: the upper end ")
    assert result.stdout.count("\n") == 1


def test_an_answer_beside_its_certificate_has_status_1(answer):
    path, data = answer
    path.write_text(json.dumps({**data, "t": 8}), encoding="utf-8")
    result = call("bound", "--check", str(path))
    assert (result.exit_code, result.stdout) == (1, "not verified: the answer's t is not its certificate's\n")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "polyunroll/schedule/1"}, ["no certificate", "polyunroll/bound-certificate/1"]),
        ({"method": "sobolev"}, ["malformed", "method"]),
        ({"method": {"name": "sobolev"}}, ["the data describe no method"]),
        ({"t": "nine"}, ["malformed: t is not of its kind"]),
        ({"t": -9}, ["t = -9 is not allowed"]),
        ({"lower": "nan"}, ["'nan' is not an exact number"]),
        ({"suprema": None}, ["malformed"]),
    ],
)
def test_what_is_no_certificate_has_status_2(change, words, answer):
    path, data = answer
    path.write_text(json.dumps({**data["certificate"], **change}), encoding="utf-8")
    assert_refused(call("bound", "--check", str(path)), *words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"precision": 10**9}, "the certificate's precision is 1000000000"),
        ({"t": 10**9}, "steps times bits"),
    ],
)
def test_a_certificate_that_asks_for_too_much_has_status_1(change, words, answer):
    path, data = answer
    path.write_text(json.dumps({**data["certificate"], **change}), encoding="utf-8")
    result = call("bound", "--check", str(path))
    assert result.exit_code == 1
    assert result.stdout.startswith("not verified: ")
    assert words in result.stdout


def test_the_program_checks_too(answer):
    path, data = answer
    result = process("bound", "--check", str(path))
    assert (result.returncode, result.stderr) == (0, "")
    data["certificate"]["t"] = 10
    path.write_text(json.dumps(data["certificate"]), encoding="utf-8")
    assert process("bound", "--check", str(path)).returncode == 1


# -- schedule ------------------------------------------------------------------------------------------------
def test_schedule_writes_a_file(tmp_path):
    path = tmp_path / "schedule.json"
    result = call("schedule", "chebyshev", "--spectrum", "1/100,1", "--steps", "5", "-o", str(path))
    assert result.stdout == f"{path}: 5 steps of Chebyshev\n"
    assert read_schedule(path) == pu.schedule(pu.Chebyshev(S), 5)


def test_schedule_to_standard_output():
    result = call("schedule", "gd", "--spectrum", "1/100,1", "--step", "1,1/2", "-o", "-")
    assert json.loads(result.stdout)["registers"] == {"h": [1.0, 0.5]}


# -- demo ----------------------------------------------------------------------------------------------------
def test_demo_gets_the_folder_and_a_console(tmp_path, monkeypatch):
    seen = []
    fake = types.SimpleNamespace(run_demo=lambda folder, console: seen.append((folder, console.is_terminal)))
    monkeypatch.setitem(sys.modules, "polyunroll.demo", fake)
    monkeypatch.chdir(tmp_path)
    assert call("demo").exit_code == 0
    assert call("demo", "--output-dir", "new/folder").exit_code == 0
    assert seen == [(Path("."), False), (Path("new/folder"), False)]
    assert (tmp_path / "new/folder").is_dir()


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (PolyunrollError("two\n  lines"), 2, "polyunroll: two lines\n"),
        (KeyboardInterrupt(), 130, "\n"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_how_a_command_ends(error, status, said, tmp_path, monkeypatch):
    def fail(folder, console):
        raise error

    monkeypatch.setitem(sys.modules, "polyunroll.demo", types.SimpleNamespace(run_demo=fail))
    result = call("demo", "--output-dir", str(tmp_path))
    assert (result.exit_code, result.stderr) == (status, said)


def test_a_mistake_of_ours_is_not_hidden(monkeypatch, tmp_path):
    def fail(folder, console):
        raise RuntimeError("a bug")

    monkeypatch.setitem(sys.modules, "polyunroll.demo", types.SimpleNamespace(run_demo=fail))
    with pytest.raises(RuntimeError, match="a bug"):
        call("demo", "--output-dir", str(tmp_path))


# -- the program ---------------------------------------------------------------------------------------------
def test_help_and_version():
    assert call("--version").stdout == f"polyunroll, version {pu.__version__}\n"
    assert call().stdout == call("--help").stdout == call("-h").stdout
    assert "polyunroll derive chebyshev --spectrum 1/100,1 -t 5\n" in call("--help").stdout
    for command in ("derive", "bound", "schedule", "demo"):
        assert command in call("--help").stdout
        assert call(command, "--help").exit_code == 0
    printed = " ".join(call("derive", "--help").stdout.split())
    assert "with P(0) = 1. [--measure, --eta, --horizon]" in printed
    assert "nesterov Nesterov's method: a gradient step 1/L" in printed
    tuned = call("tune", "--help").stdout
    assert "jacobian-kernel" in tuned
    assert "chebyshev  " not in tuned, "it has nothing to tune"


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from polyunroll.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'flint', 'mpmath', 'numpy', 'rich', 'scipy', 'sympy'} & set(sys.modules)))"
    )
    result = process(code=code)
    assert result.stderr == ""
    assert result.stdout.endswith("[]\n")


def test_piped_output_has_neither_colours_nor_wrapped_lines():
    result = process("derive", "chebyshev", "--spectrum", "1/100,1", "-t", "30", env={"COLUMNS": "40"})
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) > 100
    texts = json.loads(process("derive", *GD, "-t", "30", "--format", "json").stdout)["residual"]
    coefficients = {line.split()[1] for line in result.stdout.splitlines() if line.startswith("λ^")}
    expected = pu.residual(pu.Chebyshev(S), 30).all_coeffs()
    assert {str(c) for c in expected} <= coefficients
    assert len(texts) == 31


def test_a_stream_that_knows_no_greek():
    result = process("derive", *GD, "-t", "1", env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert "L/\\u2113 = 100" in result.stdout


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes are POSIX's here")
def test_a_reader_that_stops_is_no_failure_to_talk_about():
    code = (
        "import sys, types\n"
        "def run_demo(folder, console):\n"
        "    while True: console.print('line')\n"
        "sys.modules['polyunroll.demo'] = types.SimpleNamespace(run_demo=run_demo)\n"
        "from polyunroll.cli import main\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "demo"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout.read(1) == b"l"
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 141


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes are POSIX's here")
def test_an_interrupt_is_quiet():
    code = (
        "import os, signal, sys, types\n"
        f"def run_demo(folder, console): os.kill(os.getpid(), {int(signal.SIGINT)})\n"
        "sys.modules['polyunroll.demo'] = types.SimpleNamespace(run_demo=run_demo)\n"
        "from polyunroll.cli import main\n"
        "main()"
    )
    result = process("demo", code=code)
    assert (result.returncode, result.stdout, result.stderr.strip()) == (130, "", "")


MINIMAX = ("minimax", "--horizon", "6", "--spectrum", "1/100,1")
CONDITIONS = {
    "none": ((), lambda: pu.Minimax(S, 6), "least W_6 of any method for R = 1, G = 0, total"),
    "max-residual": (
        ("--max-residual", "3/5"),
        lambda: pu.Minimax(S, 6, max_residual="3/5"),
        "least W_6 of any method with max|P| <= 3/5",
    ),
    "no-burn-in": (("--no-burn-in",), lambda: pu.MinimaxSequence(S, 6), "V_n <= 1 at every n < 6, proved"),
    "base": (
        ("--no-burn-in", "--base", "chebyshev"),
        lambda: pu.MinimaxSequence(S, 6, base=pu.Chebyshev(S)),
        "of any method that scales the moves of Chebyshev and keeps this for R = 1",
    ),
    "peak": (
        ("--peak", "1", "-G", "1/200", "--split", "partial"),
        lambda: pu.MinimaxSequence(S, 6, 1, "1/200", "partial", 1),
        "V_n <= 1 at every n < 6, proved; least V_6",
    ),
    "real-roots": (("--real-roots",), lambda: pu.best_steps(S, 6).method, "by a search, W_6 = "),
}
conditions = pytest.mark.parametrize(("options", "method", "said"), CONDITIONS.values(), ids=CONDITIONS)


@conditions
def test_minimax_under_a_condition(options, method, said, tmp_path):
    built = method()
    shown = call("bound", *MINIMAX, "-t", "6", *options).stdout
    assert said in shown
    printed = json.loads(call("bound", *MINIMAX, "-t", "6", *options, "--format", "json").stdout)
    assert printed["method"] == built.as_data()
    assert said in printed["found"]
    (tmp_path / "bound.json").write_text(json.dumps(printed))
    assert "both ends are verified" in call("bound", "--check", str(tmp_path / "bound.json")).stdout
    assert "V_{6}" in call("bound", *MINIMAX, "-t", "6", *options, "--format", "latex").stdout
    derived = json.loads(call("derive", *MINIMAX, "-t", "6", *options, "--format", "json").stdout)
    assert derived["method"] == built.as_data()
    assert [Fraction(v) for v in derived["residual"]] == [
        Fraction(int(v.p), int(v.q)) for v in reversed(pu.residual(built, 6).all_coeffs())
    ]
    call("schedule", *MINIMAX, *options, "-o", str(tmp_path / "steps.json"))
    assert read_schedule(tmp_path / "steps.json").as_data() == pu.schedule(built).as_data()
    emitted = types.ModuleType("emitted")
    exec(call("generate", *MINIMAX, *options).stdout, emitted.__dict__)  # noqa: S102
    H, b = np.diag([0.01, 0.3, 1.0]), np.ones(3)
    assert np.allclose(emitted.solve(H, b), pu.run(built, H, b).x, rtol=1e-10)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--no-burn-in", "--max-residual", "1/2"), ["--max-residual and --no-burn-in do not go together"]),
        (("--real-roots", "--peak", "2"), ["--peak and --real-roots do not go together"]),
        (("--real-roots", "--max-residual", "2"), ["--max-residual and --real-roots do not go together"]),
        (("--no-burn-in", "--peak", "2"), ["--no-burn-in and --peak do not go together"]),
        (("--base", "chebyshev"), ["--base is of a method that is kept in check", "--no-burn-in"]),
        (("--no-burn-in", "--base", "newton"), ["base = 'newton' is not allowed", "is not a method"]),
        (("--no-burn-in", "--base", "polynomial"), ["base = 'polynomial'", "needs --coefficients"]),
        (("--peak", "1/2"), ["peak = 1/2 is not allowed", ">= R = 1"]),
        (("--peak", "high"), ["peak = 'high' is not a number"]),
        (("--max-residual", "1/100"), ["max_residual = 1/100 is below", "give a number >= "]),
        (("--max-residual", ""), ["max_residual = '' is not a number"]),
        (("--real-roots", "-R", "0", "-G", "1"), ["R = 0", "none are best"]),
        (("--real-roots", "-G", "1"), ["no list of 6 steps brings W_T below its start R"]),
        (("--step", "1"), ["minimax takes no --step"]),
        (("--no-burn-in", "-t", "7"), ["t = 7 is beyond this method's 6 steps"]),
        (("--max-residual", "3/5", "-t", "5"), ["t = 5 is not this method's horizon", "give t = 6"]),
    ],
    ids=" ".join,
)
def test_conditions_that_do_not_fit(options, words):
    assert_refused(call("bound", *MINIMAX, *(() if "-t" in options else ("-t", "6")), *options), *words)


def test_only_minimax_is_made_for_a_question():
    for command, rest in (("derive", ("-t", "2")), ("schedule", ("--steps", "2", "-o", "-")), ("generate", ())):
        assert_refused(call(command, *GD, *rest, "-G", "1"), "gd takes no -G", "not made for a question")
        assert_refused(call(command, *GD, *rest, "--no-burn-in"), "gd takes no --no-burn-in", "--step")
    assert_refused(call("bound", "minimax", "--spectrum", "1/100,1", "-t", "3", "--no-burn-in"), "needs --horizon")
    assert_refused(call("burn-in", *MINIMAX, "--no-burn-in"), "ends after 6 steps")


def test_partial_sums_by_name():
    options = ("--base", "nesterov", "--coefficients", "1/2,1/3")
    printed = json.loads(
        call("derive", "partial-sums", "--spectrum", "1/100,1", "-t", "2", *options, "--format", "json").stdout
    )
    assert printed["method"] == pu.PartialSums(pu.Nesterov(S), ["1/2", "1/3"]).as_data()
    assert_refused(call("derive", "partial-sums", "--spectrum", "1/100,1", "-t", "2"), "needs --coefficients")
    assert_refused(
        call("derive", "partial-sums", "--spectrum", "1/100,1", "-t", "2", "--coefficients", "1,x"), "tails[1] = 'x'"
    )


# -- looking for the best --------------------------------------------------------------------------------
def test_compare_prints_multiples_of_the_limit():
    result = call("compare", "--spectrum", "1/100,1", "-t", "2,10")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines() if line.lstrip()[:2] in ("2 ", "10")]
    assert [row[0] for row in rows] == ["2", "10"]
    assert rows[1][1] == "0.85329"
    data = json.loads(call("compare", "--spectrum", "1/100,1", "-t", "3", "--format", "json").stdout)
    assert data["steps"] == [1, 2, 3]


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_compare_draws(tmp_path, ending):
    path = tmp_path / f"picture.{ending}"
    result = call("compare", "--spectrum", "1/100,1", "-t", "2,5", "--plot", str(path))
    assert result.exit_code == 0
    assert path.stat().st_size > 1000
    assert str(path) in result.stderr


@pytest.mark.parametrize(("text", "steps"), [("3", [1, 2, 3]), ("3,", [3]), ("2,4", [2, 4])])
def test_compare_at_all_steps_or_some(text, steps):
    shown = json.loads(call("compare", "--spectrum", "1/100,1", "-t", text, "--format", "json").stdout)
    assert shown["steps"] == steps


def test_the_methods_of_the_help_are_those_that_are_taken():
    shown = call("derive", "--help").stdout.partition("Methods:")[2]
    for name, family in {**families(), "minimax": pu.Minimax}.items():
        assert re.search(rf"^  {name}  +\S", shown, re.MULTILINE)
        assert family.__doc__.split()[0] in shown


def test_a_claims_certificate_is_no_bounds(tmp_path):
    path = tmp_path / "claim.json"
    path.write_text('{"schema": "polyunroll/claim-certificate/1"}')
    assert_refused(call("bound", "--check", str(path)), "certificate of a bound", "verify --certificate")


def test_tune_prints_the_method_found():
    result = call("tune", "jacobi", "--spectrum", "1/10,1", "-t", "6")
    assert result.exit_code == 0
    assert "multiple" in result.stdout
    rows = result.stdout.partition("measured:\n")[2].splitlines()[2:12]
    proved = re.search(r"^ *6 +(\S+)", result.stdout, re.MULTILINE)
    assert float(rows[0].split()[-1]) == pytest.approx(float(proved[1]), rel=1e-3), "the best of what was tried"
    assert [float(row.split()[-1]) for row in rows] == sorted(float(row.split()[-1]) for row in rows)
    data = json.loads(call("tune", "gd", "--spectrum", "1/10,1", "-t", "6", "--format", "json").stdout)
    assert data["method"]["name"] == "gd"
    assert Fraction(data["value"][0]["lower"]) >= Fraction(data["limit"][0]["lower"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("compare", "--spectrum", "1/100,1", "-t", "0"), ["t = '0'"]),
        (("compare", "--spectrum", "1/100,1", "-t", "5,x"), ["t = 'x'"]),
        (("compare", "--spectrum", "1/100,1", "-t", ","), ["t = ''"]),
        (("compare", "--spectrum", "1/100,1", "-t", "5,,6"), ["t = ''"]),
        (("compare", "--spectrum", "1/100,1", "-t", "500"), ["t = 500", "up to t = 400"]),
        (("compare", "--spectrum", "1/100", "-t", "5"), ["--spectrum '1/100' is not a spectrum"]),
        (("compare", "--spectrum", "1/100,1", "-t", "5", "--plot", "a.gif"), ["a.gif", ".png or .svg"]),
        (("compare", "--spectrum", "1/100,1", "-t", "5", "-R", "0"), ["R = 0 and G = 0"]),
        (("tune", "chebyshev", "--spectrum", "1/100,1", "-t", "5"), ["Chebyshev has no parameters to tune"]),
        (("tune", "adam", "--spectrum", "1/100,1", "-t", "5"), ["'adam' is not a method"]),
        (("tune", "minimax", "--spectrum", "1/100,1", "-t", "5"), ["Minimax has no parameters to tune"]),
    ],
)
def test_bad_questions_for_the_best(args, words):
    result = call(*args)
    assert_refused(result, *words)
