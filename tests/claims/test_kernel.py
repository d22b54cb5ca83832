"""What the kernel is: small, without heavy libraries, with bounded work, and with a sentence for what it refuses."""

from __future__ import annotations

import ast
import copy
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for `from building import …`

from building import claim, of, program, register, relation

import polyunroll
from polyunroll.claims.search import decide
from polyunroll.errors import InvalidInput

PACKAGE = Path(polyunroll.__file__).parent
KERNEL = sorted((PACKAGE / "claims" / "kernel").glob("*.py"))
NO_CODE = {getattr(tokenize, name) for name in ("COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER")}
HEAVY = {"sympy", "numpy", "scipy", "mpmath"}

# -- size and imports --------------------------------------------------------------------------------------------------


def code_lines(path: Path) -> int:
    """Lines that are not blank, comments or docstrings."""
    text = path.read_text(encoding="utf-8")
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= {*range(node.lineno, (node.end_lineno or 0) + 1)}
    return len(lines)


def test_code_lines_are_counted(tmp_path):
    path = tmp_path / "some.py"
    path.write_text(
        '"""Two\nlines."""\n\n# one\nx = (\n    "a"  # b\n)\n\n\ndef f():\n    """Words."""\n    return x\n'
    )
    assert code_lines(path) == 5


def test_the_kernel_has_at_most_1000_code_lines():
    assert sum(map(code_lines, KERNEL)) <= 1000


def imports(path: Path) -> set[str]:
    """The modules that a file names in imports, whether at its head or in a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_no_kernel_module_names_a_heavy_library_or_a_method():
    for path in KERNEL:
        named = imports(path)
        assert not {name.split(".")[0] for name in named} & HEAVY, path
        own = {name for name in named if name.startswith("polyunroll.")}
        allowed = ("polyunroll.claims.kernel", "polyunroll.arithmetic.ex", "polyunroll.errors")
        assert all(name.startswith(allowed) or name == "polyunroll.arithmetic" for name in own), path


def test_importing_all_of_the_kernel_loads_no_heavy_library():
    modules = ", ".join(f"polyunroll.claims.kernel.{path.stem}" for path in KERNEL if path.stem != "__init__")
    code = f"import sys, {modules}; print(sorted({{name.split('.')[0] for name in sys.modules}} & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- bounded work ------------------------------------------------------------------------------------------------------

UNTIL = {"until": 60}
STILL = program({"x": "1"}, {"x": {"x": "1"}})


def _recursion(law: str, *starts: str, **parts: object) -> dict[str, object]:
    data = program({"x": "1"}, {"x": {"x": "1"}}, register("r", law, *starts), parameters=("c",))
    return of(data, {}, {"R": ["p", "r", 0]}, parameters={"c": "c"}, **parts)


SWELLING = {
    "a product of free terms": claim("R >= 0", free={"c": "[0, 1]"}, **UNTIL, **_recursion("r[t-1]*(1+c)+c", "c")),
    "a sum of free terms, squared": claim(
        "R >= 0", free={"c": "[0, 1]"}, **UNTIL, **_recursion("r[t-1]^2+c+t*r[t-1]", "c")
    ),
    "a number squared again and again": claim(
        "R >= 0", variables={"c": "[2, 3]"}, **UNTIL, **_recursion("r[t-1]^2", "7")
    ),
    "a power of many terms": claim("(x+y+z+u+v+w)^900 >= 0", variables=dict.fromkeys("xyzuvw", "[0, 1]")),
    "a definition of a definition": claim(
        "d >= 1",
        variables={"x": "[2, 3]"},
        definitions={"a": "(x+1)^90", "b": "(a+1)^90", "c": "(b+1)^90", "d": "(c+1)^90"},
    ),
    "a polynomial of a high degree on a box": claim(
        "2-x^300*y^300*z^300-x^299*y*z+x*y^299 >= 0", variables=dict.fromkeys("xyz", "[0, 1]")
    ),
}


@pytest.mark.parametrize("name", SWELLING)
def test_what_swells_is_given_up_with_a_sentence(name, monkeypatch):
    monkeypatch.setattr("polyunroll.claims.kernel.ratio._WORK", 1_000_000)  # a twentieth, for the tests' time
    decision = decide(SWELLING[name])
    assert decision.verdict == "UNDECIDED"
    assert any(words in decision.reason for words in ("grow too large", "has more than", "not proved to be")), decision


def test_a_long_recursion_that_does_not_swell_is_proved():
    data = claim("R >= 0", free={"c": "[0, 1]"}, until=8, **_recursion("r[t-1]+c", "c"))
    assert decide(data).verdict == "PROVED"


# -- what is taken for granted, and points without a value -------------------------------------------------------------


def test_a_division_by_a_register_that_is_not_known_becomes_a_hypothesis():
    data = program({"x": "1", "u": "1"}, {"x": {"u": "r/r"}}, register("r", "r[t-1]^2-1", "2"))
    decision = decide(claim("P = 1", **of(data, {"x": ["1"], "u": ["1"]})))
    assert (decision.verdict, decision.hypotheses) == ("PROVED", ("p.r[t] != 0",))


def test_a_hypothesis_without_a_value_holds_nowhere():
    data = claim("x = 2", variables={"x": "[0, 1]"}, hypotheses=("1/(x-x) >= 0",))
    assert decide(data).verdict == "UNDECIDED"


# -- malformed data ----------------------------------------------------------------------------------------------------

GOOD = claim("P = 1", variables={"y": "[0, 1]"}, **of(STILL, {"x": ["1"]}))
PLAIN = {"rule": "identity"}
CASES = {"rule": "cases", "of": "t", "above": PLAIN, "below": PLAIN}
VECTORS = {"vectors": {"m": ["weight", "0"]}, "rules": [{"rule": "structure"}]}


def without(part: str) -> dict[str, object]:
    return {key: value for key, value in GOOD.items() if key != part}


def altered(*place: object, to: object) -> dict[str, object]:
    data = copy.deepcopy(GOOD)
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = to
    return data


MALFORMED = {
    "no claim": ([], "the claim: .* must be"),
    "a part is missing": (without("sequences"), "the claim: .* must be"),
    "a part too many": ({**GOOD, "trust": "me"}, "the claim: .* must be"),
    "keys that are no text": ({**GOOD, "variables": {1: "[0, 1]"}}, "variables: .* must be"),
    "a text that is none": ({**GOOD, "id": 3}, "id: .3. must be text"),
    "a comment in a formula": (altered("definitions", to={"d": "1 # 2"}), "must be text"),
    "a list that is none": ({**GOOD, "statement": "P = 1"}, "statement: .* must be"),
    "a list of another length": (altered("sequences", "P", to=["p", "x"]), "P: .* must be"),
    "a step that is a text": ({**GOOD, "start": "0"}, "start: '0' must be step"),
    "a step that is a truth value": ({**GOOD, "start": True}, "start: 'True' must be step"),
    "a step that is null": ({**GOOD, "start": None}, "start: 'None' must be step"),
    "a step too far": ({**GOOD, "until": 10**6}, "until: .* must be step or null"),
    "a relation that is none": (altered("statement", 0, "relation", to="=="), "must be =|"),
    "a rule that is none": (altered("proof", "relations", to=[{"rule": "trust"}]), "must be identity|sign"),
    "nothing stated": (claim(), "states nothing"),
    "no t at all": (claim("0 = 0", start=4, until=3), "from 4 until 3, which is nothing"),
    "before t = 0": (claim("0 = 0", start=-1), "from -1 until None, which is nothing"),
    "a proof of another program": (altered("proof", "programs", to={}), "about every program"),
    "a name that is none": (claim("0 = 0", id="two words"), "not all are names"),
    "a name that is taken": (claim("0 = 0", variables={"t": "[0, 1]"}), "not all are names"),
    "one name twice": (claim("0 = 0", variables={"a": "[0, 1]"}, definitions={"a": "0"}), "are not different"),
    "vectors and a last t": (claim("m = m", until=3, **VECTORS), "a claim about vectors has no"),
    "vectors and free sequences": (claim("m = m", free={"c": "[0, 1]"}, **VECTORS), "a claim about vectors has no"),
    "a rule too few": (claim("0 = 0", rules=[]), "one rule for each relation"),
    "structure without vectors": (
        claim("0 = 0", rules=[{"rule": "structure"}]),
        "structure is for claims about vectors",
    ),
    "a ground that is not there": (
        claim("0 = 0", rules=[{"rule": "identity", "using": {"7": "1"}}]),
        "numbers of hypotheses or relations, below 1",
    ),
    "a ground in other digits": (
        claim("0 = 0", "0 = 0", rules=[{"rule": "identity"}, {"rule": "identity", "using": {"00": "1"}}]),
        "numbers of hypotheses or relations, below 2",
    ),
    "a case that is none": (claim("0 = 0", rules=[{**PLAIN, "using": {"-1": "1"}}]), "or of cases around it"),
    "cases of nothing": (claim("0 = 0", rules=[{"rule": "cases"}]), "the rule cases, and no other, is of a formula"),
    "cases of another rule": (claim("0 = 0", rules=[{**CASES, **PLAIN}]), "the rule cases, and no other"),
    "cases with grounds": (claim("0 = 0", rules=[{**CASES, "using": {"-1": "1"}}]), "the rule cases, and no other"),
    "cases of what means nothing": (claim("0 = 0", rules=[{**CASES, "of": "x"}]), "means nothing there"),
    "a parameter that is not given": (
        claim("P = 1", **of(program({"x": "1"}, {"x": {"x": "1"}}, parameters=("h",)), {"x": ["1"]})),
        "takes the parameters h",
    ),
    "a sequence of no program": (altered("sequences", to={"P": ["q", "x", 0]}), "q is no program"),
    "a sequence of no state": (altered("sequences", to={"P": ["p", "y", 0]}), "derivative 0 of y in p is no sequence"),
    "a derivative without a form": (altered("sequences", to={"P": ["p", "x", 1]}), "derivative 1 of x in p is no"),
    "a citation of nothing": ({**claim("0 = 0"), "cited": [{"values": {}}]}, "a citation is of a claim"),
    "a proof from before t = 0": (altered("proof", "programs", "p", "start", to=-1), "a proof is about t >= 0"),
    "a form for no register": (
        altered("proof", "programs", "p", "registers", to={"r": "1"}),
        "a proof is about t >= 0",
    ),
    "bounds of no register": (
        altered("proof", "programs", "p", "bounds", to={"r": "[0, 1]"}),
        "a proof is about t >= 0",
    ),
    "a state without a form": (altered("proof", "programs", "p", "states", to={}), "needed for each of the states x"),
    "a form of nothing": (altered("proof", "programs", "p", "states", to={"x": []}), "each state needs a closed form"),
    "a table for all t": (
        altered("programs", "p", "program", "registers", to=[{"name": "r", "table": ["1"]}]),
        "only a claim until some t has a table",
    ),
    "a register that starts late": (
        altered("programs", "p", "program", "registers", to=[register("r", "1", first=2)]),
        "first step is at most 1",
    ),
    "a combination of nothing": (altered("programs", "p", "program", "query", to={}), "a combination of  is not one"),
    "an output that is no state": (
        altered("programs", "p", "program", "output", to="y"),
        "output is one of its states",
    ),
    "a formula of names that mean nothing": (claim("y = 0"), "names 'y', 0 steps back, which means nothing"),
    "a formula that looks too far back": (
        claim("c[t-51] = 0", free={"c": "[0, 1]"}, start=60),
        "names 'c', 51 steps back, which means nothing",
    ),
    "an interval that is none": (claim("0 = 0", variables={"x": "0, 1"}), "is not an interval"),
    "an interval with its ends exchanged": (claim("0 = 0", variables={"x": "[1, 0]"}), "its ends must increase"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_data_are_refused_with_a_sentence(name):
    data, words = MALFORMED[name]
    with pytest.raises(InvalidInput, match=words.replace("|", r"\|")):
        decide(data)


def test_the_claim_that_is_altered_is_a_good_one():
    assert decide(GOOD).verdict == "PROVED"
    assert relation("P = 1") == GOOD["statement"][0]
